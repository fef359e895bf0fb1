// Readings as they are typed: text of the number pad to numbers, the span of a field, and what one tap fills in. Pure.

const LOOKED = { visible_smoke: "no" };
const WITH_UREA = new Set(["4", "5", "6", "6a", "6b"]);

/**
 * A number as typed; undefined for nothing, null for what is none.
 * @param {string} text
 * @returns {number|null|undefined}
 */
export function numberOfText(text) {
  const bare = text.trim().replace(",", ".");
  if (!bare) return undefined;
  return /^-?\d{1,7}(\.\d{0,4})?$/.test(bare) && !bare.endsWith("-") ? Number(bare) : null;
}

/** Why a number cannot be a reading of this field: "number", "low", "high", or null. */
export function faultOf(field, value) {
  if (value === undefined) return null;
  if (value === null) return "number";
  if (value < field.low) return "low";
  return value > field.high ? "high" : null;
}

/** What a key of the number pad makes of the text. */
export function pressed(text, key) {
  if (key === "back") return text.slice(0, -1);
  if (key === "sign") return text.startsWith("-") ? text.slice(1) : `-${text}`;
  if (key === ".") return text.includes(".") ? text : `${text || "0"}.`;
  const next = text === "0" ? key : text + key;
  return next.replace("-", "").replace(".", "").length > 7 ? text : next;
}

/**
 * The readings of a method out of its typed texts, ready to be judged, or null while something needed is missing.
 * @param {object[]} fields of the method (reference.fields)
 * @param {object} given values by field: text for numbers, array of texts for series, codes for the others
 */
export function readingsOf(fields, given) {
  const readings = {};
  for (const field of fields) {
    const value = given[field.name];
    const read = isNumber(field) ? readNumbers(field, value) : readOther(field, value);
    if (read === null) return null;
    if (read === undefined && field.required) return null;
    if (read !== undefined) readings[field.name] = read;
  }
  return Object.keys(readings).length ? readings : null;
}

/** The texts that `readingsOf` made these readings of. */
export function textsOf(fields, readings) {
  const given = {};
  for (const field of fields) {
    const value = readings?.[field.name];
    if (value === undefined || value === null) continue;
    given[field.name] = isNumber(field) && !Array.isArray(value) ? String(value)
      : isNumber(field) ? value.map(String) : value;
  }
  return given;
}

/** Whether the number pad fills this field. */
export function isNumber(field) {
  return field.kind === "number" || field.kind === "numbers";
}

function readNumbers(field, value) {
  if (field.kind === "number") {
    const number = numberOfText(value ?? "");
    return number === undefined ? undefined : faultOf(field, number) ? null : number;
  }
  const numbers = Array.from({ length: field.size ?? 1 }, (_, place) => numberOfText(value?.[place] ?? ""));
  if (numbers.every((number) => number === undefined)) return field.required ? null : undefined;
  return numbers.some((number) => number === undefined || faultOf(field, number)) ? null : numbers;
}

function readOther(field, value) {
  if (Array.isArray(value)) return value.length ? value : undefined;
  if (value === "" && field.required) return ""; // "none was found", said by its own button; a cleared field is null
  return value === undefined || value === null || value === "" ? undefined : value;
}

/**
 * What "looked at only, all in order" means for this subject: readings by method, of the methods offered.
 * @param {string[]} offered methods of the kind of check
 * @param {{kind: string, stage: string, fuel: string}} subject
 * @param {object|null} known facts of the register
 */
export function lookedAtOnly(offered, subject, known) {
  const readings = {};
  if (offered.includes("ringelmann")) readings.ringelmann = { grade: 0, ...LOOKED };
  const burns = !["electric", "hydrogen", "solar"].includes(subject.fuel) && subject.stage !== "D";
  if (burns && subject.kind === "truck" && offered.includes("obd_check")) {
    readings.obd_check = { has_obd: "yes", mil_on: "no" };
  }
  if (burns && hasUrea(subject, known) && offered.includes("urea_check")) readings.urea_check = { dosing: "working" };
  if (subject.kind === "machine" && offered.includes("coding_check") && known?.registration_no) {
    readings.coding_check = { number_seen: known.registration_no };
  }
  return readings;
}

function hasUrea(subject, known) {
  const fitted = [].concat(known?.after_treatment ?? []).filter((each) => each !== "unknown").join(" ");
  if (fitted.includes("scr")) return true;
  return subject.kind === "truck" && subject.fuel === "diesel" && !fitted && WITH_UREA.has(subject.stage);
}

/** Offered methods, those that this inspector uses most first. */
export function inUsualOrder(offered, counts) {
  return [...offered].sort((one, other) => (counts?.[other] ?? 0) - (counts?.[one] ?? 0)
    || offered.indexOf(one) - offered.indexOf(other));
}
