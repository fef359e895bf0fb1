/** OBD check of a diesel vehicle; reported at first, decisive from a day of the rule book (GB 3847-2018 annex E). */

import { found, item, judged, notJudged, outcomeOfItems } from "../items.js";
import { wordsOf } from "../rulebook.js";
import { OFFENCES, notCovered } from "./gb3847.js";

const METHOD = "obd_check";
const CODES_SHOWN = 10;
/** A finding: its name, what it is called when bad, which answer is bad, and its words (good, bad). */
const FINDINGS = [
  ["has_obd", "no_obd", "no", "yes", "no"],
  ["mil_on", "mil_on", "yes", "not_lit", "lit"],
  ["mil_works", "mil_broken", "no", "works", "broken"],
  ["communicates", "no_communication", "no", "yes", "no"],
  ["is_ready", "not_ready", "no", "complete", "not_complete"],
];
/** Without these two nothing was checked. */
const NEEDED = ["mil_on", "communicates"];

export function judge(context, readings, subject) {
  const rows = ["fails_on", "repeat_on", "decisive", "built_from"].map((name) => context.rule(`obd.${name}`));
  const [fails, repeat, decisive, built] = rows;
  const refusal = notCovered(context, subject) ?? tooOld(context, subject, built);
  if (refusal) return notJudged(context, METHOD, refusal);
  const items = itemsOf(readings, fails, repeat);
  const decides = decisive.value === true;
  return judged(context, METHOD, items, {
    offences: OFFENCES,
    rules: rows,
    doubts: [
      !decides && context.say("obd_not_decisive"),
      hiddenCodes(context, readings),
      readings.is_ready === "no" && context.say("obd_not_ready"),
    ],
    outcome: decides ? outcomeOfItems(items) : "not_judged",
  });
}

function itemsOf(readings, fails, repeat) {
  return FINDINGS.flatMap(([name, code, bad, goodWord, badWord]) => {
    const answer = readings[name];
    if (answer === "unknown") {
      const needed = NEEDED.includes(name) && readings.has_obd !== "no";
      return needed ? [item(name, null, goodWord, "", null, null, fails)] : [];
    }
    if (answer !== bad) return [found(name, goodWord, goodWord, false, fails)];
    if (wordsOf(fails).includes(code)) return [found(name, badWord, goodWord, true, fails)];
    return wordsOf(repeat).includes(code) ? [found(name, badWord, goodWord, null, repeat)] : [];
  });
}

function tooOld(context, subject, built) {
  if (subject.built_on === null || subject.built_on >= built.value) return null;
  return context.say("built_before_obd", { built: subject.built_on, first: built.value });
}

function hiddenCodes(context, readings) {
  if (!readings.fault_codes.length || readings.mil_on !== "no") return null;
  return context.say("codes_without_indicator", { codes: readings.fault_codes.slice(0, CODES_SHOWN).join(", ") });
}
