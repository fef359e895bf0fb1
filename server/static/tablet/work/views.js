// Parts that the screens of assigned work share: a subject, why it is looked for, how old what is shown is.

import { h, mark } from "../elements.js";
import { plateView } from "../register/plate.js";
import { t, word } from "../words.js";
import { whyOf } from "./plan.js";

/** A plate drawn as a plate, or a machine's number. */
export function subjectName({ kind, text, colour }) {
  return kind === "truck" ? plateView(text, colour) : h("span", { class: "machine-number" }, text);
}

const known = (code) => word("watch_reason", code) !== code;

/** Reasons of the watch list as marks. */
export function reasonMarks(codes) {
  return h("span", { class: "marks" }, codes.map((code) => mark("lead", word("watch_reason", code))));
}

/** Why a subject is named in an assignment. */
export function whyView(why) {
  if (!why) return null;
  const { codes, text } = whyOf(why, known);
  return codes.length ? reasonMarks(codes) : h("span", { class: "hint" }, text);
}

/** When what is shown was fetched, and what stands in the way of a newer one. */
export function freshness(work) {
  const at = work.made_ms === null ? "–" : new Date(work.made_ms).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }).slice(0, 16);
  const fetched = h("span", { class: "hint figures" }, t("As of {at}", { at }));
  if (!work.fault) return fetched;
  const said = work.fault === "offline" ? t("The server cannot be reached; what is shown is what was fetched last.") : t("The server gave no newer plan.");
  return [fetched, h("p", { class: "notice notice-doubt" }, said)];
}
