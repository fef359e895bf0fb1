// Every request of the app to the server: token, whose it is, our clock against the server's, what an answer means.

import { noteServerTime, now } from "./clock.js";
import { REQUEST_TIMEOUT_MS } from "./constants.js";

/** Thrown where no answer came: no network, or none in time. */
export class Offline extends Error {
  constructor(cause) {
    super("no answer from the server");
    this.name = "Offline";
    this.cause = cause;
  }
}

let caller = { csrf: null, account: null, tabletId: null };
let tell = () => {};

/**
 * Say who calls, and what is to be done with what answers tell: `hear(event, answer)` with "contact" (the server
 * answered this account), "answer" (any other answer), "signed_out", "revoked", "offline".
 */
export function startHttp(who, hear) {
  caller = who;
  tell = hear;
}

async function once(method, path, { json, body, headers, timeoutMs = REQUEST_TIMEOUT_MS }) {
  const given = { Accept: "application/json", ...headers };
  if (json !== undefined) given["Content-Type"] = "application/json";
  if (caller.account) given["X-Tablet-Account"] = encodeURIComponent(caller.account);
  if (caller.tabletId) given["X-Tablet"] = caller.tabletId;
  if (method !== "GET" && caller.csrf) given["X-CSRFToken"] = caller.csrf;
  const sent = now();
  const begun = performance.now();
  try {
    const answer = await fetch(path, {
      method,
      headers: given,
      body: json !== undefined ? JSON.stringify(json) : body,
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const headersMs = performance.now() - begun;
    const bytes = answer.status === 204 || answer.status === 304 ? null : new Uint8Array(await answer.arrayBuffer());
    if (answer.headers.has("X-Server-Time")) {
      const worked = Math.min(Number(answer.headers.get("X-Server-Took")) || 0, headersMs); // told at the end of the work
      noteServerTime(Number(answer.headers.get("X-Server-Time")), sent + worked, sent + headersMs);
    }
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    const read = isJson && bytes ? JSON.parse(new TextDecoder().decode(bytes)) : undefined;
    return { status: answer.status, json: read, bytes, headers: answer.headers, tookMs: performance.now() - begun };
  } catch (fault) {
    tell("offline");
    throw new Offline(fault);
  }
}

async function renewToken() {
  const answer = await once("GET", "/tablet/session", {});
  if (answer.json) caller.csrf = answer.json.csrf;
}

/**
 * Ask the server: request("POST", "/tablet/sync/checks", {json}) -> {status, json?, bytes, headers, tookMs}.
 * Throws Offline and nothing else; every status is an answer. A token out of date is renewed and the call made again.
 */
export async function request(method, path, options = {}) {
  if (method !== "GET" && !caller.csrf) await renewToken();
  let answer = await once(method, path, options);
  if (answer.status === 400 && answer.json && answer.json.code === "csrf") {
    await renewToken();
    answer = await once(method, path, options);
  }
  const code = answer.json && answer.json.code;
  if (answer.status === 403 && code === "revoked") tell("revoked", answer);
  else if (answer.status === 401 && code !== "wrong") tell("signed_out", answer);
  else if (answer.status < 400 && path !== "/tablet/session") tell("contact", answer);
  else tell("answer", answer);
  return answer;
}
