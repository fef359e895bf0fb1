/**
 * Why the terms of a zone forbid a truck or machine (enforcement/checks/banned_visit.py). Unknown data never make a
 * ban: they make a lead that says what is not known.
 */

import { wordsOf } from "./rulebook.js";
import { CLEAN, meets, stageName } from "./stages.js";

/**
 * Every reason with whether it is firm, its offence and rows; empty means allowed. Hours and whitelist are asked
 * elsewhere.
 * @param {object} context rules/context.js
 * @param {{kind, stage, fuel, category, device, coded, dated}} subject `dated`: the stage was inferred from a date
 * @param {object} terms terms of a zone version as JSON
 * @param {string[]} [purposes] what it is shown to be out for
 */
export function bannedReasons(context, subject, terms, purposes = []) {
  if (!terms.applies_to.includes(subject.kind) || isExempt(subject, terms, purposes)) return [];
  const bound = isBound(subject, terms);
  if (bound === false) return [];
  const found = foundReasons(context, subject, terms);
  if (bound === null && found.length) {
    return [...found.map((one) => ({ ...one, isFirm: false })), open(context.say("scope_unknown"))];
  }
  return found;
}

function isExempt(subject, terms, purposes) {
  const isClean = CLEAN.includes(subject.fuel) || subject.stage === "D";
  return terms.exemptions.some((one) => purposes.includes(one) || (isClean && one === "clean_energy"));
}

/** Whether the scope of the terms takes the subject in; null where its data do not say. */
function isBound(subject, terms) {
  const types = subject.kind === "truck" ? terms.truck_categories : terms.machine_types;
  const answers = [within(subject.category, types), within(subject.fuel, terms.fuels)];
  if (answers.includes(false)) return false;
  return answers.includes(null) ? null : true;
}

function within(value, listed) {
  if (!listed.length || listed.includes(value)) return true;
  return value === "unknown" ? null : false;
}

function foundReasons(context, subject, terms) {
  const isMachine = subject.kind === "machine";
  return [
    stageReason(context, subject, terms),
    typeReason(context, subject, terms),
    fuelReason(context, subject, terms),
    terms.coding_required && isMachine && !subject.coded && firm(context.say("not_coded"), "unregistered_machine"),
    deviceReason(context, subject, terms),
  ].filter(Boolean);
}

function offenceOf(subject, terms) {
  return subject.kind === "truck" ? terms.truck_offence : terms.machine_offence;
}

function stageReason(context, subject, terms) {
  const isTruck = subject.kind === "truck";
  const least = isTruck ? terms.min_truck_stage : terms.min_machine_stage;
  if (least === null) return null;
  const stage = subject.stage === "X" && CLEAN.includes(subject.fuel) ? "D" : subject.stage;
  const rule = context.national(isTruck ? "stages.truck" : "stages.machine");
  const answer = meets(stage, least, wordsOf(rule));
  const values = { stage: stageName(context.names, stage, isTruck), least: stageName(context.names, least, isTruck) };
  if (answer === null) return open(context.say("zone_stage_unknown", values), [rule]);
  if (answer) return null;
  const low = context.say("stage_too_low", values);
  if (!subject.dated) return firm(low, offenceOf(subject, terms), [rule]);
  const more = context.say("stage_inferred");
  return { ...firm({ ...low, zh: low.zh + more.zh, en: `${low.en} ${more.en}` }, offenceOf(subject, terms), [rule]), isFirm: false };
}

function typeReason(context, subject, terms) {
  const banned = subject.kind === "truck" ? terms.banned_truck_categories : terms.banned_machine_types;
  const answer = banned.length ? within(subject.category, banned) : false;
  if (answer) return firm(context.say("type_banned", { category: subject.category }), offenceOf(subject, terms));
  return answer === null ? open(context.say("type_unknown")) : null;
}

function fuelReason(context, subject, terms) {
  if (terms.banned_fuels.includes(subject.fuel)) {
    return firm(context.say("fuel_banned", { fuel: subject.fuel }), offenceOf(subject, terms));
  }
  return terms.banned_fuels.length && subject.fuel === "unknown" ? open(context.say("fuel_unknown")) : null;
}

function deviceReason(context, subject, terms) {
  if (!terms.device_required || subject.device === "yes") return null;
  return subject.device === "no" ? firm(context.say("no_device"), "device_missing") : open(context.say("device_unknown"));
}

function firm(sentence, offence, rows = []) {
  return { sentence, offence, rows, isFirm: true };
}

function open(sentence, rows = []) {
  return { sentence, offence: null, rows, isFirm: false };
}
