/** The urea of the SCR: concentration, level, dosing (GB 29518; CODE 226). */

import { atLeast, between, found, judged } from "../items.js";
import { wordsOf } from "../rulebook.js";

const METHOD = "urea_check";

export function judge(context, readings, subject) {
  const shielding = context.rule("urea.tampering_dosing");
  const bound = context.rule("device_check.tampering_subjects");
  const isBound = wordsOf(bound).includes(subject.kind === "truck" ? "truck" : "machine");
  const shielded = wordsOf(shielding).includes(readings.dosing);
  const items = itemsOf(context, readings);
  const isWeak = !shielded && items.some((one) => one.over);
  return judged(context, METHOD, items, {
    offences: shielded && isBound ? ["tampering"] : [],
    rules: shielded ? [shielding, bound] : [],
    doubts: [isWeak && context.say("urea_lead")],
  });
}

function itemsOf(context, readings) {
  const names = ["concentration_min_pct", "concentration_max_pct", "level_min_pct", "faulty_dosing", "tampering_dosing"];
  const [least, most, level, faulty, shielding] = names.map((name) => context.rule(`urea.${name}`));
  const items = [];
  if (readings.concentration_pct !== null) {
    items.push(between("urea_concentration", readings.concentration_pct, least, most));
  }
  if (readings.level_pct !== null) items.push(atLeast("urea_level", readings.level_pct, level));
  if (readings.dosing !== "unknown") {
    const rule = wordsOf(shielding).includes(readings.dosing) ? shielding : faulty;
    items.push(found("dosing", readings.dosing, "working", wordsOf(rule).includes(readings.dosing), rule));
  }
  return items;
}
