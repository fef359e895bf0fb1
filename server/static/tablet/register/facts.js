// What the register says of a truck or machine, in words: identity, stage, last results, what is open, watch, permit.

import { h, mark } from "../elements.js";
import { t, word } from "../words.js";
import { plateView } from "./plate.js";
import { nameOf } from "./subject.js";

const FITTED = { yes: () => t("fitted"), no: () => t("not fitted"), unknown: () => t("not known") };
const OUTCOMES = { passed: "pass", failed: "over", not_judged: "doubt" };

/** Signs that an inspector must see before anything else; an empty list where there is nothing to see. */
export function warnings(facts) {
  const notice = facts.open_notice;
  return [
    ...facts.watch.map((code) => mark("over", word("watch_reason", code))),
    notice && !notice.overdue ? mark("doubt", t("Repair due by {day}", { day: notice.due_on })) : null,
    facts.open_cases ? mark("over", t("Open cases: {n}", { n: facts.open_cases })) : null,
    facts.whitelist ? mark("pass", t("On the white list")) : null,
  ].filter(Boolean);
}

/** Stage, fuel and kind in one line. */
export function inShort(facts) {
  const kind = facts.kind;
  return [word(`${kind}_stage`, facts.stage), word(`${kind}_category`, facts.category), word("fuel", facts.fuel)].join(" · ");
}

function identity(facts) {
  const lines = facts.kind === "truck"
    ? [["VIN", facts.vin], [t("Registered on"), facts.registered_on]]
    : [
      [t("Registration number"), facts.registration_no], ["PIN", facts.pin], [t("Machine code"), facts.machine_code],
      [t("Engine number"), facts.engine_no], [t("Maker and model"), [facts.maker, facts.model].filter(Boolean).join(" ")],
      [t("Power"), facts.power_kw === null ? "" : `${facts.power_kw} kW`], [t("Built on"), facts.built_on],
    ];
  return [
    ...lines,
    [t("Stage"), `${word(`${facts.kind}_stage`, facts.stage)} (${word("stage_basis", facts.stage_basis)})`],
    [t("After-treatment"), word("after_treatment", facts.after_treatment)],
    [t("Terminal"), FITTED[facts.device]?.() ?? facts.device],
    [t("Category"), word(`${facts.kind}_category`, facts.category)], [t("Fuel"), word("fuel", facts.fuel)],
    [t("State in the register"), word(`${facts.kind}_state`, facts.state)],
    [t("Owner"), facts.owner], [t("Enterprise"), facts.enterprise === facts.owner ? "" : facts.enterprise],
  ].filter(([, value]) => value);
}

function open(facts) {
  const notice = facts.open_notice;
  const permit = facts.whitelist;
  return [
    [t("Repair notice"), notice && (notice.overdue
      ? t("{number}, overdue since {day}", { number: notice.number, day: notice.due_on })
      : t("{number}, due by {day}", { number: notice.number, day: notice.due_on }))],
    [t("Open cases"), facts.open_cases ? String(facts.open_cases) : ""],
    [t("White list"), permit && t("until {day}: {purpose}", { day: localDay(permit.until), purpose: word("purpose", permit.purpose) })],
  ].filter(([, value]) => value);
}

function localDay(iso) {
  return new Date(Date.parse(iso) + 8 * 3_600_000 - 1).toISOString().slice(0, 10); // the last Beijing day that it holds on
}

const list = (lines) => h("dl", { class: "facts" }, lines.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

function lastResults(facts) {
  if (!facts.last.length) return h("p", { class: "hint" }, t("No inspection is known here."));
  return h("ul", { class: "register-last" }, facts.last.map(({ at, kind, outcome }) =>
    h("li", {}, h("time", {}, at), ` ${word("inspection_kind", kind)} `, mark(OUTCOMES[outcome] ?? "plain", word("outcome", outcome)))));
}

/**
 * @param {object} facts As `app.register` gives them.
 * @returns {HTMLElement}
 */
export function factsView(facts) {
  const signs = warnings(facts);
  const due = open(facts);
  return h("article", { class: "register-facts" },
    h("p", { class: "register-name" },
      facts.kind === "truck" ? plateView(facts.plate, facts.colour) : h("span", { class: "machine-number" }, nameOf(facts))),
    signs.length ? h("p", { class: "marks" }, signs) : null,
    due.length ? list(due) : null,
    list(identity(facts)),
    h("h2", {}, t("Last inspections")),
    lastResults(facts));
}
