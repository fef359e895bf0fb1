// The readings: one tap for "looked at only", else a method, its numbers, and the verdict at once in large type.

import { tap } from "../check/controls.js";
import { subjectOf } from "../check/drafts.js";
import { inUsualOrder, isNumber, lookedAtOnly, readingsOf, textsOf } from "../check/entries.js";
import { freshWeather } from "../check/habits.js";
import { keypad } from "../check/keypad.js";
import { methodFields } from "../check/method_panel.js";
import { stepScreen } from "../check/step_page.js";
import { judgementCard } from "../check/verdicts.js";
import { conditionsCard, instrumentsNeeded, weatherNeeded } from "../check/conditions.js";
import { now } from "../clock.js";
import { h } from "../elements.js";
import { pair, t, word } from "../words.js";

export default stepScreen("readings", async (page) => {
  const { app, record, body, foot } = page;
  const { data } = app.reference;
  const habits = await app.flow.habits();
  const offered = inUsualOrder((data?.methods?.[record.check.kind] ?? []).filter((method) => suits(method, subjectOf(record))), habits.counts[record.check.kind]);
  const state = { open: Object.keys(record.check.methods)[0] ?? Object.keys(record.typed ?? {})[0] ?? null };
  const quick = h("div", { class: "quick" }), list = h("div", { class: "chips methods", role: "group", "aria-label": t("Methods") });
  const panel = h("section", { class: "method" }), verdict = h("div", { class: "judgements", "aria-live": "polite" });
  const conditions = h("div", { class: "conditions" }), fault = h("p", { class: "fault", role: "alert" });
  const next = tap(t("Go on"), () => leave(), { kind: "primary", id: "next" });
  const others = h("div"); // judgements of the other methods, and what lacks for legal standing
  const pad = keypad(() => [...panel.querySelectorAll("input.pad-input"), ...conditions.querySelectorAll("input.pad-input")], (isOpen, hadFocus) => {
    next.hidden = isOpen;
    body.classList.toggle("pad-open", isOpen); // a small screen then shows the reading, its verdict and the pad
    if (hadFocus) next.focus({ preventScroll: true });
    if (!isOpen && verdict.firstChild) verdict.scrollIntoView({ block: "start" });
  });
  body.append(quick, list, verdict, panel, others, conditions, fault);
  foot.append(pad.element, next);

  const typedOf = (one, method) => {
    one.typed ??= {};
    return (one.typed[method] ??= textsOf(data.fields[method], one.check.methods[method]));
  };
  const incomplete = () => Object.keys(record.typed ?? {}).find((method) => isBegun(record.typed[method]) && !record.check.methods[method]);

  async function keep(method) {
    await page.change((one) => {
      const readings = readingsOf(data.fields[method], typedOf(one, method));
      if (readings) one.check.methods[method] = readings;
      else delete one.check.methods[method];
      presetConditions(app, one, habits, now());
    });
    drawQuick();
    drawList();
    drawVerdict();
    drawConditions();
  }

  function drawQuick() {
    const readings = lookedAtOnly(offered, subjectOf(record), record.known);
    quick.hidden = Object.keys(record.check.methods).length > 0 || !Object.keys(readings).length;
    quick.replaceChildren(tap(t("Looked at only, all in order"), async () => {
      await page.change((one) => {
        Object.assign(one.check.methods, readings);
        presetConditions(app, one, habits, now());
      });
      await app.flow.next(record.key);
    }, { kind: "primary", id: "looked-at", className: "big" }),
    h("p", { class: "hint" }, Object.keys(readings).map((method) => LOOKED[method](readings[method])).join(" · ")));
  }

  function drawList() {
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.method : null;
    list.replaceChildren(...offered.map((method) => {
      const judgement = judgementOf(record, method);
      const sign = judgement ? { passed: "✓ ", failed: "✕ ", not_judged: "? " }[judgement.outcome]
        : isBegun(record.typed?.[method]) ? "… " : "";
      const chip = tap(sign + word("method", method), () => {
        state.open = state.open === method ? null : method;
        pad.close();
        drawList();
        drawPanel();
        drawVerdict();
        reach();
      }, { kind: "quiet", className: `chip${judgement ? ` chip-${judgement.outcome}` : ""}`, pressed: state.open === method });
      chip.dataset.method = method;
      return chip;
    }));
    if (focused) list.querySelector(`[data-method="${focused}"]`).focus({ preventScroll: true });
  }

  function drawPanel() {
    const method = state.open;
    panel.hidden = !method;
    panel.replaceChildren();
    if (!method) return;
    const typed = typedOf(record, method);
    panel.append(h("h2", null, word("method", method)), methodFields(method, data.fields[method], typed, () => keep(method), pad, record.known?.registration_no ?? ""),
      tap(t("Clear this method"), async () => {
        await page.change((one) => {
          delete one.typed[method];
          delete one.check.methods[method];
        });
        state.open = null;
        redraw();
        list.querySelector(`[data-method="${method}"]`).focus({ preventScroll: true });
      }, { kind: "quiet" }));
  }

  /** The open method into sight, its first number under the pad at once. */
  function reach() {
    if (!state.open) return;
    panel.scrollIntoView({ block: "start" });
    const [first] = data.fields[state.open];
    if (first.required && isNumber(first) && !record.check.methods[state.open]) panel.querySelector("input.pad-input").focus({ preventScroll: true });
  }

  function drawVerdict() {
    const all = record.verdict?.judgements ?? [];
    const first = all.filter(({ method }) => method === state.open);
    verdict.replaceChildren(...first.map(judgementCard));
    others.replaceChildren(...all.filter((one) => !first.includes(one)).map(judgementCard),
      ...(record.verdict?.sentences ?? []).slice(1).map((sentence) => h("p", { class: "doubt" }, pair(sentence))));
  }

  function drawConditions() {
    if (conditions.contains(document.activeElement)) return;
    conditions.replaceChildren(...conditionsCard(page, pad, () => { drawVerdict(); drawList(); }));
  }

  async function leave() {
    const method = incomplete();
    if (method) {
      fault.textContent = t("{method} is not complete. Fill it in or clear it.", { method: word("method", method) });
      state.open = method;
      redraw();
      return;
    }
    await app.flow.next(record.key);
  }

  function redraw() {
    drawQuick();
    drawList();
    drawPanel();
    drawVerdict();
    drawConditions();
  }
  redraw();
});

