/** Values against limits, and items put together to a judgement (enforcement/measurements/items.py). */

import { round } from "./numbers.js";
import { numberOf } from "./rulebook.js";
import { judgementSentence } from "./wording.js";

/** A value that may reach, not pass, the limit of the rule, raised by so much; null was not measured. */
export function atMost(name, value, rule, raised = 0) {
  const limit = round(numberOf(rule) + raised);
  if (value === null) return item(name, null, limit, rule.unit, null, null, rule);
  return item(name, value, limit, rule.unit, round(limit - value), value > limit, rule);
}

/** A value that may reach, not fall below, the number of the rule. */
export function atLeast(name, value, rule) {
  const limit = numberOf(rule);
  if (value === null) return item(name, null, limit, rule.unit, null, null, rule);
  return item(name, value, limit, rule.unit, round(value - limit), value < limit, rule);
}

/** A value in a span, against the bound it breaks or lies nearer to. */
export function between(name, value, least, most) {
  const low = atLeast(name, value, least);
  const high = atMost(name, value, most);
  return low.margin < high.margin ? low : high;
}

/** Something that was looked at. */
export function found(name, value, wanted, over, rule) {
  return item(name, value, wanted, "", null, over, rule);
}

export function item(name, value, limit, unit, margin, over, rule) {
  return { name, value, limit, unit, margin, over, rule };
}

/** Failed if any item is over; passed if every item could be compared. */
export function outcomeOfItems(items) {
  if (items.some((one) => one.over === true)) return "failed";
  return items.length && items.every((one) => one.over === false) ? "passed" : "not_judged";
}

/** The judgement of these items; offences count only where the outcome is failed. */
export function judged(context, method, items, { offences = [], rules = [], doubts = [], outcome = null } = {}) {
  const decided = outcome ?? outcomeOfItems(items);
  const held = items.map((one) => one.rule).filter(Boolean);
  return {
    method,
    outcome: decided,
    items,
    offences: decided === "failed" ? [...new Set(offences)] : [],
    rules: [...new Set([...held, ...rules])],
    doubts: doubts.filter(Boolean),
    sentence: judgementSentence(context, method, decided, items),
  };
}

/** Nothing could be said; the doubts say why. */
export function notJudged(context, method, ...doubts) {
  return judged(context, method, [], { doubts });
}
