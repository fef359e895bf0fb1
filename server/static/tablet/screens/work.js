// Assigned work: today and the days ahead, what is done of it, and a check begun from each item.

import { now } from "../clock.js";
import { button, fill, h, mark } from "../elements.js";
import { t, word } from "../words.js";
import { dayOf, daysAhead, planned, progress } from "../work/plan.js";
import { freshness, subjectName, whyView } from "../work/views.js";

const EVENTS = ["work", "checks", "register", "reference"];

async function planOf(app) {
  return planned(app.work.assignments, await app.checks.list(), dayOf(now()), app.work.made_ms ?? 0);
}

function dayName(day, today) {
  const ahead = daysAhead(day, today);
  if (ahead === 0) return t("Today");
  return ahead === 1 ? t("Tomorrow") : day;
}

function bar(one) {
  const { done, of } = progress(one);
  const text = of ? t("{done} of {of} done", { done, of }) : t("{done} done", { done });
  return h(
    "div",
    { class: "work-done" },
    of ? h("progress", { max: of, value: Math.min(done, of), "aria-label": text }) : null,
    h("strong", { class: "figures" }, text),
    one.own ? h("span", { class: "hint" }, t("{n} of them not yet in the server's count", { n: one.own })) : null,
  );
}

function subjectRow(app, one, subject, today) {
  const begin = () => app.work.begin(one.kind, subject, { id: one.id, subject_id: subject.id });
  return h(
    "li",
    { class: "work-subject", "data-subject": subject.id, "data-done": subject.done ? "yes" : "no" },
    h("div", { class: "work-subject-name" }, subjectName(subject), whyView(subject.why)),
    subject.done
      ? mark("pass", subject.own ? t("done on this tablet") : t("done"))
      : button(t("Check it"), begin, { kind: "quiet", disabled: one.day > today, "aria-label": t("Check {number}", { number: subject.text }) }),
  );
}

function facts(one) {
  const lines = [
    [t("Kind of check"), word("inspection_kind", one.kind)],
    [t("Place"), one.place || one.enterprise],
    [t("Together with"), one.people.join("、")],
    [t("Note"), one.note],
  ].filter(([, value]) => value);
  return h("dl", { class: "facts" }, lines.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function sheet(app, one, today) {
  const here = one.lon === null ? null : `geo:${one.lat},${one.lon}?q=${one.lat},${one.lon}`;
  return h(
    "section",
    { class: "sheet work-item", "data-assignment": one.id },
    h("h2", {}, one.title),
    one.state === "done" ? mark("pass", t("finished")) : null,
    bar(one),
    facts(one),
    one.subjects.length ? h("ul", { class: "rows" }, one.subjects.map((subject) => subjectRow(app, one, subject, today))) : null,
    h(
      "div",
      { class: "row" },
      one.day === today
        ? button(t("Begin a check"), () => app.flow.start(one.kind, { assignment: { id: one.id, subject_id: null } }), { kind: "primary" })
        : null,
      here ? h("a", { class: "tap", href: here }, t("Show on the map")) : null,
    ),
  );
}

function drawn(app, rows) {
  const today = dayOf(now());
  const days = [...new Set([today, ...rows.map((one) => one.day)])];
  return days.map((day) => {
    const ofDay = rows.filter((one) => one.day === day);
    const sheets = ofDay.map((one) => sheet(app, one, today));
    if (day === today) {
      const none = h("p", { class: "empty" }, t("Nothing is assigned to you today."));
      return h("div", { "data-day": day }, h("h2", { class: "work-day" }, t("Today"), " ", h("span", { class: "figures hint" }, day)), sheets.length ? sheets : none);
    }
    return h("details", { "data-day": day }, h("summary", { class: "tap" }, h("span", { class: "figures" }, dayName(day, today)), t("{n} assigned", { n: ofDay.length })), sheets);
  });
}

async function show(root, params, app) {
  const list = h("div", {});
  const fresh = h("div", { class: "work-fresh" });
  async function draw() {
    const opened = new Set([...list.querySelectorAll("details[open]")].map((one) => one.dataset.day));
    fill(list, drawn(app, await planOf(app)));
    for (const one of list.querySelectorAll("details")) one.open = opened.has(one.dataset.day);
    fill(fresh, freshness(app.work));
  }
  await draw();
  root.append(fresh, list, h("div", { class: "row" }, button(t("Refresh"), () => app.work.refresh(), { id: "refresh-work" }), button(t("Watched and near"), () => app.go("/near"), { id: "to-near" })));
  for (const name of EVENTS) window.addEventListener(name, draw);
  return () => EVENTS.forEach((name) => window.removeEventListener(name, draw));
}

async function told(app) {
  if (app.work.running) await app.work.running;
  const today = dayOf(now());
  const mine = (await planOf(app)).filter((one) => one.day === today && one.state !== "done");
  return mine.length ? t("{n} today", { n: mine.length }) : t("nothing today");
}

export default {
  path: "/work",
  title: () => t("Assigned work"),
  up: "/",
  tile: { order: 30, icon: "assignment", label: () => t("Assigned work"), told },
  show,
};
