// The screens, one line each: {path, title(params), show(root, params, app), open?, up?, tile?}.
// open: shown while locked. up: where "back" leads. tile: {order, icon, label(), told?(app) -> text} puts it on home.

export { default as home } from "./home.js";
export { default as pin } from "./pin.js";
export { default as signIn } from "./sign_in.js";
export { default as signOut } from "./sign_out.js";
export { default as unlock } from "./unlock.js";
