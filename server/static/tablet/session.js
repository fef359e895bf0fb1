// Signing in, greeting the server, opening with the PIN, signing out: what happens between device, account and server.

import { now, offsetMs } from "./clock.js";
import { DAY_MS } from "./constants.js";
import { getMeta, ifRoom, putMeta } from "./database.js";
import { request } from "./http.js";
import { uuid7 } from "./ids.js";
import { fromBase64, makeKeyBytes, toBase64 } from "./vault/keys.js";
import { countRight, countTry, obstacle, unwrap, wrap } from "./vault/pin.js";
import { unsentOf, wipe } from "./vault/wipe.js";

/** Thrown with what the server answered, or with a text of our own: {zh, en}. */
export class SessionRefused extends Error {
  constructor(code, texts) {
    super(texts.en);
    this.name = "SessionRefused";
    this.code = code;
    this.texts = texts;
  }
}

const UNSENT = { zh: "还有未上传的检查。", en: "There are checks that are not sent." };
const UNTOLD = { zh: "请先登录。", en: "Sign in first." };
const BROKEN = { zh: "服务器没有给出可用的回答，请稍后再试。", en: "The server gave no answer that can be used. Try again later." };

function refusal(answer) {
  const told = answer.json || {};
  return new SessionRefused(told.code || String(answer.status), told.zh ? told : BROKEN);
}

/** What a device is called in the list of tablets: its model where the browser tells it, else its system. */
async function deviceName() {
  const told = navigator.userAgentData;
  const more = told ? await told.getHighEntropyValues(["model"]).catch(() => ({})) : {};
  const system = /Android|Windows|Macintosh|CrOS|Linux|iPhone|iPad/.exec(navigator.userAgent);
  return (more.model || (system ? system[0] : "tablet")).slice(0, 60);
}

/** Who a record of the device is, as the screens see it (app.session). */
export function sessionOf(record, signedIn, csrf) {
  const { account, userId, name, card, division, city, organisation, tabletId } = record;
  return { account, userId, name, card, division, city, organisation, tabletId, signedIn, csrf };
}

function recordOf(told, keepDays, known) {
  return {
    failures: 0,
    waitUntilMs: 0,
    wrap: null,
    revoked: false,
    ...known,
    account: told.username,
    userId: told.id,
    name: told.name,
    card: told.card,
    division: told.division,
    city: told.city,
    organisation: told.organisation,
    tabletId: (known && known.tabletId) || uuid7(),
    keepDays,
  };
}

/** The record with a contact noted: the seven days begin anew. The latest clock seen is forgotten, the server spoke. */
export function withContact(record, nowMs) {
  return { ...record, lastContactMs: nowMs, latestMs: nowMs };
}

/** Note the latest time that the device's clock showed, so that setting it back later gains nothing. */
export async function noteLatest(device, nowMs) {
  const work = device.transaction("accounts", "readwrite");
  work.done.catch(() => {}); // is waited for below; a write that fails must not be reported twice
  for (const record of await work.store.getAll()) {
    if (nowMs > (record.latestMs || 0)) await work.store.put({ ...record, latestMs: nowMs });
  }
  await work.done;
}

async function enrol(record, more) {
  const answer = await request("POST", "/tablet/enrolment", {
    json: {
      id: record.tabletId,
      name: await deviceName(),
      vault_key: toBase64(makeKeyBytes()),
      offset_ms: offsetMs(),
      ...more,
    },
  });
  if (answer.status >= 400) throw refusal(answer);
  return fromBase64(answer.json.vault_key);
}

/**
 * Sign in on-line and make the tablet known: {record, keyBytes, csrf}. Throws Offline, SessionRefused. The key is the
 * one the server keeps, so what was sealed before opens again.
 */
