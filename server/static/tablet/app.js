// The start of the app, and the one object that screens get.

import { now, offsetMs, startClock } from "./clock.js";
import { CONTACT_NOTED_MS, WIPE_LOOK_MS } from "./constants.js";
import { getMeta, ifRoom, openAccount, openDevice, putMeta } from "./database.js";
import { ask, toast } from "./dialogs.js";
import { drawTop, setStrip } from "./frame.js";
import { Offline, startHttp } from "./http.js";
import { lockSoon, startLock } from "./lock.js";
import { back, find, go, pathOf, queryOf } from "./router.js";
import * as door from "./screens/door.js";
import { greet, noteLatest, sessionOf, withContact } from "./session.js";
import { makeChecks } from "./store/checks.js";
import { makeFiles } from "./store/files.js";
import { makePhotos } from "./store/photos.js";
import { startUpdates } from "./updates.js";
import { makeVault } from "./vault/seal.js";
import { inUse, wipeWhatIsOver } from "./vault/wipe.js";
import { startWords, t } from "./words.js";

let screens = Object.values(door); // all of them once the rest is loaded
let rest = null; // a promise of {screens, installs}
const caller = { csrf: null, account: null, tabletId: null };
let cleanup = null; // of the screen that is shown
let shown = 0; // counts screens: a slow one must not be put over a newer
let notedMs = 0;

/** What screens and modules get. */
export const app = {
  device: null,
  database: null,
  record: null, // of the account, in the device's database
  vault: makeVault(),
  session: null,
  caller,
  version: "",
  back,
  go,
  toast,
  confirm: ask,
  strip: setStrip,
  get screens() {
    return screens;
  },
  refresh: () => show(),
  lock: (reason) => lockSoon(app, reason),
  online: null, // whether the last request was answered; null before the first
  holds: 0,
  /** Keep the app from locking itself (camera, signature); call what it gives when done. */
  hold() {
    app.holds += 1;
    let held = true;
    return () => {
      if (held) app.holds -= 1;
      held = false;
    };
  },
  /** Whether a check is being made right now: no new version is put in its way. */
  get atWork() {
    return app.holds > 0 || pathOf(location.hash).startsWith("/check/");
  },
  opened,
  greet: greetServer,
};

function signedIn(value) {
  if (!app.session || app.session.signedIn === value) return;
  app.session.signedIn = value;
  window.dispatchEvent(new CustomEvent(value ? "signed-in" : "signed-out"));
}

function reached(value) {
  if (app.online === value) return;
  app.online = value;
  window.dispatchEvent(new CustomEvent(value ? "reached" : "unreachable"));
}

async function noteContact() {
  if (!app.session) return;
  signedIn(true);
  if (now() - notedMs < CONTACT_NOTED_MS) return;
  notedMs = now();
  const record = await app.device.get("accounts", app.session.account);
  if (!record) return;
  app.record = withContact(record, now());
  await ifRoom(() => app.device.put("accounts", app.record)); // an older contact only locks sooner
}

async function hear(event) {
  reached(event !== "offline");
  if (event === "contact") await noteContact();
  else if (event === "signed_out") signedIn(false);
  else if (event === "revoked" && app.record) {
    await app.device.put("accounts", { ...app.record, revoked: true, wrap: null });
    await app.lock("revoked");
  }
}

/** Load what is behind the door: while somebody types name or PIN, on a slow line it is there when they are done. */
function loadRest() {
  rest ||= Promise.all([import("./screens/index.js"), import("./installs.js")]).then(([all, installs]) => {
    screens = Object.values(all);
    return Object.values(installs);
  });
  rest.catch(() => {
    rest = null; // no network, and the worker has not got it yet: asked for again
  });
  return rest;
}

