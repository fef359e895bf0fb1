// What is not on the server yet: each with why, since when and the next try; what to do.

import { now } from "../clock.js";
import { button, fill, h, mark } from "../elements.js";
import { bytesText, timeText } from "../sync/list.js";
import { sendWithoutLost } from "../sync/resolve.js";
import { nameOf, stateMark, stateWord, why } from "../sync/sentences.js";
import { subjectMark } from "../sync/rows_shown.js";
import { pair, t } from "../words.js";
import { readable } from "./checks.js";

const STATES = ["conflict", "refused", "sending", "ready"];

function nextText(record, sync) {
  if (record.state === "sending") return t("Now.");
  if (sync.state === "signed_out") return t("After you signed in.");
  if (sync.state === "offline") return t("As soon as there is a connection.");
  const wait = (record.next_try_ms || 0) - now();
  return wait <= 0 ? t("Next in the row.") : t("In {n} s.", { n: Math.ceil(wait / 1000) });
}

function faults(app, record) {
  const rows = (record.problem && record.problem.faults) || [];
  if (rows.length === 0) return null;
  return h("ul", { class: "faults" }, rows.map((one) => h("li", { "data-path": one.path }, h("strong", {}, nameOf(app, one.path)), ": ", pair(one))));
}

function actions(app, record) {
  const go = (label, tap, more) => button(label, tap, more);
  if (record.state === "conflict") return [go(t("Compare and decide"), () => app.go(`/conflict/${record.key}`), { kind: "primary" })];
  const code = record.problem && record.problem.code;
  if (code === "photo_damaged") {
    const without = async () => {
      const text = t("Send it without the photos that are lost? The record will say so.");
      if (await app.confirm(text, t("Send without them"), t("Not yet"))) await sendWithoutLost(app, record);
    };
    return [go(t("Send without them"), without, { kind: "primary" }), go(t("Try again"), () => app.sync.retry(record.key))];
  }
  if (record.state === "refused") {
    const edit = app.flow && app.flow.edit ? go(t("Change it"), () => app.flow.edit(record.key), { kind: "primary" }) : null;
    return [edit, go(t("Try again"), () => app.sync.retry(record.key))];
  }
  return [go(t("Try now"), () => app.sync.retry(record.key))];
}

async function item(app, record) {
  const photos = await app.photos.of(record.key).catch(() => []);
  const bytes = photos.reduce((sum, photo) => sum + (photo.size || 0), 0);
  const since = (record.problem && record.problem.since_ms) || record.ended_ms;
  const facts = [
    [t("Why"), h("span", { class: "why" }, why(record.problem))],
    [t("Since"), timeText(since)],
    ["ready", "sending"].includes(record.state) ? [t("Next try"), nextText(record, app.sync)] : null,
    record.problem && record.problem.tries > 1 ? [t("Tries"), record.problem.tries] : null,
    [t("Photos"), `${photos.length} · ${bytesText(bytes)}`],
  ].filter(Boolean);
  const row = h(
    "li",
    { "data-key": record.key, "data-state": record.state },
    h("p", { class: "item-head" }, subjectMark(record.check.subject, record.check.colour), mark(stateMark(record.state), stateWord(record.state))),
    h("dl", { class: "facts" }, facts.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])),
    faults(app, record),
    h("div", { class: "row" }, actions(app, record), button(t("Look at it"), () => app.go(`/record/${record.key}`))),
  );
  return { row, bytes };
}

function advice(app, count, bytes, waits) {
  if (count === 0) return h("p", { class: "empty" }, mark("pass", t("Everything is on the server.")), h("br"), t("Nothing waits on this tablet."));
  const { state } = app.sync;
  const text = {
    signed_out: t("Sign in again: what waits is sent by itself. Nothing is lost."),
    offline: t("Nothing is lost. Go where there is a connection and open the app; it is sent by itself."),
    barred: t("The server does not take checks of this tablet or account. Do not sign out; ask an administrator."),
  }[state] || (waits === 0 && t("Decide below, one by one. Nothing is lost meanwhile.")) || t("It is sent by itself. Keep the app open until the list is empty.");
  const sign = state === "signed_out" ? button(t("Sign in"), () => app.go("/sign-in"), { kind: "primary", id: "unsent-sign-in" }) : null;
  return h(
    "div",
    { class: "sheet" },
    h("p", { class: "lead", id: "unsent-sum" }, t("{n} not sent, {size} of photos", { n: count, size: bytesText(bytes) })),
    h("p", {}, text),
    h("div", { class: "row" }, sign, button(t("Send all now"), () => app.sync.run({ all: true }), { id: "send-all" })),
  );
}

async function show(root, params, app) {
  const head = h("div", { role: "status", "aria-live": "polite" });
  const list = h("ul", { class: "rows", id: "unsent-list" });
  let drawing = 0;
  async function draw() {
    const number = (drawing += 1);
    const records = await readable(app, STATES);
    records.sort((one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state) || (one.key < other.key ? -1 : 1));
    const rows = await Promise.all(records.map((record) => item(app, record)));
    if (number !== drawing) return;
    const waits = records.filter((record) => ["ready", "sending"].includes(record.state)).length;
    fill(head, advice(app, records.length, rows.reduce((sum, one) => sum + one.bytes, 0), waits));
    fill(list, rows.map((one) => one.row));
  }
  let soon = null;
  const later = () => {
    soon = soon || setTimeout(() => draw((soon = null)), 250);
  };
  await draw();
  root.append(head, list);
  const events = ["checks", "sync", "signed-in", "signed-out"];
  for (const name of events) window.addEventListener(name, later);
  return () => {
    clearTimeout(soon);
    for (const name of events) window.removeEventListener(name, later);
  };
}

export default {
  path: "/unsent",
  title: () => t("Not sent yet"),
  up: "/",
  show,
  tile: { order: 30, icon: "deadline", label: () => t("Not sent yet"), told: async (app) => t("{n} waiting", { n: app.sync ? app.sync.unsent : 0 }) },
};
