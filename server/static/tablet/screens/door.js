// The screens before an account is open; what else there is loads behind them.

export { default as pin } from "./pin.js";
export { default as signIn } from "./sign_in.js";
export { default as unlock } from "./unlock.js";
