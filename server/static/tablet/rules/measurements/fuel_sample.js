/** A fuel sample from a tank: sulphur and kind of fuel (GB 19147; CODE 236). */

import { atMost, found, judged } from "../items.js";
import { wordsOf } from "../rulebook.js";

const METHOD = "fuel_sample";

export function judge(context, readings, subject) {
  const items = [atMost("sulphur", readings.sulphur_mg_kg, context.rule("fuel.sulphur_max_mg_kg"))];
  const banned = context.find(`fuel.${subject.kind}_banned_kinds`);
  if (banned && readings.kind !== "unknown") {
    items.push(found("fuel_kind", readings.kind, "vehicle_diesel", wordsOf(banned).includes(readings.kind), banned));
  }
  const isLead = !readings.report_no || readings.sealed === "no";
  return judged(context, METHOD, items, {
    doubts: [
      items.some((one) => one.over) && context.say("for_market_supervision"),
      isLead && context.say("no_laboratory_report"),
    ],
  });
}
