// The order of a check's steps, and what a verdict asks for. Pure.

export const ORDER = Object.freeze([
  "identify", "known", "checklist", "readings", "photos", "officers", "party", "notice", "review", "done",
]);

// Offences that mean something must be repaired, as enforcement.repairs has them; a zone breach alone does not.
const REPAIRED = new Set(["over_limit", "failed_inspection", "device_missing", "tampering", "visible_smoke"]);
const READ_BY_INSTRUMENT = new Set([
  "free_acceleration", "lug_down", "machine_smoke", "urea_check", "fuel_sample", "obd_check",
]);

/** Whether nothing was found: such a check is finished without signature, notice and review. */
export function isClean(verdict) {
  return !verdict || (verdict.outcome !== "failed" && verdict.offences.length === 0);
}

/** Whether a repair notice is handed over: failed, with legal standing, and something is to be repaired. */
export function owesNotice(verdict) {
  return Boolean(verdict) && verdict.outcome === "failed" && verdict.standing === "legal"
    && verdict.offences.some((code) => REPAIRED.has(code));
}

/** The steps of this record in order. */
export function stepsOf(record) {
  const isShort = isClean(record.verdict) && !record.base;
  return ORDER.filter((step) => {
    if (step === "notice") return owesNotice(record.verdict) && !record.base;
    if (step === "review") return !isShort;
    return true;
  });
}

/** The step after this one; a step that is no longer asked for leads to the one that comes after its place. */
export function after(record, step) {
  const place = ORDER.indexOf(step);
  return stepsOf(record).find((each) => ORDER.indexOf(each) > place) ?? "done";
}

/** The step before this one; null at the first. */
export function before(record, step) {
  const place = ORDER.indexOf(step);
  return stepsOf(record).filter((each) => ORDER.indexOf(each) < place).at(-1) ?? null;
}

/** The purposes that photos of this outcome should have, first the most wanted; [] where none is asked for. */
export function photosWanted(record) {
  if (isClean(record.verdict)) return [];
  const used = Object.keys(record.check.methods);
  const devices = record.check.methods.device_check?.devices ?? [];
  const wanted = ["scene", "plate"];
  if (record.verdict.outcome === "failed" && used.some((method) => READ_BY_INSTRUMENT.has(method))) wanted.push("reading");
  if (used.includes("ringelmann") || smokes(record)) wanted.push("smoke");
  if (devices.some(({ state }) => !["fitted", "not_required", "not_checked"].includes(state))) wanted.push("device");
  return wanted;
}

function smokes(record) {
  return Object.values(record.check.methods).some((readings) => readings.visible_smoke === "yes");
}

/** What keeps the check from being finished: codes in the order of the steps, each with the step that mends it. */
export function lacking(record) {
  const found = [];
  const { check } = record;
  if (!check.subject) found.push({ code: "subject", step: "identify" });
  if (!record.known && !check.subject_kind) found.push({ code: "subject_kind", step: "known" });
  if (!Object.keys(check.methods).length) found.push({ code: "methods", step: "readings" });
  if (!check.officers.some(({ name }) => name.trim())) found.push({ code: "officers", step: "officers" });
  if (check.lon === null && !check.place) found.push({ code: "place", step: "known" });
  if (record.base && record.reason.trim().length < 4) found.push({ code: "reason", step: "review" });
  return found;
}
