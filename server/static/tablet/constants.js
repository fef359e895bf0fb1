// Limits of technique with the reason of each. A number of law is never here: it is a rule row of the reference file.

export const PIN_DIGITS = 6; // a million PINs; ten tries are all there are
export const PIN_ITERATIONS = 310000; // PBKDF2-SHA-256: half a second on a cheap tablet, a day of work for a thief a PIN
export const PIN_TRIES = 10; // then only the password on-line opens what is kept
export const PIN_FREE_TRIES = 3; // wrong PINs in a row before the first wait: gloves slip
export const PIN_FIRST_WAIT_MS = 10 * 1000; // doubled with each wrong PIN
export const PIN_LONGEST_WAIT_MS = 10 * 60 * 1000;
export const OFFLINE_DAYS = 7; // opens without the server for so long after the last contact
export const IDLE_LOCK_MS = 10 * 60 * 1000; // untouched for so long: locked; a check is saved before
export const SAVE_BEFORE_LOCK_MS = 2000; // what a screen may take to save itself when the tablet locks
export const REQUEST_TIMEOUT_MS = 20 * 1000; // 2G answers within ten seconds; longer is no network
export const CONTACT_NOTED_MS = 30 * 1000; // how often the time of the last contact is written down
export const WIPE_LOOK_MS = 60 * 60 * 1000; // how often it is looked at whether an account is to be wiped
export const UPDATE_LOOK_MS = 30 * 60 * 1000; // how often the worker asks for a new version
export const LOW_STORAGE_BYTES = 200 * 1024 * 1024; // a day's photos; below it home says so
export const DAY_MS = 24 * 60 * 60 * 1000;
export const WORK_REFRESH_MS = 10 * 60 * 1000; // a plan changed in the office is seen within the time of two checks
export const NEAR_REFRESH_MS = 60 * 1000; // a lorry drives a kilometre in that time
export const PLACE_TIMEOUT_MS = 15 * 1000; // what a cold receiver needs in the open
export const REFERENCE_OLD_MS = 7 * DAY_MS; // the time a tablet may be without the server: older rules are a doubt
export const REFERENCE_TIMEOUT_MS = 90 * 1000; // some 60 kB packed; 2G brings 1 kB a second at its worst
export const REFERENCE_LOOK_MS = 15 * 60 * 1000; // how often it is asked whether rules or zones changed
export const REFERENCE_NOTED_MS = 60 * 60 * 1000; // how often it is written down that nothing changed
