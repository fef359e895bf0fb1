// Why a check is not on the server, in words; and the names of what a check says.

import { pair, t, word } from "../words.js";

const OURS = {
  offline: () => t("There was no answer from the server. It is tried again by itself."),
  signed_out: () => t("The session has ended. Sign in, and it is sent."),
  server: (problem) => t("The server could not take it just now ({status}). It is tried again by itself.", { status: problem.status }),
  unconfirmed: () => t("Something answered, but not the server: another network may stand in between. It is tried again by itself."),
  unexpected: (problem) => t("The answer was not understood ({status}). It is tried again by itself; a new version of the app may be needed.", { status: problem.status }),
  files_missing: () => t("The server does not have all photos yet. They are sent again from this device."),
  hash: () => t("A photo arrived changed by the line. It is sent again from this device."),
  photo_damaged: (problem) =>
    t("{n} photos cannot be read any more on this device: {names}. The rest is kept. You may send it without them; the record then says so.", {
      n: (problem.lost || []).length,
      names: (problem.lost || []).map((file) => file.name).join(", "),
    }),
  device: (problem) => t("The device itself was in the way: {text}. It is tried again by itself.", { text: problem.text }),
  other_content: () => t("It was changed on the tablet after an earlier version of it had arrived. Compare, and decide."),
  conflict: () => t("Somebody changed the same inspection meanwhile. Nothing was overwritten. Compare, and decide."),
};

/** Why: a sentence for a record's problem. The server's own words where it gave some. */
export function why(problem) {
  if (!problem) return t("It is next.");
  if (problem.code in OURS) return OURS[problem.code](problem);
  return problem.zh || problem.en ? pair(problem) : OURS.unexpected(problem);
}

/** A state of a record as a word. */
export function stateWord(state) {
  return {
    draft: t("being made"), ready: t("waits to be sent"), sending: t("is being sent"), sent: t("on the server"),
    refused: t("not taken"), conflict: t("two versions"),
  }[state];
}

/** The sign and colour of a state: a name of `mark`. */
export const stateMark = (state) => ({ draft: "info", ready: "doubt", sending: "doubt", sent: "pass", refused: "over", conflict: "over" })[state];

/** An outcome as a name of `mark`. */
export const outcomeMark = (outcome) => ({ passed: "pass", failed: "over" })[outcome] || "plain";

const FIELDS = {
  kind: () => t("Kind of check"), subject: () => t("Plate or number"), colour: () => t("Plate colour"), subject_kind: () => t("Truck or machine"),
  stage: () => t("Emission stage"), fuel: () => t("Fuel"), category: () => t("Category"), power_kw: () => t("Net power"),
  rated_power_kw: () => t("Rated power"), place: () => t("Place"), lon: () => t("Longitude"), lat: () => t("Latitude"),
  officers: () => t("Officers"), weather: () => t("Weather"), checklist: () => t("Checklist"), party: () => t("Party"),
  instrument_ids: () => t("Instruments"), note: () => t("Note"), reason: () => t("Reason"), files: () => t("Photos"), notice: () => t("Notice"), at: () => t("Time"),
};

/** The name of a place in a check: "methods.free_acceleration.peaks.1", as an array or a text. */
export function nameOf(app, path) {
  const parts = (Array.isArray(path) ? path : String(path).split(".")).filter((part, at) => !(at === 0 && part === "check"));
  const [first, method, field, place] = parts.map(String);
  if (first !== "methods") return (FIELDS[first] ? FIELDS[first]() : first) + (method && /^\d+$/.test(method) ? ` ${Number(method) + 1}` : "");
  if (!method) return t("Readings");
  const known = (((app.reference && app.reference.data) || {}).fields || {})[method] || [];
  const found = known.find((one) => one.name === field);
  const named = [word("method", method), field && (found ? pair(found) : field), place && `${Number(place) + 1}`];
  return named.filter(Boolean).join(" · ");
}

const KINDS = { kind: ["inspection_kind"], colour: ["plate_colour"], stage: ["truck_stage", "machine_stage"], fuel: ["fuel"], subject_kind: ["subject_kind"], category: ["truck_category", "machine_category"], signature: ["signature"], sky: ["sky"] };

/** The word for a code in the first of the kinds that knows it. */
function wordIn(kinds, code) {
  return kinds.map((kind) => word(kind, code)).find((text) => text !== code) || code;
}

/** A value of a check as text. */
export function valueText(path, value) {
  const name = path[path.length - 1];
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") return String(Math.round(value * 1e6) / 1e6);
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  if (typeof value === "string") return wordIn(KINDS[name] || ["finding", "measured_value", "yes_no"], value);
  if (name === "officers") return value.map((one) => [one.name, one.card_number].filter(Boolean).join(" ")).join("; ") || "–";
  if (name === "checklist") return value.map((one) => `${word("checklist", one.item)}: ${word("finding", one.answer)}${one.note ? ` (${one.note})` : ""}`).join("; ") || "–";
  if (Array.isArray(value)) return value.map((one) => valueText(path, one)).join(" / ") || "–";
  const parts = Object.entries(value).filter(([, one]) => one !== null && one !== "");
  return parts.map(([key, one]) => (valueText([key], one))).join(", ") || "–";
}
