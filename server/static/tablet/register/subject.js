// The facts of one subject out of a row of the register, as of a day: what begins or ends with a day is decided here.

import { dayText } from "./file.js";

const BEIJING_MS = 8 * 3_600_000;
/** Register states in which a truck or machine should not be met at work. */
const NOT_IN_USE = new Set(["scrapped", "cancelled"]);

/** @param {number} nowMs @returns {string} The day in Beijing, "2026-11-24". */
export function beijingDay(nowMs) {
  return new Date(nowMs + BEIJING_MS).toISOString().slice(0, 10);
}

function lastOf(packed) {
  if (!packed) return [];
  return packed.split(",").map((result) => {
    const [day, kind, outcome] = result.split(" ");
    return { at: dayText(Number(day)), kind, outcome };
  });
}

/** @param {Array|null} reasons [code, first day or null, last day or null]. @returns {string[]} Codes that hold on a day. */
export function reasonsOn(reasons, day) {
  const codes = (reasons ?? []).filter(([, from, until]) => (!from || from <= day) && (!until || day <= until));
  return [...new Set(codes.map(([code]) => code))];
}

function permitAt(permits, nowMs) {
  const s = nowMs / 1000;
  const held = (permits ?? []).filter(([from, until]) => from <= s && s < until);
  if (!held.length) return null;
  const [, until, purpose, zoneId] = held.reduce((best, one) => (one[1] > best[1] ? one : best));
  return { until: new Date(until * 1000).toISOString(), purpose, zone_id: zoneId };
}

function common(table, row, nowMs) {
  const day = beijingDay(nowMs);
  const notice = table.notice[row];
  const state = table.state[row];
  const watch = reasonsOn(table.watch[row], day);
  if (NOT_IN_USE.has(state)) watch.push("not_in_use");
  if (table.cases[row]) watch.push("open_case");
  return {
    id: table.id[row],
    category: table.category[row], fuel: table.fuel[row], stage: table.stage[row], stage_basis: table.stage_basis[row],
    after_treatment: table.after_treatment[row], device: table.device[row], state,
    owner: table.owner[row], enterprise: table.enterprise[row], division: table.division[row],
    last: lastOf(table.last[row]),
    open_cases: table.cases[row] ?? 0,
    open_notice: notice ? { number: notice[0], due_on: notice[1], overdue: notice[1] < day } : null,
    watch,
    whitelist: permitAt(table.permits[row], nowMs),
  };
}

/**
 * @param {"truck"|"machine"} kind
 * @param {object} table
 * @param {number} row
 * @param {number} nowMs
 * @returns {object} The facts. `last[].at` and other days are Beijing days, "2026-11-24"; unknown texts are "".
 */
export function factsOf(kind, table, row, nowMs) {
  if (kind === "truck") {
    return {
      kind, plate: table.plate[row], colour: table.colour[row], vin: table.vin[row],
      registered_on: dayText(table.registered_on[row]), ...common(table, row, nowMs),
    };
  }
  const power = table.power_kw[row];
  return {
    kind, registration_no: table.registration_no[row], machine_code: table.machine_code[row], pin: table.pin[row],
    engine_no: table.engine_no[row] ?? "", maker: table.maker[row], model: table.model[row],
    power_kw: power === "" ? null : Number(power), built_on: dayText(table.built_on[row]), ...common(table, row, nowMs),
  };
}

/** @param {object} facts @returns {string} What it is called: the plate, or the first number that a machine has. */
export function nameOf(facts) {
  return facts.kind === "truck" ? facts.plate : facts.registration_no || facts.pin || facts.machine_code || facts.engine_no;
}

/** Whether two facts are of one truck or machine. */
export function sameSubject(one, other) {
  return one.kind === other.kind && one.id === other.id;
}
