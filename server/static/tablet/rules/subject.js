/** Whom an inspection is about: the register first, and what was read at the place where the register is silent. */

const UNKNOWN = { stage: "X", fuel: "unknown", category: "unknown" };

/**
 * The subject that the rules judge (server/flows/inspection_subjects.py).
 * @param {object|null} facts of the register, or null where it does not hold it
 * @param {object} given `subject_kind`, `stage`, `fuel`, `category`, `power_kw`, `rated_power_kw` as read at the place
 * @returns {{kind, stage, fuel, category, power_kw, rated_power_kw, registration_no, built_on, zone_smoke_class}}
 */
export function measuredSubject(facts, given = {}) {
  const kind = facts?.kind ?? given.subject_kind;
  const isMachine = kind === "machine";
  const held = isMachine && facts ? facts.power_kw ?? null : null;
  const known = (name, none) => {
    const value = facts?.[name] ?? none;
    return value === null || value === UNKNOWN[name] ? given[name] || value : value;
  };
  return {
    kind,
    stage: known("stage", "X"),
    fuel: known("fuel", "unknown"),
    category: known("category", facts ? "unknown" : null),
    power_kw: held || given.power_kw || null,
    rated_power_kw: held || given.rated_power_kw || given.power_kw || null,
    registration_no: (isMachine && facts?.registration_no) || "",
    built_on: (isMachine && facts?.built_on) || null,
    zone_smoke_class: null,
  };
}

/** A subject with every field, as `judge` needs it. */
export function completeSubject(subject) {
  return {
    kind: subject.kind,
    stage: subject.stage || "X",
    fuel: subject.fuel || "unknown",
    category: subject.category ?? null,
    power_kw: subject.power_kw ?? null,
    rated_power_kw: subject.rated_power_kw ?? null,
    registration_no: subject.registration_no ?? "",
    built_on: subject.built_on ?? null,
    zone_smoke_class: subject.zone_smoke_class ?? null,
  };
}