/** The vault is open: make the stores, start the modules, go where one was. */
async function opened(record, keyBytes, { csrf = null, online = false } = {}) {
  const installs = await loadRest();
  await app.vault.unlockWith(keyBytes);
  app.record = record;
  app.database = await openAccount(record.account);
  app.session = sessionOf(record, online, csrf);
  Object.assign(caller, { account: record.account, tabletId: record.tabletId });
  if (csrf) caller.csrf = csrf;
  app.checks = makeChecks(app.database, app.vault, record.account, now);
  app.photos = makePhotos(app.database, app.vault, now);
  app.files = makeFiles(app.database, app.vault, now);
  await putMeta(app.device, "current", record.account);
  for (const install of installs) {
    try {
      await install(app);
    } catch (fault) {
      tellFault(fault); // one module that fails must not keep anybody from their checks
    }
  }
  navigator.locks.request(inUse(record.account), { mode: "shared" }, () => new Promise(() => {})); // until the page goes
  startLock(app);
  const wanted = sessionStorage.getItem(`wanted ${record.account}`) || "/";
  sessionStorage.removeItem(`wanted ${record.account}`);
  go(wanted, { replace: true });
  window.dispatchEvent(new CustomEvent("unlocked"));
  if (online) window.dispatchEvent(new CustomEvent("signed-in"));
  else greetServer();
}

/** Ask the server who we are; what it knows of the account is taken over. */
async function greetServer() {
  if (!app.session) return;
  try {
    const told = await greet(app.device, caller, app.record, app.database, app.version);
    app.record = told.record;
    Object.assign(app.session, { ...sessionOf(told.record, app.session.signedIn, told.csrf) });
    signedIn(told.signedIn);
    window.dispatchEvent(new CustomEvent("session"));
  } catch (fault) {
    if (!(fault instanceof Offline) && fault.name !== "SessionRefused") throw fault;
  }
}

async function firstPlace() {
  const accounts = await app.device.getAll("accounts");
  return accounts.length > 0 ? "/unlock" : "/sign-in";
}

/** Show the screen of the address; a locked app shows the way in first. */
async function show() {
  const number = (shown += 1);
  const path = pathOf(location.hash);
  const found = find(screens, path) || find(screens, "/");
  if (!app.vault.unlocked && !(found && found.screen.open)) return go(await firstPlace(), { replace: true });
  if (cleanup) {
    const last = cleanup;
    cleanup = null;
    await last();
  }
  const root = document.createElement("div");
  root.className = "screen";
  const main = document.getElementById("screen");
  const params = { ...queryOf(location.hash), ...found.params };
  const done = await found.screen.show(root, params, app);
  if (number !== shown) {
    if (typeof done === "function") await done();
    return undefined;
  }
  cleanup = typeof done === "function" ? done : null;
  main.replaceChildren(root);
  main.scrollTop = 0;
  window.scrollTo(0, 0);
  document.title = found.screen.title(params);
  drawTop(app, found.screen, path);
  main.dataset.path = path;
  if (!root.contains(document.activeElement)) main.focus({ preventScroll: true });
  return undefined;
}

/** Say what nobody caught; false where it is a fault of the app itself. */
function tellFault(fault) {
  const name = fault && fault.name;
  if (name === "StorageFull") {
    toast(t("No room left on this device. What was kept before is safe. Free some space, or send what is waiting."), "over");
  } else if (!(fault instanceof Offline) && name !== "Locked") {
    toast(t("Something went wrong in the app: {text}", { text: String((fault && fault.message) || fault) }), "over");
    return false;
  }
  return true;
}

/** Until the worker answers for this page: what loads then was fetched by it already, and is not fetched twice. */
function workerAnswers() {
  const worker = navigator.serviceWorker;
  if (!worker || worker.controller) return Promise.resolve();
  return new Promise((done) => {
    worker.addEventListener("controllerchange", done, { once: true });
  });
}

async function lookAtClock() {
  await ifRoom(() => noteLatest(app.device, now()));
  await wipeWhatIsOver(app.device, now());
}

async function start() {
  await startWords();
  app.device = await openDevice();
  startClock(await getMeta(app.device, "offset"), (offset) => putMeta(app.device, "offset", offset).catch(() => {}));
  startHttp(caller, hear);
  await lookAtClock();
  setInterval(lookAtClock, WIPE_LOOK_MS);
  window.addEventListener("hashchange", () => show().catch(tellFault));
  window.addEventListener("language", () => show().catch(tellFault));
  window.addEventListener("online", greetServer);
  window.addEventListener("unhandledrejection", (event) => {
    if (tellFault(event.reason)) event.preventDefault();
  });
  await show();
  await startUpdates(app);
  await workerAnswers();
  loadRest().catch(() => {});
  document.documentElement.dataset.ready = "yes";
}

app.offsetMs = offsetMs;
start();
