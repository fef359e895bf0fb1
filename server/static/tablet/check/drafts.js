// The record of a check as it begins, and what the register or an earlier record puts into it. Pure.

import { measuredSubject } from "../rules/subject.js";

const READ_AT_PLACE = ["stage", "fuel", "category", "power_kw", "rated_power_kw"];

/**
 * A new record (see the contract of the record in store/checks.js).
 * @param {{key: string, account: string, kind: string, nowMs: number, offsetMs: number|null,
 *   officers: {name: string, card_number: string}[], assignment?: {id: number, subject_id: number|null}|null}} given
 */
export function seed({ key, account, kind, nowMs, offsetMs, officers, assignment = null }) {
  return {
    key, account, state: "draft", step: "identify", changed_ms: nowMs, next_try_ms: 0,
    base: null, reason: "", device_at: nowMs, offset_ms: offsetMs, begun_ms: nowMs, ended_ms: null, taps: 0,
    check: {
      kind, subject: "", colour: null, subject_kind: null, stage: null, fuel: null, category: null, power_kw: null,
      rated_power_kw: null, lon: null, lat: null, accuracy_m: null, place: "", methods: {}, officers, weather: null,
      checklist: [], party: null, note: "", instrument_ids: [],
    },
    placed: null, fix_ms: null, known: null, photos: [], notice: null, assignment, verdict: null,
    problem: null, answer: null, current: null,
  };
}

/** Put in whom the check is about: facts of the register, or what was typed where it holds nothing. */
export function identify(record, facts, given, nowMs, offsetMs) {
  const { check } = record;
  const kind = facts?.kind ?? given.kind ?? (check.kind === "machine_spot" ? "machine" : "truck");
  if (record.known?.id !== facts?.id || check.subject_kind !== kind) {
    for (const name of READ_AT_PLACE) check[name] = null;
  }
  check.subject = given.text || numberOf(facts) || "";
  check.colour = kind === "truck" ? facts?.colour ?? given.colour ?? null : null;
  check.subject_kind = kind;
  for (const name of READ_AT_PLACE) check[name] = given[name] ?? check[name];
  record.known = facts;
  if (!record.base) {
    record.device_at = nowMs;
    record.offset_ms = offsetMs;
  }
}

/** The number a truck or machine goes by. */
export function numberOf(facts) {
  return facts ? facts.plate || facts.registration_no || facts.machine_code || facts.pin || "" : "";
}

/** What the judgement must know: the register first, what it does not know as it was read at the place. */
export function subjectOf(record) {
  return measuredSubject(record.known, { ...record.check, subject_kind: record.check.subject_kind ?? "truck" });
}

/** A record that corrects an inspection of the server (a row of /tablet/sync/inspections). */
export function correctionOf(row, blank, facts) {
  const content = row.content ?? {};
  const read = row.read ?? {};
  const at = Date.parse(row.at);
  return {
    ...blank,
    base: { id: row.id, number: row.number, version: row.version },
    step: "review",
    device_at: at - (blank.offset_ms ?? 0),
    placed: "kept",
    known: facts,
    check: {
      ...blank.check, ...pickRead(read), kind: row.kind, subject: row.subject_text, colour: row.colour ?? null,
      subject_kind: facts?.kind ?? row.subject_kind ?? (row.kind === "machine_spot" ? "machine" : "truck"),
      lon: row.lon ?? null, lat: row.lat ?? null, place: row.place ?? "", methods: content.methods ?? {},
      officers: content.officers ?? [], weather: content.weather ?? null, checklist: content.checklist ?? [],
      party: content.party ?? null, note: content.note ?? "", instrument_ids: row.instrument_ids ?? [],
    },
  };
}

/** A record that corrects one that this tablet sent itself. */
export function correctionOfSent(record, blank) {
  const { id, number, version } = record.answer;
  return {
    ...blank, base: { id, number, version }, step: "review", device_at: record.device_at, offset_ms: record.offset_ms,
    placed: "kept", known: record.known, check: structuredClone(record.check), assignment: record.assignment,
  };
}

function pickRead(read) {
  return Object.fromEntries(READ_AT_PLACE.filter((name) => read[name] != null).map((name) => [name, read[name]]));
}
