/** The repair notice: its last day and its wording by the law of the day of the act. */

import { kindOfDay } from "../zones/locate.js";
import { contextOf } from "./context.js";
import { dayName, dayNumber, dayOf } from "./days.js";
import { numberOf, wordsOf } from "./rulebook.js";

/**
 * The last day for a passed re-test of a notice given at a moment (server/flows/repair_notices.py), YYYY-MM-DD.
 * @param {object} data the reference file
 * @param {number} givenMs
 * @param {string} area GB/T 2260 code of the place
 */
export function repairDueOn(data, givenMs, area) {
  const context = contextOf(data, givenMs, area);
  const clock = context.rule("clock.repair");
  const rolling = context.find("clock_rolls.kinds");
  const isWorking = (day) => kindOfDay(day, data.calendar) === "workday";
  let { day } = dayNumber(givenMs);
  for (let left = numberOf(clock); left > 0; ) {
    day += 1;
    if (clock.unit === "calendar days" || isWorking(day)) left -= 1;
  }
  while (rolling && wordsOf(rolling).includes("repair") && !isWorking(day)) day += 1;
  return dayName(day);
}

/**
 * The notice in both languages: {title, issuer, paragraphs: {zh: [], en: []}, basis}. Values fill {subject}, {identity},
 * {acted_at}, {place}, {repair_due}, {repair_number}, {party_name}; a pair [zh, en] fills each language with its own.
 * @param {object} data the reference file
 * @param {number} actedMs the time of the check
 * @param {object} values
 */
export function noticeText(data, actedMs, values) {
  const day = dayOf(actedMs);
  const basis = data.notice.bases.find((row) => row.valid_from <= day && (row.valid_to === null || day < row.valid_to));
  const known = {
    ...values,
    repair_basis: basis ? [basis.zh, basis.en] : ["", ""],
    retest_rule: [data.notice.retest_rule.zh, data.notice.retest_rule.en],
  };
  const filled = (text, place) =>
    text.replace(/\{(\w+)\}/g, (_, name) => {
      const value = known[name] ?? "";
      return Array.isArray(value) ? value[place] : String(value);
    });
  const { title, issuer, paragraphs } = data.notice;
  return {
    title,
    issuer,
    basis: basis ?? null,
    paragraphs: { zh: paragraphs.zh.map((text) => filled(text, 0)), en: paragraphs.en.map((text) => filled(text, 1)) },
  };
}
