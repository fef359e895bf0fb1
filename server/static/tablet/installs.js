// What a module does when the app is opened: its `install(app)` is called, in the order of these names. One line each.

export { install as installReference } from "./reference.js";
