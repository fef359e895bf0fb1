// The first screen: who is signed in, what waits, where to go. Tiles come from the screens that have one.

import { now } from "../clock.js";
import { LOW_STORAGE_BYTES, OFFLINE_DAYS } from "../constants.js";
import { button, fill, h, icon, mark } from "../elements.js";
import { daysLeft } from "../session.js";
import { language, pair, t } from "../words.js";

const WAITING = ["ready", "sending"];
const PROBLEM = ["refused", "conflict"];
const sum = (counts, states) => states.reduce((all, state) => all + (counts[state] || 0), 0);

function tile(app, screen) {
  const { tile: told } = screen;
  const extra = h("span", { class: "tile-told" });
  if (told.told) Promise.resolve(told.told(app)).then((text) => fill(extra, text));
  const body = [told.icon ? icon(told.icon) : null, h("span", { class: "tile-label" }, told.label()), extra];
  const kind = told.primary ? "tile tile-primary" : "tile";
  return h("button", { type: "button", class: `tap ${kind}`, "data-to": screen.path, onclick: () => (told.tap ? told.tap(app) : app.go(screen.path)) }, body);
}

function stateOf(app, counts) {
  const rows = [];
  const [drafts, waiting, problems] = [counts.draft || 0, sum(counts, WAITING), sum(counts, PROBLEM)];
  if (drafts) rows.push(mark("info", t("{n} being made", { n: drafts })));
  if (waiting) rows.push(mark("doubt", t("{n} waiting to be sent", { n: waiting })));
  if (problems) rows.push(mark("over", t("{n} need a decision", { n: problems })));
  if (!waiting && !problems) rows.push(mark("pass", t("everything is sent")));
  return h("p", { class: "marks", id: "unsent", "data-waiting": waiting + problems, "data-drafts": drafts }, rows);
}

const megabytes = (bytes) => new Intl.NumberFormat(language() === "en" ? "en" : "zh-CN", { maximumFractionDigits: 0 }).format(bytes / 1048576);

async function room() {
  if (!navigator.storage || !navigator.storage.estimate) return null;
  const { usage, quota } = await navigator.storage.estimate();
  const free = Math.max(0, quota - usage);
  const lasting = navigator.storage.persisted ? await navigator.storage.persisted() : false;
  const text = t("Room left by the browser's count: {free} MB ({used} MB used)", { free: megabytes(free), used: megabytes(usage) });
  return h(
    "div",
    { id: "room" },
    free < LOW_STORAGE_BYTES ? mark("over", text) : h("span", {}, text),
    lasting ? null : h("p", { class: "hint" }, t("The browser may clear what is kept when the device is full. Install the app to prevent it.")),
  );
}

/** Whether the server answers, and whether it still knows us. */
function signState(app) {
  const days = daysLeft(app.record, now(), OFFLINE_DAYS);
  if (app.session.signedIn && app.online !== false) return mark("pass", t("connected"), { id: "signed", "data-signed": "yes" });
  const told = app.online ? t("The session has ended; working on for another {n} days", { n: days }) : t("no connection; working on for another {n} days", { n: days });
  return h(
    "div",
    { class: "row" },
    mark(app.online ? "doubt" : "plain", told, { id: "signed", "data-signed": "no" }),
    app.online ? button(t("Sign in to send"), () => app.go("/sign-in"), { id: "sign-in-again", kind: "primary" }) : null,
  );
}

async function show(root, params, app) {
  const tiles = app.screens.filter((one) => one.tile).sort((one, other) => one.tile.order - other.tile.order);
  const state = h("div", { class: "home-state" });
  const place = h("div", { class: "home-room hint" });
  async function draw() {
    const counts = await app.checks.counts();
    fill(state, signState(app), stateOf(app, counts));
    fill(place, await room());
  }
  await draw();
  root.append(
    h("p", { class: "who" }, h("strong", {}, app.session.name), " ", pair(app.session.organisation)),
    state,
    h("div", { class: "tiles" }, tiles.map((screen) => tile(app, screen))),
    place,
    h("div", { class: "row" }, button(t("Sign out"), () => app.go("/sign-out"), { id: "to-sign-out" })),
  );
  const events = ["checks", "sync", "session", "signed-in", "signed-out", "reached", "unreachable"];
  for (const name of events) window.addEventListener(name, draw);
  return () => events.forEach((name) => window.removeEventListener(name, draw));
}

export default { path: "/", title: () => t("Inspections"), show };
