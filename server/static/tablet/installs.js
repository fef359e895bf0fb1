// What a module does when the app is opened: its `install(app)` is called, one line each. None may count on another's.

export { install as flow } from "./check/flow.js";
export { install as reference } from "./reference.js";
export { install as register } from "./register/refresh.js";
export { install as sync } from "./sync/queue.js";
export { install as work } from "./work/work.js";
