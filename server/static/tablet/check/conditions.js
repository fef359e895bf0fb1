// Instruments and weather: what the methods used ask for by the rules of the day, and nothing else.

import { dayOf } from "../rules/days.js";
import { findRule } from "../rules/rulebook.js";
import { h } from "../elements.js";
import { pair, t, word } from "../words.js";
import { chips, select } from "./controls.js";
import { faultOf, numberOfText } from "./entries.js";
import { momentOf } from "./moment.js";

const WEATHER = {
  temperature_c: { zh: "气温", en: "Temperature", unit: "°C", low: -60, high: 70 },
  humidity_pct: { zh: "相对湿度", en: "Relative humidity", unit: "%", low: 0, high: 100 },
  pressure_kpa: { zh: "气压", en: "Air pressure", unit: "kPa", low: 30, high: 120 },
  wind_ms: { zh: "风速", en: "Wind", unit: "m/s", low: 0, high: 100 },
};

function words(app, record, tail) {
  const day = dayOf(momentOf(record));
  const found = Object.keys(record.check.methods).flatMap((method) => {
    const rule = findRule(app.reference.data.rules, `method.${method}.${tail}`, day, app.session.division);
    return rule ? rule.value : [];
  });
  return [...new Set(found)];
}

/** Kinds of instrument that the methods ask for. A look at the tank needs no urea meter. */
export function instrumentsNeeded(app, record) {
  const looked = record.check.methods.urea_check && record.check.methods.urea_check.concentration_pct == null;
  return words(app, record, "instruments").filter((kind) => !(looked && kind === "urea_meter"));
}

/** Names of weather readings that the methods ask for. */
export function weatherNeeded(app, record) {
  return words(app, record, "weather");
}

/** A card with both, or nothing. */
export function conditionsCard(page, pad, onChange) {
  const { app, record } = page;
  const kinds = instrumentsNeeded(app, record), names = weatherNeeded(app, record);
  if (!kinds.length && !names.length) return [];
  return [h("section", { class: "sheet" },
    h("h2", null, t("Instruments and weather")),
    h("p", { class: "hint" }, t("What is lacking here makes the result a screening.")),
    ...kinds.map((kind) => instrumentField(page, kind, onChange)),
    names.includes("sky") ? skyField(page, onChange) : null,
    h("div", { class: "two" }, ...names.filter((name) => WEATHER[name]).map((name) => weatherField(page, name, pad, onChange))))];
}

function instrumentField({ app, record, change }, kind, onChange) {
  const own = app.reference.data.instruments.filter((one) => one.kind === kind);
  const chosen = own.find(({ id }) => record.check.instrument_ids.includes(id))?.id ?? null;
  const options = own.map((one) => [String(one.id), [one.model, one.serial].filter(Boolean).join(" ")]);
  return select(word("instrument_kind", kind), options, chosen === null ? null : String(chosen), async (value) => {
    await change((one) => {
      const others = one.check.instrument_ids.filter((id) => !own.some((each) => each.id === id));
      one.check.instrument_ids = value ? [...others, Number(value)] : others;
    });
    onChange();
  }, t("none"));
}

function skyField({ app, record, change }, onChange) {
  const codes = Object.keys(app.reference.data.words?.sky ?? { clear: 0, cloudy: 0, rain: 0, snow: 0, fog: 0, dust: 0 });
  return chips(t("Sky"), codes.map((code) => [code, word("sky", code)]), record.check.weather?.sky ?? null, async (sky) => {
    await change((one) => { one.check.weather = { ...one.check.weather, sky }; });
    onChange();
  });
}

function weatherField({ record, change }, name, pad, onChange) {
  const field = WEATHER[name];
  const label = `${pair(field)}, ${field.unit}`;
  const fault = h("p", { class: "fault", role: "alert" });
  const input = h("input", { class: "pad-input", type: "text", inputmode: "none", autocomplete: "off", "data-low": field.low, "aria-label": label, "data-field": name });
  input.value = record.check.weather?.[name] ?? "";
  input.addEventListener("focus", () => pad.attend(input));
  input.addEventListener("input", async () => {
    const value = numberOfText(input.value);
    const wrong = faultOf(field, value);
    fault.textContent = wrong ? t("From {low} to {high} {unit}", field) : "";
    await change((one) => {
      const weather = { ...one.check.weather };
      if (value === undefined || wrong) delete weather[name];
      else weather[name] = value;
      one.check.weather = Object.keys(weather).length ? weather : null;
    });
    onChange();
  });
  return h("div", { class: "field" }, h("p", { class: "label" }, label), input, fault);
}
