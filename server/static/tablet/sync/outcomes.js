// What an answer of the server means for a check, and what becomes of its record. Pure.

import { waitMs } from "./backoff.js";
import { confirms } from "./body.js";

const AGAIN = new Set([408, 425, 429]);

/** The texts and faults of an answer: {code, status, zh?, en?, faults}. */
export function told(answer, code) {
  const json = answer.json && typeof answer.json === "object" ? answer.json : {};
  const texts = typeof json.zh === "string" && typeof json.en === "string" ? { zh: json.zh, en: json.en } : {};
  const faults = Array.isArray(json.faults) ? json.faults : [];
  return { code: code || json.code || "unexpected", status: answer.status, ...texts, faults };
}

/**
 * What an answer that is no success means: {kind: "signed_out" | "revoked" | "barred" | "conflict" | "refused" |
 * "wait", problem, current?}. What is not understood is waited for: nothing is given up.
 */
export function failureOf(answer) {
  const { status } = answer;
  const code = answer.json && answer.json.code;
  if (status === 401) return { kind: "signed_out", problem: { ...told(answer), code: "signed_out" } };
  if (status === 403) return { kind: code === "revoked" ? "revoked" : "barred", problem: told(answer, code || "not_permitted") };
  if (status === 409 && (code === "conflict" || code === "other_content")) {
    return { kind: "conflict", problem: told(answer), current: answer.json.current ?? null };
  }
  if (status === 422 && code === "hash") return { kind: "wait", problem: told(answer) };
  if (status === 422 || (status === 404 && code) || (status === 413 && code)) return { kind: "refused", problem: told(answer) };
  if (status >= 500 || AGAIN.has(status)) return { kind: "wait", problem: told(answer, code || "server") };
  if (status < 300) return { kind: "wait", problem: { code: "unconfirmed", status, faults: [] } };
  return { kind: "wait", problem: told(answer) };
}

/** What the answer to a check means; "sent" only where the server names every file. */
export function outcomeOf(answer, files) {
  return confirms(answer, files) ? { kind: "sent", answer: answer.json } : failureOf(answer);
}

const STATES = { sent: "sent", conflict: "conflict", refused: "refused", damaged: "refused" };

/** Whether nothing else should be tried after it: the line, the session or the device itself is in the way. */
export const stops = (outcome) => ["signed_out", "revoked", "barred"].includes(outcome.kind);

/**
 * The record after an outcome; its content stays as it is. `tries` counts failures in a row.
 * @param {object} record @param {object} outcome @param {number} nowMs @param {number} [chance]
 */
export function settled(record, outcome, nowMs, chance) {
  const before = record.problem || {};
  if (outcome.kind === "sent") {
    return { ...record, state: "sent", answer: outcome.answer, problem: null, current: null, next_try_ms: 0, sent_ms: nowMs };
  }
  const state = STATES[outcome.kind] || "ready";
  const counted = outcome.kind === "wait" || outcome.kind === "offline";
  const tries = (before.tries || 0) + (counted ? 1 : 0);
  const since = Math.min(before.since_ms || nowMs, nowMs);
  const problem = { faults: [], ...outcome.problem, at_ms: nowMs, since_ms: since, tries };
  const next = counted ? nowMs + waitMs(tries, chance) : 0;
  const current = outcome.kind === "conflict" ? outcome.current : record.current;
  return { ...record, state, problem, current, next_try_ms: state === "ready" ? next : 0 };
}