const LOOKED = {
  ringelmann: () => t("no visible smoke"), obd_check: () => t("OBD lamp off"), urea_check: () => t("urea in order"),
  coding_check: ({ number_seen: number }) => t("number {number} on the machine", { number }),
};

const FOR_TRUCKS = new Set(["free_acceleration", "lug_down", "obd_check"]);
const FOR_MACHINES = new Set(["machine_smoke", "coding_check"]);

/** Whether a method is for this kind of subject at all. */
function suits(method, subject) {
  return subject.kind === "truck" ? !FOR_MACHINES.has(method) : !FOR_TRUCKS.has(method);
}

function isBegun(typed) {
  return Boolean(typed) && Object.values(typed).some((value) => (Array.isArray(value) ? value.some(Boolean) : value !== "" && value != null));
}

function judgementOf(record, method) {
  return record.verdict?.judgements.find((one) => one.method === method);
}

/** The instruments and the weather of the last check, where the methods need them and nothing was said yet. */
function presetConditions(app, record, habits, nowMs) {
  const { data } = app.reference;
  const kinds = instrumentsNeeded(app, record);
  const used = new Set(data.instruments.filter(({ id }) => record.check.instrument_ids.includes(id)).map(({ kind }) => kind));
  for (const kind of kinds) {
    const own = data.instruments.filter((one) => one.kind === kind);
    const usual = own.find(({ id }) => id === habits.instruments[kind]) ?? (own.length === 1 ? own[0] : null);
    if (!used.has(kind) && usual) record.check.instrument_ids.push(usual.id);
  }
  if (!record.check.weather && weatherNeeded(app, record).length) record.check.weather = freshWeather(habits, nowMs);
}
