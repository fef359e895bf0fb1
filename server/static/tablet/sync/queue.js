// app.sync: what is finished goes to the server, oldest first, when there is a line; what did not go says why.

import { now } from "../clock.js";
import { request } from "../http.js";
import { uuid7 } from "../ids.js";
import { sha256Hex } from "../photos/hash.js";
import { alone } from "./alone.js";
import { inOrder, untilNext, waitMs } from "./backoff.js";
import { saysSame } from "./body.js";
import { makeNumbers } from "./numbers.js";
import { settled, stops } from "./outcomes.js";
import { makeLine } from "./pieces.js";
import { claim, saveAll } from "./rows.js";
import { sendCheck } from "./send.js";
import { makeServerList } from "./server_list.js";
import { showState } from "./strip.js";
import { sweep } from "./sweep.js";

const WAITING = ["ready", "sending"];
const UNSENT = ["ready", "sending", "refused", "conflict"];
const SILENT = 2; // checks in a row without an answer: then it is the line, not the check
const OTHER_WINDOW_MS = 15 * 1000;
const NOTE_TURNS = 4;
const NOTE_MS = 500; // the browser frees the room of what was removed a moment later
const SAVED_MS = 300; // saves come in bursts

/** Put the queue, the numbers and the list of the server into the app. */
export function install(app) {
  app.numbers = makeNumbers(app);
  app.inspections = makeServerList(app);
  app.sync = makeQueue(app);
  app.sync.start();
}

