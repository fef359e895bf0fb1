// The fields of one method, and what its readings amount to, at once.

import { h } from "../elements.js";
import { pair, t, word } from "../words.js";
import { chips, select, tap, textField } from "./controls.js";
import { faultOf, isNumber, numberOfText } from "./entries.js";
import { unitWords } from "./verdicts.js";

const FAULTS = {
  number: () => t("This is no number."),
  low: (field) => t("At least {low} {unit}", { low: field.low, unit: unitWords(field.unit) }).trim(),
  high: (field) => t("At most {high} {unit}", { high: field.high, unit: unitWords(field.unit) }).trim(),
};
const WORDS_OF = { kind: "fuel_kind" };
const DEVICE_STATES = ["fitted", "missing", "faulty", "removed", "bypassed", "shielded", "not_required", "not_checked"];

/**
 * The fields of a method as the screen shows them.
 * @param {string} method
 * @param {object[]} fields of reference.fields
 * @param {object} typed values by field, changed in place
 * @param {(options?: {quiet?: boolean}) => void} onChange
 * @param {{attend: (input: HTMLInputElement) => void}} pad
 * @param {string} registered number of the machine in the register
 */
export function methodFields(method, fields, typed, onChange, pad, registered = "") {
  const shown = fields.filter((field) => field.kind !== "rows" || field.name === "devices");
  const needed = shown.filter((field) => field.required || isNumber(field) || field.kind === "finding" || shown.length < 6);
  const rest = shown.filter((field) => !needed.includes(field));
  const draw = (field) => fieldOf(field, typed, onChange, pad, registered);
  return h("div", { class: "method-fields" }, ...needed.map(draw),
    rest.length ? h("details", null, h("summary", { class: "tap" }, t("More fields")), ...rest.map(draw)) : null);
}

function fieldOf(field, typed, onChange, pad, registered) {
  const put = (value) => {
    typed[field.name] = value;
    onChange();
  };
  if (isNumber(field)) return numberField(field, typed, onChange, pad);
  if (field.kind === "rows") return deviceRows(typed, onChange);
  if (field.kind === "finding") {
    const options = ["yes", "no", "unknown"].map((code) => [code, word("finding", code)]);
    return chips(pair(field), options, typed[field.name] ?? field.default ?? null, put);
  }
  if (field.kind === "choice" || field.kind === "yes_no") return choiceField(field, typed, put);
  if (field.name === "number_seen") return numberSeen(field, typed, put, registered);
  const value = Array.isArray(typed[field.name]) ? typed[field.name].join(" ") : typed[field.name];
  return textField(pair(field), value, (text) => put(field.kind === "texts"
    ? text.split(/[\s,，;；、]+/).filter(Boolean) : text || null), { most: 200 });
}

/** The number on a machine: as in the register, as it is read, or none at all. */
function numberSeen(field, typed, put, registered) {
  const said = h("p", { class: "doubt", role: "status" });
  const show = () => { said.textContent = typed.number_seen === "" ? t("No number on the machine") : ""; };
  const text = textField(pair(field), typed.number_seen, (value) => {
    put(value.trim() || null);
    show();
  }, { most: 40 });
  const set = (value) => {
    text.querySelector("input").value = value;
    put(value);
    show();
  };
  show();
  return h("div", null, text, h("div", { class: "two" },
    registered ? tap(t("As in the register: {number}", { number: registered }), () => set(registered), { kind: "quiet" }) : null,
    tap(t("No number on the machine"), () => set(""), { kind: "quiet" })), said);
}

function choiceField(field, typed, put) {
  if (field.kind !== "choice") {
    return chips(pair(field), [[true, word("finding", "yes")], [false, word("finding", "no")]], typed[field.name] ?? field.default ?? false, put);
  }
  const kind = WORDS_OF[field.name] ?? field.name;
  const options = (field.choices ?? []).map((code) => [code, word(kind, code)]);
  const value = typed[field.name] ?? field.default ?? null;
  return options.length > 4 ? select(pair(field), options, value, put) : chips(pair(field), options, value, put);
}

function numberField(field, typed, onChange, pad) {
  const size = field.kind === "numbers" ? field.size ?? 1 : 1;
  const fault = h("p", { class: "fault", role: "alert" });
  const name = [pair(field), unitWords(field.unit)].filter(Boolean).join(", ");
  const check = (values) => {
    const found = values.map((text) => faultOf(field, numberOfText(text ?? ""))).find(Boolean);
    fault.textContent = found ? FAULTS[found](field) : "";
  };
  const values = () => (size === 1 && field.kind === "number" ? [typed[field.name]] : typed[field.name] ?? []);
  const inputs = Array.from({ length: size }, (_, place) => {
    const input = h("input", {
      class: "pad-input", type: "text", inputmode: "none", autocomplete: "off", "data-low": field.low,
      "aria-label": size > 1 ? `${name} ${place + 1}` : name, "data-field": field.name,
    });
    input.value = values()[place] ?? "";
    input.addEventListener("focus", () => pad.attend(input));
    input.addEventListener("input", () => {
      if (field.kind === "number") typed[field.name] = input.value;
      else typed[field.name] = inputs.map((each) => each.value);
      check(values());
      onChange();
    });
    return input;
  });
  check(values());
  return h("div", { class: "field" }, h("p", { class: "label" }, name),
    h("div", { class: `series series-${size}` }, ...inputs), fault);
}

function deviceRows(typed, onChange) {
  const devices = ["doc", "dpf", "scr", "egr", "nox_sensor", "obd", "terminal"];
  const states = DEVICE_STATES.map((code) => [code, word("device_state", code)]);
  const of = (device) => (typed.devices ?? []).find((row) => row.device === device)?.state ?? null;
  const put = (device, state) => {
    const others = (typed.devices ?? []).filter((row) => row.device !== device);
    typed.devices = state ? [...others, { device, state }] : others;
    onChange();
  };
  const rows = h("div", { class: "devices" });
  const draw = () => rows.replaceChildren(...devices.map((device) => select(word("device", device), states, of(device), (state) => put(device, state))));
  draw();
  return h("div", null, tap(t("All fitted and working"), () => {
    for (const device of devices) if (!of(device)) put(device, "fitted");
    draw();
  }, { kind: "quiet" }), rows);
}
