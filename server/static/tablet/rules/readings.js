/** Readings as the server would read them: defaults filled in, and what is wrong named by its field. */

const NOTHING = {
  urea_check: (one) => one.concentration_pct === null && one.level_pct === null && one.dosing === "unknown",
  device_check: (one) => one.devices.length === 0,
  fuel_sample: (one) => one.sulphur_mg_kg === null && one.sample_no === "" && one.report_no === "",
};

/**
 * Readings with every field, and the faults that the server would refuse them for.
 * @param {object} data the reference file
 * @param {string} method
 * @param {object} readings
 * @returns {{readings: object, faults: {field: string, zh: string, en: string}[]}}
 */
export function readReadings(data, method, readings) {
  const faults = [];
  const filled = rowOf(data.fields[method], readings ?? {}, "", faults);
  if (!faults.length && NOTHING[method]?.(filled)) faults.push({ field: "$", ...pair(data, "readings_nothing") });
  return { readings: filled, faults };
}

function rowOf(fields, given, path, faults) {
  const filled = {};
  for (const field of fields) {
    const value = given[field.name] ?? (field.required ? null : field.default);
    filled[field.name] = value;
    const place = path ? `${path}.${field.name}` : field.name;
    if (value === null || value === undefined) {
      filled[field.name] = null;
      if (field.required) faults.push({ field: place, zh: `请填写${field.zh}。`, en: "is missing; fill it in." });
    } else if (field.kind === "rows") {
      filled[field.name] = value.map((row, index) => rowOf(field.of, row, `${place}[${index}]`, faults));
    } else if (!isReadable(field, value)) {
      faults.push({ field: place, ...wanted(field) });
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

function wanted(field) {
  if (field.kind === "number" || field.kind === "numbers") {
    const many = field.kind === "numbers" ? field.size : 1;
    const unit = field.unit ? ` ${field.unit}` : "";
    return {
      zh: `应为${field.low}至${field.high}${field.unit}的数字${many > 1 ? `，共${many}个` : ""}。`,
      en: `must be ${many > 1 ? `${many} numbers` : "a number"} from ${field.low} to ${field.high}${unit}.`,
    };
  }
  return { zh: "请从列表中选择。", en: "must be one of the list." };
}

function pair(data, name) {
  const [, zh, en] = data.sentences[name];
  return { zh, en };
}