/** The queue of the account that is open. */
export function makeQueue(app) {
  const line = makeLine(navigator.connection && navigator.connection.effectiveType);
  const sync = { state: "idle", unsent: 0, sendingKey: null, lastContactMs: null, nextTryMs: null, broken: [], run, retry, start };
  let running = null;
  let again = null; // what was asked for while it ran
  let timer = null;
  let silences = 0; // passes in a row that ended without a line
  const unnoted = new Map(); // checks that the server confirmed while the device was too full to write it down
  const whole = new Set(); // hashes that the server has in full, of checks on their way
  let own = null; // key of a record that the queue itself saves

  function tell(changes = {}) {
    Object.assign(sync, changes);
    window.dispatchEvent(new CustomEvent("sync", { detail: sync.state }));
  }

  async function waiting() {
    const rows = await Promise.all(WAITING.map((state) => app.database.getAllFromIndex("checks", "state", state)));
    return rows.flat().map(({ key, next_try_ms }) => ({ key, next_try_ms }));
  }

  async function unsent() {
    const counts = await Promise.all(UNSENT.map((state) => app.database.countFromIndex("checks", "state", state)));
    return counts.reduce((sum, one) => sum + one, 0);
  }

  /** Send what is due; with {all: true} everything that waits. One run at a time; what is asked meanwhile follows. */
  function run({ all = false } = {}) {
    if (running) {
      again = { all: all || Boolean(again && again.all) };
      return running;
    }
    clearTimeout(timer);
    running = turn(all).finally(() => {
      running = null;
      const next = again;
      again = null;
      if (next && app.vault.unlocked) run(next);
    });
    return running;
  }

  async function turn(all) {
    if (!app.vault.unlocked) return;
    try {
      const mine = await alone(app, () => pass(all));
      if (mine) await plan();
      else await elsewhere();
    } catch (fault) {
      if (fault.name !== "Locked" && fault.name !== "InvalidStateError") throw fault; // the page is going away
    }
  }

  async function elsewhere() {
    tell({ unsent: await unsent(), state: sync.unsent > 0 ? "waiting" : "idle", nextTryMs: now() + OTHER_WINDOW_MS });
    timer = setTimeout(run, OTHER_WINDOW_MS);
  }

  async function pass(all) {
    if (navigator.onLine === false) return tell({ state: "offline" });
    if (unnoted.size > 0) await noteSent();
    const tried = new Set(unnoted.keys());
    let [silent, stopped] = [0, null];
    const rows = []; // read once a round: what was finished meanwhile comes in the next
    for (let row = await next(rows, tried, all); row; row = await next(rows, tried, all)) {
      tried.add(row.key);
      tell({ state: "sending", sendingKey: row.key, unsent: await unsent() });
      const outcome = await one(row.key);
      if (!outcome) continue;
      if (outcome.kind === "locked") return undefined;
      silent = outcome.kind === "offline" ? silent + 1 : 0;
      if (outcome.kind !== "offline") sync.lastContactMs = now();
      if (stops(outcome) || silent >= SILENT || (silent > 0 && navigator.onLine === false)) {
        stopped = outcome;
        break;
      }
    }
    sync.stopped = stopped || (silent > 0 ? { kind: "offline" } : null);
    if (!sync.stopped) await refresh();
    return undefined;
  }

  async function next(rows, tried, all) {
    if (rows.length === 0) rows.push(...inOrder((await waiting()).filter((row) => !tried.has(row.key)), now(), all));
    return rows.shift();
  }

  /** What the server gives: numbers and its list. Whatever is in the way of that is in nobody's way. */
  async function refresh() {
    try {
      await app.numbers.refresh();
      await app.inspections.refresh();
      sync.lastContactMs = now();
    } catch (fault) {
      if (fault.name === "Offline") sync.stopped = { kind: "offline" };
      else if (fault.name !== "StorageFull") throw fault;
    }
  }

  /** When to go on, and what the screens say meanwhile. */
  async function plan() {
    const [rows, count] = [await waiting(), await unsent()];
    const kind = sync.stopped && sync.stopped.kind;
    const offline = kind === "offline" || navigator.onLine === false;
    silences = offline ? silences + 1 : 0;
    const signedOut = kind === "signed_out" || (!kind && app.session.signedIn === false && rows.length > 0);
    const state = offline ? "offline" : kind === "revoked" || kind === "barred" ? "barred" : signedOut ? "signed_out" : rows.length > 0 ? "waiting" : "idle";
    const still = ["signed_out", "barred"].includes(state);
    const wait = offline ? waitMs(silences) : untilNext(rows, now());
    const nextTryMs = still || rows.length === 0 || wait === null ? null : now() + Math.max(wait, 1000);
    clearTimeout(timer);
    if (nextTryMs !== null) timer = setTimeout(() => run(), nextTryMs - now());
    tell({ state, unsent: count, sendingKey: null, nextTryMs });
  }

  /** One check: its outcome; null where it does not wait any more. */
  async function one(key) {
    let before;
    try {
      before = await app.checks.get(key);
    } catch (fault) {
      if (fault.name !== "OperationError") throw fault;
      if (!sync.broken.includes(key)) sync.broken.push(key); // cannot be opened: said on the list, never removed
      return null;
    }
    if (!before || (before.after && !(await isSent(before.after))) || !(await marked(key))) return null;
    const { outcome, files } = await tried(before);
    if (outcome.kind !== "locked") await settle(key, before, outcome, files);
    return outcome;
  }

  async function marked(key) {
    own = key;
    try {
      return await claim(app, key);
    } finally {
      own = null;
    }
  }

  const isSent = async (key) => {
    const row = await app.database.get("checks", key);
    return !row || row.state === "sent";
  };

  async function tried(record) {
    const tools = {
      request,
      line,
      whole,
      photos: app.photos,
      digest: sha256Hex,
      nowMs: now,
      tabletId: app.session.tabletId,
      unsent: Math.max(0, sync.unsent - 1),
      posting: (files) => posting(record, files),
      note: () => tell(),
    };
    try {
      return await sendCheck(tools, record);
    } catch (fault) {
      if (fault.name === "Locked") return { outcome: { kind: "locked" } };
      if (fault.name === "Offline") return { outcome: { kind: "offline", problem: { code: "offline" } } };
      return { outcome: { kind: "wait", problem: { code: "device", text: String(fault.message || fault) } } };
    }
  }

  /** Noted before the check itself goes: with what files, so that a lost answer can be asked for without their bytes. */
  async function posting(before, files) {
    const fresh = await app.checks.get(before.key);
    if (!fresh || !saysSame(fresh, before)) return;
    await save({ ...fresh, files, posted_ms: fresh.posted_ms || now() });
  }

  /** Save; false where the device is full: what stood before still stands, and the server is asked again. */
  async function save(record) {
    own = record.key;
    try {
      await app.checks.save(record);
      return true;
    } catch (fault) {
      if (fault.name !== "StorageFull") throw fault;
      return false;
    } finally {
      own = null;
    }
  }

  async function settle(key, before, outcome, files) {
    const fresh = await app.checks.get(key);
    if (!fresh) return;
    const changed = !saysSame(fresh, before);
    if (outcome.kind === "sent") return confirm(fresh, before, outcome, changed, files);
    if (!WAITING.includes(fresh.state)) return; // opened again meanwhile
    await save(settled(fresh, outcome, now()));
  }

  /** The server has named every hash: only now may bytes go. What was changed meanwhile goes as a correction. */
  async function confirm(fresh, before, outcome, changed, files) {
    const { id, number, version } = outcome.answer;
    const done = { ...settled(fresh, outcome, now()), ...(changed ? { check: before.check, photos: before.photos } : {}) };
    if (changed) {
      const more = correctionOf(fresh, { id, number, version }, files);
      const added = fresh.photos.filter((photo) => !files.some((file) => file.id === photo));
      await saveAll(app, [more, { ...done, files }], Object.fromEntries(added.map((photo) => [photo, more.key])));
    } else if (!(await save({ ...done, files }))) {
      await drop(files); // room for the note that it is sent; should it stop here, the server is asked again
      unnoted.set(fresh.key, { ...done, files });
      await noteSent();
    }
    for (const file of files) whole.delete(file.sha256);
    await drop(files);
  }

  /** Write down what was confirmed while the device was full; the room that was made is there a little later. */
  async function noteSent() {
    for (let turn = 0; turn < NOTE_TURNS && unnoted.size > 0; turn += 1) {
      for (const [key, record] of unnoted) if (await save(record)) unnoted.delete(key);
      if (unnoted.size > 0) await new Promise((done) => setTimeout(done, NOTE_MS));
    }
  }

  async function drop(files) {
    for (const file of files) await app.photos.dropBytes(file.id).catch(() => {});
  }

  /** Try a check now, whatever it waits for. */
  async function retry(key) {
    const record = await app.checks.get(key);
    if (record && [...WAITING, "refused"].includes(record.state)) await save({ ...record, state: "ready", next_try_ms: 0 });
    return run();
  }

  function start() {
    const all = () => run({ all: true });
    let soon = null;
    window.addEventListener("checks", (event) => {
      if (event.detail === own) return;
      clearTimeout(soon);
      soon = setTimeout(() => run(), SAVED_MS);
    });
    for (const name of ["online", "reached", "signed-in", "unlocked"]) window.addEventListener(name, all);
    window.addEventListener("offline", () => tell({ state: "offline" }));
    window.addEventListener("signed-out", () => !running && plan());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && run());
    showState(app);
    sweep(app).catch(() => {});
  }

  return sync;
}

/** What was changed on a check while it was on its way, as a correction of what arrived. */
function correctionOf(fresh, base, files) {
  const state = WAITING.includes(fresh.state) ? "ready" : fresh.state;
  const begun = { state, posted_ms: now(), files, notice: null, problem: null, next_try_ms: 0 };
  return { ...fresh, ...begun, key: uuid7(now()), base, reason: fresh.reason || CHANGED };
}

const CHANGED = "上传过程中在终端上作了修改 / changed on the tablet while it was being sent";
