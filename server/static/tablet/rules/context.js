/** What a judgement asks: the rows in force at one place on one day, and the sentences of the reference file. */

import { dayOf } from "./days.js";
import { general } from "./numbers.js";
import { findRule, getRule } from "./rulebook.js";

/**
 * @param {{rules: object[], sentences: object, names: object}} data the reference file
 * @param {number} atMs time of the act
 * @param {string} [area] GB/T 2260 code of the place
 */
export function contextOf(data, atMs, area = "") {
  const day = dayOf(atMs);
  return {
    atMs,
    day,
    area,
    names: data.names,
    /** The row that held at the place; throws RuleMissing. */
    rule: (id) => getRule(data.rules, id, day, area),
    /** The row that held at the place, or null. */
    find: (id) => findRule(data.rules, id, day, area),
    /** The row that held in the whole country; throws RuleMissing. */
    national: (id) => getRule(data.rules, id, day),
    /** The row of another moment at the same place, or null. */
    findOn: (id, otherMs) => findRule(data.rules, id, dayOf(otherMs), area),
    say: (name, values) => said(data.sentences, name, values),
  };
}

/**
 * A sentence in both languages, as enforcement.sentences.said makes it: {x} is a value, {x:g} a number; a pair
 * [zh, en] fills each language with its own.
 * @param {object} sentences name -> [code, zh, en]
 * @param {string} name
 * @param {object} [values]
 * @returns {{code: string, zh: string, en: string}}
 */
export function said(sentences, name, values = {}) {
  const [code, zh, en] = sentences[name] ?? [name, name, name]; // a file from before the sentence came
  const filled = (text, language) =>
    text.replace(/\{(\w+)(:g)?\}/g, (_, key, asNumber) => {
      const value = Array.isArray(values[key]) ? values[key][language] : values[key];
      return asNumber ? general(value) : String(value);
    });
  return { code: filled(code, 1), zh: filled(zh, 0), en: filled(en, 1) };
}
