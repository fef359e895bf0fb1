/** Whether an inspection carries a case: officers with cards, instruments, weather (APL 42). */

import { instrumentRows, instrumentSentences } from "./instruments.js";
import { numberOf, wordsOf } from "./rulebook.js";
import { strip } from "./text.js";

/**
 * Legal or screening, what is lacking, and the rows that say so.
 * @returns {{standing: "legal"|"screening", lacking: object[], rows: object[]}}
 */
export function standingOf(context, inspection) {
  const instruments = instrumentSentences(context, inspection.instruments);
  const pairs = [officers, methods, screening].flatMap((ask) => ask(context, inspection));
  const lacking = [...pairs.map(([, reason]) => reason).filter(Boolean), ...instruments];
  const rows = [...pairs.map(([rule]) => rule), ...instrumentRows(context, inspection.instruments)];
  return { standing: lacking.length ? "screening" : "legal", lacking, rows: [...new Set(rows)] };
}

function officers(context, inspection) {
  const kinds = context.rule("officers.kinds");
  if (!wordsOf(kinds).includes(inspection.kind)) return [[kinds, null]];
  const least = context.rule("officers.minimum");
  const cards = new Set(inspection.officers.map((officer) => strip(officer.card_number)).filter(Boolean));
  const enough = cards.size >= numberOf(least);
  const reason = enough ? null : context.say("officers_too_few", { n: cards.size, least: numberOf(least) });
  return [[kinds, null], [least, reason]];
}

function screening(context, inspection) {
  const rule = context.rule("inspection.screening_kinds");
  return [[rule, wordsOf(rule).includes(inspection.kind) ? context.say("single_record") : null]];
}

function methods(context, inspection) {
  const recorded = context.rule("inspection.instrument_kinds");
  const pairs = [[recorded, null]];
  if (!wordsOf(recorded).includes(inspection.kind)) return pairs;
  const used = new Set(inspection.instruments.map((instrument) => instrument.kind));
  for (const [method, readings] of Object.entries(inspection.methods)) {
    const needed = context.find(`method.${method}.instruments`);
    if (needed && usesInstruments(method, readings)) {
      const lacking = wordsOf(needed).filter((kind) => !used.has(kind));
      pairs.push([needed, without(context, "instrument_missing", method, context.names.instruments, lacking)]);
    }
    const asked = context.find(`method.${method}.weather`);
    if (asked) {
      const lacking = wordsOf(asked).filter((name) => (inspection.weather?.[name] ?? null) === null);
      pairs.push([asked, without(context, "weather_missing", method, context.names.weather, lacking)]);
    }
  }
  return pairs;
}

/** A look at the tank needs no urea meter; a laboratory's report no kit. */
function usesInstruments(method, readings) {
  if (method === "urea_check") return readings.concentration_pct !== null;
  if (method === "fuel_sample") return readings.sulphur_mg_kg !== null && !readings.report_no;
  return true;
}

function without(context, sentence, method, table, codes) {
  if (!codes.length) return null;
  const words = codes.map((code) => table[code] ?? [code, code]);
  const names = [words.map((pair) => pair[0]).join("、"), words.map((pair) => pair[1]).join(", ")];
  return context.say(sentence, { method: context.names.methods[method], names });
}