export async function signIn(device, caller, username, password, appVersion) {
  const answer = await request("POST", "/tablet/session", { json: { username, password } });
  if (answer.status >= 400) throw refusal(answer);
  const { account, csrf, keep_days: keepDays } = answer.json;
  const known = await device.get("accounts", account.username);
  const record = recordOf(account, keepDays, known);
  Object.assign(caller, { csrf, account: record.account, tabletId: record.tabletId });
  try {
    const keyBytes = await enrol(record, { app_version: appVersion });
    const kept = withContact({ ...record, revoked: false }, now());
    await device.put("accounts", kept);
    return { record: kept, keyBytes, csrf };
  } catch (fault) {
    if (fault.code === "revoked" && known) await device.put("accounts", { ...known, revoked: true, wrap: null });
    throw fault;
  }
}

/** Set the PIN of an account whose key is at hand. */
export async function setPin(device, record, keyBytes, pin) {
  const kept = countRight({ ...record, wrap: await wrap(keyBytes, pin) });
  await device.put("accounts", kept);
  return kept;
}

/** Open an account with its PIN: {record, keyBytes}; throws WrongPin, or SessionRefused with what is in the way. */
export async function openWithPin(device, account, pin) {
  const record = await device.get("accounts", account);
  const hindrance = obstacle(record, now());
  if (hindrance) throw new SessionRefused(hindrance.code, { zh: "", en: hindrance.code });
  const tried = countTry(record, now());
  await device.put("accounts", tried);
  const keyBytes = await unwrap(tried.wrap, pin);
  const right = countRight(tried);
  await device.put("accounts", right);
  return { record: right, keyBytes };
}

/**
 * Ask the server who is signed in, and greet it as this account if it is: {signedIn, csrf, record}. Throws Offline.
 */
export async function greet(device, caller, record, database, appVersion) {
  const answer = await request("GET", "/tablet/session");
  if (answer.status >= 400) throw refusal(answer);
  caller.csrf = answer.json.csrf;
  const told = answer.json.account;
  if (!told || told.username !== record.account) return { signedIn: false, csrf: caller.csrf, record };
  const discarded = (await getMeta(database, "discarded")) || [];
  const unsent = (await unsentOf(record.account)).length;
  await enrol(record, { app_version: appVersion, unsent, discarded });
  if (discarded.length > 0) await forget(database, discarded);
  const fresh = withContact(recordOf(told, answer.json.keep_days, await device.get("accounts", record.account)), now());
  await ifRoom(() => device.put("accounts", fresh));
  return { signedIn: true, csrf: caller.csrf, record: fresh };
}

async function forget(database, told) {
  const keys = new Set(told.map((row) => row.key));
  const left = ((await getMeta(database, "discarded")) || []).filter((row) => !keys.has(row.key));
  await putMeta(database, "discarded", left);
}

/**
 * End the session on the server, then remove all of the account from this device. Refused while anything is unsent, or
 * while the server was not told of drafts thrown away. Throws Offline: without the server the session would live on.
 */
export async function signOut(device, caller, record, database, appVersion) {
  if ((await unsentOf(record.account)).length > 0) throw new SessionRefused("unsent", UNSENT);
  const { signedIn } = await greet(device, caller, record, database, appVersion);
  if (!signedIn && ((await getMeta(database, "discarded")) || []).length > 0) throw new SessionRefused("signed_out", UNTOLD);
  const waits = []; // what else is to be told to the server: numbers that were reserved
  window.dispatchEvent(new CustomEvent("before-sign-out", { detail: { signedIn, wait: (promise) => waits.push(promise) } }));
  await Promise.allSettled(waits);
  if (signedIn) {
    const answer = await request("DELETE", "/tablet/session");
    if (answer.status >= 400) throw refusal(answer);
  }
  await wipe(device, record.account);
}

/** Days until an account needs the server again; never below 0. */
export function daysLeft(record, nowMs, days) {
  return Math.max(0, Math.ceil((record.lastContactMs + days * DAY_MS - nowMs) / DAY_MS));
}
