// A verdict in large type: sign, word and colour together, so that none of them is needed alone.

import { h } from "../elements.js";
import { pair, t, word } from "../words.js";

const SIGNS = { passed: "✓", failed: "✕", not_judged: "?" };
const SIGN_OF_ITEM = { true: "✕", false: "✓", null: "?" };
const UNITS = { "m-1": "m⁻¹", "m/s2": "m/s²", Ringelmann: "" };

/** The strip under the head of every step; nothing before the first reading. */
export function verdictStrip(verdict) {
  if (!verdict) return [];
  const found = verdict.offences.map((code) => word("offence", code));
  return [h("p", { class: `verdict verdict-${verdict.outcome}` },
    h("span", { class: "verdict-sign", "aria-hidden": "true" }, SIGNS[verdict.outcome]),
    h("strong", null, word("outcome", verdict.outcome)),
    h("span", { class: "verdict-more" }, [word("standing", verdict.standing), ...found].join(" · ")))];
}

/** One method judged: its items, each with value, limit and unit, then the doubts. */
export function judgementCard(judgement) {
  return h("div", { class: `judged judged-${judgement.outcome}` },
    h("p", { class: "judged-head" },
      h("span", { class: "verdict-sign", "aria-hidden": "true" }, SIGNS[judgement.outcome]),
      h("strong", null, word("method", judgement.method)), h("span", null, word("outcome", judgement.outcome))),
    h("ul", { class: "judged-items" }, ...judgement.items.map(itemLine)),
    ...judgement.doubts.map((doubt) => h("p", { class: "doubt" }, pair(doubt))));
}

function itemLine(item) {
  const state = { true: "over", false: "within", null: "open" }[item.over];
  return h("li", { class: `item item-${state}` },
    h("span", { class: "item-name" }, word("measured_item", item.name)),
    h("span", { class: "item-value" }, valueWords(item)),
    h("span", { class: "item-state" },
      h("span", { "aria-hidden": "true" }, SIGN_OF_ITEM[item.over]), " ",
      { over: () => t("OVER"), within: () => t("PASS"), open: () => t("not judged") }[state]()));
}

/** "1.95 / 1.61 m⁻¹", or a finding in words. */
export function valueWords(item) {
  const value = shown(item.value, item.limit);
  if (typeof item.limit === "number") return `${value} / ${shown(item.limit, item.value)} ${unitWords(item.unit)}`.trim();
  return `${value} ${item.value === null ? "" : unitWords(item.unit)}`.trim();
}

/** The unit as it is printed. */
export function unitWords(unit) {
  return UNITS[unit] ?? unit ?? "";
}

function shown(value, beside) {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" ? figure(value, beside) : word("measured_value", value);
}

/** Up to three decimals, six where three would hide how it differs from what stands beside it (as the server writes). */
export function figure(value, beside) {
  const hides = typeof beside === "number" && value !== beside && value.toFixed(3) === beside.toFixed(3);
  return String(Number(value.toFixed(hides || (value && Math.abs(value) < 0.0005) ? 6 : 3)));
}
