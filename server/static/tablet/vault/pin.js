// The PIN: wraps the key of an account for use without a network. Wrong PINs cost time, then the PIN; never a record.

import {
  DAY_MS,
  OFFLINE_DAYS,
  PIN_DIGITS,
  PIN_FIRST_WAIT_MS,
  PIN_FREE_TRIES,
  PIN_ITERATIONS,
  PIN_LONGEST_WAIT_MS,
  PIN_TRIES,
} from "../constants.js";
import { makeDeviceKey } from "./keys.js";

/** Thrown for a wrong PIN. */
export class WrongPin extends Error {
  constructor() {
    super("wrong PIN");
    this.name = "WrongPin";
  }
}

/** Whether a text has the form of a PIN. */
export function isPin(text) {
  return new RegExp(`^[0-9]{${PIN_DIGITS}}$`).test(text);
}

/** Whether a PIN is one of those tried first: all alike, or counted up or down. */
export function isWeak(pin) {
  const steps = [...pin].slice(1).map((digit, at) => (Number(digit) - Number(pin[at]) + 10) % 10);
  return steps.every((step) => step === steps[0]) && [0, 1, 9].includes(steps[0]);
}

/** How long to wait after so many wrong PINs in a row, ms. */
export function waitMs(failures) {
  if (failures < PIN_FREE_TRIES) return 0;
  return Math.min(PIN_FIRST_WAIT_MS * 2 ** (failures - PIN_FREE_TRIES), PIN_LONGEST_WAIT_MS);
}

/**
 * What stands in the way of opening an account with its PIN: "revoked", "no_pin", "days" (seven days without the
 * server), "wait" (with waitMs), or null. A clock that was set back gains nothing: the latest time seen counts.
 */
export function obstacle(record, nowMs) {
  if (record.revoked) return { code: "revoked" };
  if (!record.wrap || record.failures >= PIN_TRIES) return { code: "no_pin" };
  const latest = Math.max(nowMs, record.latestMs || 0);
  if (latest - record.lastContactMs > OFFLINE_DAYS * DAY_MS) return { code: "days" };
  if (record.waitUntilMs && nowMs < record.waitUntilMs && record.waitUntilMs - nowMs <= PIN_LONGEST_WAIT_MS) {
    return { code: "wait", waitMs: record.waitUntilMs - nowMs };
  }
  return null;
}

/** The record before a try: counted as wrong until it proves right, so that ending the app gains no try. */
export function countTry(record, nowMs) {
  const failures = (record.failures || 0) + 1;
  return { ...record, failures, waitUntilMs: nowMs + waitMs(failures), latestMs: Math.max(nowMs, record.latestMs || 0) };
}

/** The record after a right PIN. */
export function countRight(record) {
  return { ...record, failures: 0, waitUntilMs: 0 };
}

async function pinKey(pin, salt, iterations) {
  const base = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", salt, iterations, hash: "SHA-256" };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/**
 * The key wrapped by the PIN and then by a key of the device that cannot be read out:
 * {salt, iterations, innerIv, outerIv, data, deviceKey}. Goes into the browser's database as it is.
 */
export async function wrap(keyBytes, pin, iterations = PIN_ITERATIONS) {
  const random = (size) => crypto.getRandomValues(new Uint8Array(size));
  const [salt, innerIv, outerIv] = [random(16), random(12), random(12)];
  const deviceKey = await makeDeviceKey();
  const inner = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: innerIv },
    await pinKey(pin, salt, iterations),
    keyBytes,
  );
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv: outerIv }, deviceKey, inner);
  return { salt, iterations, innerIv, outerIv, data: new Uint8Array(data), deviceKey };
}

/** The key out of its wrap; throws WrongPin. */
export async function unwrap(wrapped, pin) {
  const key = await pinKey(pin, wrapped.salt, wrapped.iterations);
  const inner = await crypto.subtle.decrypt({ name: "AES-GCM", iv: wrapped.outerIv }, wrapped.deviceKey, wrapped.data);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: wrapped.innerIv }, key, inner));
  } catch {
    throw new WrongPin();
  }
}
