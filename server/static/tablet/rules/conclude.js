/** What an inspection amounts to (enforcement.inspections.conclude): the same answer as the server's, to the letter. */

import { contextOf } from "./context.js";
import { notJudged } from "./items.js";
import { METHODS } from "./measurements/index.js";
import { RuleMissing } from "./rulebook.js";
import { standingOf } from "./standing.js";
import { strictestClass, zoneObjections } from "./zone_objections.js";

const TAILPIPE = ["free_acceleration", "lug_down", "machine_smoke", "ringelmann"];

/**
 * The conclusion with its rows as objects. Throws RuleMissing before the rule book begins.
 * @param {object} data the reference file
 * @param {object} inspection complete: kind, methods, officers, weather, instruments
 * @param {object} subject complete (rules/subject.js)
 * @param {number} atMs
 * @param {string} area
 * @param {object[]} zoneTerms terms of the zone versions in force at the point
 * @param {string[]} [purposes]
 */
export function conclude(data, inspection, subject, atMs, area, zoneTerms, purposes = []) {
  const context = contextOf(data, atMs, area);
  const placed = { ...subject, zone_smoke_class: strictestClass(subject, zoneTerms) };
  const methods = inspection.methods;
  const judgements = Object.entries(methods).map(([method, readings]) => judgeOne(context, method, readings, placed));
  const objections = zoneObjections(context, methods, placed, zoneTerms, purposes);
  const { standing, lacking, rows } = standingOf(context, inspection);
  const outcome = outcomeOf(judgements);
  const law = context.national("law.air");
  const held = new Set([...rowsIn(judgements), ...objections.flatMap((one) => one.rows), ...rows, law]);
  return {
    outcome,
    standing,
    judgements,
    offences: [...new Set([...judgements.flatMap((one) => one.offences), ...shown(objections)])],
    law: String(law.value),
    sentences: [
      context.say("headline", { outcome, words: context.names.outcomes[outcome] }),
      ...lacking,
      ...objections.map((one) => one.sentence),
      ...toConfirm(context, [...held]),
    ],
    rules: [...held],
  };
}

/** One method; not judged where no rule was in force. */
export function judgeOne(context, method, readings, subject) {
  try {
    return METHODS[method].judge(context, readings, subject);
  } catch (fault) {
    if (!(fault instanceof RuleMissing)) throw fault;
    return notJudged(context, method, context.say("no_rule_in_force", { day: context.day, missing: fault.message }));
  }
}

/** Failed if any method failed; passed if every test of the exhaust passed or, without one, every method. */
export function outcomeOf(judgements) {
  if (judgements.some((one) => one.outcome === "failed")) return "failed";
  const exhaust = judgements.filter((one) => TAILPIPE.includes(one.method));
  const tests = exhaust.length ? exhaust : judgements;
  return tests.length && tests.every((one) => one.outcome === "passed") ? "passed" : "not_judged";
}

function rowsIn(judgements) {
  return judgements.flatMap((one) => one.rules);
}

function shown(objections) {
  return objections.map((one) => one.offence).filter(Boolean);
}

function toConfirm(context, rows) {
  const n = rows.filter((row) => row.certainty === "unconfirmed").length;
  return n ? [context.say("rules_unconfirmed", { n })] : [];
}

/** A judgement as JSON: rows by their keys. */
export function judgementJson(one) {
  const items = one.items.map((item) => ({ ...item, rule: item.rule?.key ?? null }));
  return { ...one, items, rules: one.rules.map((row) => row.key) };
}

/** A conclusion as JSON: rows by their keys. */
export function conclusionJson(one) {
  return { ...one, judgements: one.judgements.map(judgementJson), rules: one.rules.map((row) => row.key) };
}
