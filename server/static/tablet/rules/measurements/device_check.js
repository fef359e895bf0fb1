/** Parts of the emission-control system: missing, faulty, removed, bypassed, shielded (CODE 223, 226, 228). */

import { found, judged } from "../items.js";
import { wordsOf } from "../rulebook.js";

const METHOD = "device_check";
const SILENT = ["not_required", "not_checked"];
const RULES = ["parts", "missing_states", "missing_subjects", "tampering_states", "tampering_subjects", "faulty_states"];
const HEAVY = ["heavy_goods", "heavy_tractor"];

export function judge(context, readings, subject) {
  const rows = Object.fromEntries(RULES.map((name) => [name, context.rule(`device_check.${name}`)]));
  const lookedAt = readings.devices.filter((part) => !SILENT.includes(part.state));
  const named = lookedAt.filter((part) => wordsOf(rows.parts).includes(part.device));
  const outside = lookedAt.filter((part) => !named.includes(part));
  const items = [
    ...named.map((part) => itemOf(part, rows)),
    ...outside.map((part) => found(part.device, part.state, "fitted", null, rows.parts)),
  ];
  const offences = named.flatMap((part) => offencesOf(part, subject, rows));
  return judged(context, METHOD, items, {
    offences,
    rules: Object.values(rows),
    doubts: [notInLaw(context, outside), nobodyBound(context, named, subject, rows, offences)],
  });
}

function itemOf(part, rows) {
  for (const name of ["tampering_states", "missing_states", "faulty_states"]) {
    if (wordsOf(rows[name]).includes(part.state)) return found(part.device, part.state, "fitted", true, rows[name]);
  }
  return found(part.device, part.state, "fitted", false, rows.parts);
}

/** What the subject is called in the rows on whom a duty binds. */
function namesOf(subject) {
  if (subject.kind !== "truck") return ["machine"];
  if (!HEAVY.includes(subject.category)) return ["truck"];
  const isDiesel = ["diesel", "unknown"].includes(subject.fuel);
  return isDiesel ? ["truck", "heavy_truck", "heavy_diesel_truck"] : ["truck", "heavy_truck"];
}

function offencesOf(part, subject, rows) {
  const names = namesOf(subject);
  const binds = (states, subjects) =>
    wordsOf(rows[states]).includes(part.state) && names.some((name) => wordsOf(rows[subjects]).includes(name));
  return [
    ...(binds("tampering_states", "tampering_subjects") ? ["tampering"] : []),
    ...(binds("missing_states", "missing_subjects") ? ["device_missing"] : []),
  ];
}

function notInLaw(context, outside) {
  if (!outside.length) return null;
  const names = outside.map((part) => part.device);
  return context.say("part_not_in_law", { names: [names.join("、"), names.join(", ")] });
}

function nobodyBound(context, named, subject, rows, offences) {
  const wrong = [...wordsOf(rows.missing_states), ...wordsOf(rows.tampering_states)];
  if (offences.length || !named.some((part) => wrong.includes(part.state))) return null;
  const isOpen = subject.kind === "truck" && (subject.category === null || subject.category === "unknown");
  return context.say(isOpen ? "category_unknown" : "no_offence_of_the_day");
}
