// The screens, one line each: {path, title(params), show(root, params, app), open?, up?, tile?}.
// open: shown while locked. up: where "back" leads. tile: {order, icon, label(), told?(app) -> text} puts it on home.

export { default as home } from "./home.js";
export { default as pin } from "./pin.js";
export { default as signIn } from "./sign_in.js";
export { default as signOut } from "./sign_out.js";
export { default as unlock } from "./unlock.js";
export { default as checks } from "./checks.js";
export { default as conflict } from "./conflict.js";
export { default as record, onServer as recordOnServer } from "./record.js";
export { default as unsent } from "./unsent.js";
export { default as checkKnown } from "./known.js";
export { default as checkChecklist } from "./checklist.js";
export { default as checkReadings } from "./readings.js";
export { default as checkPhotos } from "./photos.js";
export { default as checkOfficers } from "./officers.js";
export { default as checkParty } from "./party.js";
export { default as checkNotice } from "./notice.js";
export { default as checkReview } from "./review.js";
export { default as checkDone } from "./done.js";
export { default as work } from "./work.js";
export { default as near } from "./near.js";
export { machineSpot as beginMachineSpot, onSite as beginOnSite, roadside as beginRoadside } from "./begin.js";
export { default as identify } from "./identify.js";
export { default as register } from "./register.js";
