// What may be meant by the signs typed so far, as large rows to tap; who is watched for stands first, in red.

import { h } from "../elements.js";
import { t, word } from "../words.js";
import { inShort, warnings } from "./facts.js";
import { plateView } from "./plate.js";
import { nameOf, sameSubject } from "./subject.js";

export const MOST = 40;
const MOST_HITS = 6;

/**
 * Candidates for a text: of the register, and of the watch list where the register does not hold them.
 * @returns {{hits: object[], others: object[], loose: object[]}} loose: {kind, text, colour, reasons, note} without a file.
 */
export function candidatesOf(app, kind, text, colour) {
  const inColour = (facts) => !colour || facts.kind !== "truck" || facts.colour === colour;
  const found = app.register.lookup(text, { kind, limit: MOST }).filter(inColour);
  const hits = app.register.hits(text, { kind, limit: MOST_HITS }).filter(inColour);
  const watched = (app.work?.watch ?? []).filter((row) => row.kind === kind && text.length >= 4 && row.text.startsWith(text));
  for (const row of watched) {
    const facts = row.subject_id ? app.register.get(kind, row.subject_id) : null;
    if (facts && !hits.some((one) => sameSubject(one, facts))) hits.push(withReasons(facts, row));
  }
  const known = (row) => hits.concat(found).some((facts) => nameOf(facts) === row.text && (!row.colour || facts.colour === row.colour));
  return {
    hits,
    others: found.filter((facts) => !hits.some((hit) => sameSubject(hit, facts))),
    loose: watched.filter((row) => !known(row)),
  };
}

function withReasons(facts, row) {
  return { ...facts, watch: [...new Set([...facts.watch, ...row.reasons])] };
}

const name = (facts) => (facts.kind === "truck" ? plateView(facts.plate, facts.colour) : h("span", { class: "machine-number" }, nameOf(facts)));

function numbersBeside(facts, text) {
  const numbers = facts.kind === "truck" ? [facts.vin] : [facts.pin, facts.machine_code, facts.engine_no];
  return numbers.filter((number) => number && number !== nameOf(facts) && (facts.kind === "machine" || number.includes(text)));
}

/** One candidate as a row that is tapped as a whole. */
export function candidateRow(facts, text, onChoose) {
  const watched = facts.watch.length > 0;
  const numbers = numbersBeside(facts, text);
  return h("li", {}, h("button", {
    type: "button", class: `tap candidate${watched ? " candidate-watched" : ""}`, "data-id": facts.id, "data-kind": facts.kind,
    onclick: () => onChoose(facts),
  },
  h("span", { class: "candidate-name" }, name(facts), facts.state === "active" ? null : h("em", {}, word(`${facts.kind}_state`, facts.state))),
  h("span", { class: "candidate-words" }, inShort(facts), facts.owner ? ` · ${facts.owner}` : "", numbers.map((number) => [" ", h("span", { class: "fixed" }, number)])),
  warnings(facts).length ? h("span", { class: "marks" }, warnings(facts)) : null));
}

/** Somebody of the watch list whom the register does not hold. */
export function looseRow(row, onChoose) {
  return h("li", {}, h("button", { type: "button", class: "tap candidate candidate-watched", onclick: () => onChoose(row) },
    h("span", { class: "candidate-name" }, row.kind === "truck" ? plateView(row.text, row.colour) : h("span", { class: "machine-number" }, row.text)),
    h("span", { class: "candidate-words" }, t("not in the register")),
    h("span", { class: "marks" }, row.reasons.map((code) => h("span", { class: "mark mark-over" }, h("span", { class: "mark-sign", "aria-hidden": "true" }), word("watch_reason", code)))),
    row.note ? h("span", { class: "candidate-words" }, row.note) : null));
}

/** The line that says aloud, and in red, that somebody watched for is among them. */
export function hitLine({ hits, loose }) {
  const all = [
    ...hits.map((facts) => [nameOf(facts), facts.watch]),
    ...loose.map((row) => [row.text, row.reasons]),
  ];
  if (!all.length) return "";
  const [text, reasons] = all[0];
  const why = reasons.map((code) => word("watch_reason", code)).join(", ");
  return all.length === 1
    ? t("Watch list: {text}, {why}", { text, why })
    : t("Watch list: {text}, {why}, and {n} more", { text, why, n: all.length - 1 });
}
