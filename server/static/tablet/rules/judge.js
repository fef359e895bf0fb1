/** Readings and inspections judged at the place, by the rows of the reference file. */

import { inForce, inHours, isInside } from "../zones/locate.js";
import { conclude, conclusionJson, judgeOne, judgementJson } from "./conclude.js";
import { contextOf } from "./context.js";
import { dayOf, microsOf } from "./days.js";
import { notJudged } from "./items.js";
import { readReadings } from "./readings.js";
import { RuleMissing } from "./rulebook.js";
import { completeSubject } from "./subject.js";
import { strictestClass } from "./zone_objections.js";

/** Checks of instruments older than this never count, as on the server (server/flows/used_instruments.py). */
const CHECKS_BACK_US = 31 * 86_400_000_000;

/**
 * What a check amounts to by the rules of its day and place; what the server will say of the same check.
 * @param {object} reference app.reference, or its data
 * @param {object} check as the record of a check has it: kind, methods, officers, weather, instrument_ids, lon, lat
 * @param {object} subject rules/subject.js
 * @param {number} atMs the time of the check by the server's clock
 * @param {string} area GB/T 2260 code of the place
 */
export function judge(reference, check, subject, atMs, area) {
  const data = reference.data ?? reference;
  const methods = {};
  const broken = [];
  for (const [method, given] of Object.entries(check.methods ?? {})) {
    const { readings, faults } = readReadings(data, method, given);
    if (faults.length) broken.push([method, faults]);
    else methods[method] = readings;
  }
  const inspection = {
    kind: check.kind,
    methods,
    officers: (check.officers ?? []).map((one) => ({ name: one.name ?? "", card_number: one.card_number ?? "" })),
    weather: check.weather ?? null,
    instruments: instrumentsOf(data, check.instrument_ids ?? [], atMs),
  };
  const terms = zonesOf(data, check, atMs).map((zone) => zone.terms);
  try {
    const found = conclude(data, inspection, completeSubject(subject), atMs, area, terms);
    return conclusionJson(withBroken(data, found, broken, atMs, area));
  } catch (fault) {
    if (!(fault instanceof RuleMissing)) throw fault;
    return nothingInForce(data, fault, atMs);
  }
}

/**
 * One method, judged as soon as it is read. Incomplete readings are not judged; the doubts say what is missing.
 * @param {object[]} [zoneTerms] terms of the zones at the place
 */
export function judgeMethod(reference, method, readings, subject, atMs, area, zoneTerms = []) {
  const data = reference.data ?? reference;
  const context = contextOf(data, atMs, area);
  const read = readReadings(data, method, readings);
  if (read.faults.length) return judgementJson(incomplete(data, context, method, read.faults));
  const complete = completeSubject(subject);
  const placed = { ...complete, zone_smoke_class: strictestClass(complete, zoneTerms) };
  return judgementJson(judgeOne(context, method, read.readings, placed));
}

/** The zone versions that hold the point of the check and bind at that hour; none where it has no position. */
export function zonesOf(data, check, atMs) {
  if (check.lon === null || check.lon === undefined || check.lat === null || check.lat === undefined) return [];
  const binds = (zone) => inForce(zone, atMs) && inHours(zone.terms, atMs, data.calendar);
  return data.zones.filter((zone) => binds(zone) && isInside(zone, check.lon, check.lat));
}

/** The instruments as they stood: every certificate, and the checks made up to the time of the inspection. */
export function instrumentsOf(data, ids, atMs) {
  const until = atMs * 1000;
  return [...new Set(ids)]
    .map((id) => data.instruments.find((one) => one.id === id))
    .filter(Boolean)
    .map((one) => ({
      ...one,
      checks: one.checks.filter((check) => {
        const at = microsOf(check.at);
        return at <= until && at >= until - CHECKS_BACK_US;
      }),
    }));
}

function withBroken(data, found, broken, atMs, area) {
  if (!broken.length) return found;
  const context = contextOf(data, atMs, area);
  const open = broken.map(([method, faults]) => incomplete(data, context, method, faults));
  const outcome = found.outcome === "failed" ? "failed" : "not_judged";
  const headline = context.say("headline", { outcome, words: context.names.outcomes[outcome] });
  return { ...found, outcome, judgements: [...found.judgements, ...open], sentences: [headline, ...found.sentences.slice(1)] };
}

function incomplete(data, context, method, faults) {
  const named = (language) => faults.map((fault) => `${labelOf(data, method, fault.field)[language]}`).join(language ? ", " : "、");
  return notJudged(context, method, context.say("readings_incomplete", { names: [named(0), named(1)] }));
}

function labelOf(data, method, path) {
  const field = data.fields[method].find((one) => one.name === path.split(/[.[]/)[0]);
  return field ? [field.zh, field.en] : data.names.methods[method];
}

function nothingInForce(data, fault, atMs) {
  const context = contextOf(data, atMs);
  const values = { outcome: "not_judged", words: data.names.outcomes.not_judged };
  const why = context.say("no_rule_in_force", { day: dayOf(atMs), missing: fault.message });
  return {
    outcome: "not_judged",
    standing: "screening",
    judgements: [],
    offences: [],
    law: "",
    sentences: [context.say("headline", values), why],
    rules: [],
  };
}
