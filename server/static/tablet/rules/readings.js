/** Readings as the server would read them: defaults filled in, and what is wrong named by its field. */

import { said } from "./context.js";

const NOTHING = {
  urea_check: (one) => one.concentration_pct === null && one.level_pct === null && one.dosing === "unknown",
  device_check: (one) => one.devices.length === 0,
  fuel_sample: (one) => one.sulphur_mg_kg === null && one.sample_no === "" && one.report_no === "",
};

/** What is said of a value that cannot be read, by the kind of its field. */
const WANTED = { number: "reading_span", numbers: "reading_numbers" };

/**
 * Readings with every field, and the faults that the server would refuse them for.
 * @param {object} data the reference file
 * @param {string} method
 * @param {object} readings
 * @returns {{readings: object, faults: {field: string, code: string, zh: string, en: string}[]}}
 */
export function readReadings(data, method, readings) {
  const faults = [];
  const tell = (field, name, values) => faults.push({ ...said(data.sentences, name, values), field });
  const filled = rowOf(data.fields[method], readings ?? {}, "", tell);
  if (!faults.length && NOTHING[method]?.(filled)) tell("$", "readings_nothing");
  return { readings: filled, faults };
}

function rowOf(fields, given, path, tell) {
  const filled = {};
  for (const field of fields) {
    const value = given[field.name] ?? (field.required ? null : field.default);
    filled[field.name] = value;
    const place = path ? `${path}.${field.name}` : field.name;
    if (value === null || value === undefined) {
      filled[field.name] = null;
      if (field.required) tell(place, "reading_missing", { name: [field.zh, field.en] });
    } else if (field.kind === "rows") {
      filled[field.name] = value.map((row, index) => rowOf(field.of, row, `${place}[${index}]`, tell));
    } else if (!isReadable(field, value)) {
      tell(place, WANTED[field.kind] ?? "reading_choice", field);
    }
  }
  return filled;
}

function isReadable(field, value) {
  const inSpan = (one) => typeof one === "number" && one >= field.low && one <= field.high;
  switch (field.kind) {
    case "number":
      return inSpan(value);
    case "numbers":
      return Array.isArray(value) && value.length === field.size && value.every(inSpan);
    case "finding":
    case "choice":
      return field.choices.includes(value);
    case "yes_no":
      return typeof value === "boolean";
    case "texts":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
    default:
      return typeof value === "string";
  }
}
