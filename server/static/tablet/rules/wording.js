/** The sentence of a judgement, item by item (enforcement/measurements/wording.py). */

import { fixed, round } from "./numbers.js";

/**
 * A number as documents write it: up to three decimals, six where three would hide how it differs from `beside`.
 * @param {number} value
 * @param {unknown} [beside]
 * @returns {string}
 */
export function figure(value, beside = null) {
  const hides = typeof beside === "number" && value !== beside && round(value, 3) === round(beside, 3);
  const places = hides || (Math.abs(value) > 0 && Math.abs(value) < 0.0005) ? 6 : 3;
  return fixed(value, places).replace(/0+$/, "").replace(/\.$/, "");
}

function pairOf(table, code) {
  return Object.hasOwn(table, code) ? table[code] : [code, code];
}

function capital(text) {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("");
}

/**
 * One item in words.
 * @returns {{code: string, zh: string, en: string}}
 */
export function itemSentence(context, item) {
  const [zh, en] = pairOf(context.names.items, item.name);
  const name = [zh, capital(en)];
  if (item.value === null) return context.say("item_missing", { name });
  if (typeof item.value === "string") {
    const values = { name, value: pairOf(context.names.values, item.value) };
    if (!item.over || typeof item.limit !== "string") return context.say("item_found", values);
    return context.say("item_wanted", { ...values, wanted: pairOf(context.names.values, item.limit) });
  }
  const unit = context.names.units[item.unit] ?? item.unit;
  const value = figure(item.value, item.limit);
  const gap = /[^\x00-\x7f]$/u.test(zh) ? "" : " ";
  return against(context, item, unit, [`${zh}${gap}${value}${unit}`, `${name[1]} ${value} ${unit}`.trimEnd()]);
}

function against(context, item, unit, shown) {
  if (typeof item.limit !== "number" || item.over === null) return context.say("item_open", { figure: shown });
  const limit = figure(item.limit, item.value);
  const values = { figure: shown, limit: [`${limit}${unit}`, `${limit} ${unit}`.trimEnd()] };
  if (!item.over) return context.say(item.value > item.limit ? "item_not_below" : "item_within", values);
  if (item.value < item.limit) return context.say("item_below", values);
  if (item.limit <= 0) return context.say("item_over", values);
  const times = round((item.value - item.limit) / item.limit, 3);
  if (times === 0) return context.say("item_hardly_over", values);
  return context.say("item_times_over", { ...values, times: figure(times) });
}

/**
 * The whole judgement in one paragraph.
 * @returns {{code: string, zh: string, en: string}}
 */
export function judgementSentence(context, method, outcome, items) {
  const head = context.say("judgement", {
    outcome,
    method: context.names.methods[method],
    words: context.names.outcomes[outcome],
  });
  const parts = [head, ...items.map((one) => itemSentence(context, one))];
  return {
    code: outcome,
    zh: parts.map((part) => part.zh).join(""),
    en: parts.map((part) => part.en).join(" "),
  };
}
