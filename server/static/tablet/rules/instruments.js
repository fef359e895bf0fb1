/** Whether the instruments of a measurement let it carry a case: verified on the day, checked before the series. */

import { microsOf } from "./days.js";
import { round } from "./numbers.js";
import { numberOf, wordsOf } from "./rulebook.js";
import { strip } from "./text.js";

const HOUR_US = 3_600_000_000;

/** Why instruments make a screening of the result. */
export function instrumentSentences(context, used) {
  return used.flatMap((instrument) => lacking(context, instrument));
}

/** The rows that the standing of instruments rests on. */
export function instrumentRows(context, used) {
  const names = ["instrument.required_fields", "instrument.verified_kinds", "instrument.check_max_age_h"];
  for (const instrument of used) {
    names.push(`instrument.${instrument.kind}.checks`);
    names.push(...instrument.checks.map((check) => `instrument.${instrument.kind}.${check.kind}_tolerance`));
  }
  return [...new Set(names)].map((name) => context.find(name)).filter(Boolean);
}

/** Whether a check is passed: by its tolerance where there is one and both values, else as it was written. */
export function isPassed(context, kind, check) {
  const rule = context.findOn(`instrument.${kind}.${check.kind}_tolerance`, Math.floor(microsOf(check.at) / 1000));
  if (!rule || check.expected === null || check.measured === null) return check.passed;
  return check.passed && round(Math.abs(check.measured - check.expected)) <= numberOf(rule);
}

/** What an instrument is called: [zh, en]. */
export function instrumentName(names, instrument) {
  const [zh, en] = names.instruments[instrument.kind];
  return [`${zh}${instrument.serial}`, `${en} ${instrument.serial}`];
}

function lacking(context, instrument) {
  const name = instrumentName(context.names, instrument);
  const found = [];
  const empty = wordsOf(context.rule("instrument.required_fields")).filter((field) => !instrument[field]?.length);
  if (empty.length) found.push(context.say("instrument_data_missing", { instrument: name, names: empty.join(", ") }));
  const mustBeVerified = wordsOf(context.rule("instrument.verified_kinds")).includes(instrument.kind);
  if (mustBeVerified && !instrument.verifications.some((proof) => holds(proof, context.day))) {
    found.push(context.say("not_verified", { instrument: name, day: context.day }));
  }
  const needed = context.find(`instrument.${instrument.kind}.checks`);
  for (const kind of needed ? wordsOf(needed) : []) {
    const reason = checkLacking(context, instrument, name, kind);
    if (reason) found.push(reason);
  }
  return found;
}

function holds(proof, day) {
  return strip(proof.certificate) !== "" && proof.valid_from <= day && day <= proof.valid_to;
}

function checkLacking(context, instrument, name, kind) {
  const hours = numberOf(context.rule("instrument.check_max_age_h"));
  const at = context.atMs * 1000;
  const recent = instrument.checks.filter((check) => {
    const age = at - microsOf(check.at);
    return check.kind === kind && age >= 0 && age <= Math.round(hours * HOUR_US);
  });
  const values = { kind, hours, instrument: name, check: context.names.checks[kind] };
  if (!recent.length) return context.say("check_missing", values);
  const last = recent.reduce((best, check) => (microsOf(check.at) > microsOf(best.at) ? check : best));
  return isPassed(context, instrument.kind, last) ? null : context.say("check_failed", values);
}
