/** What to look for on what stands before the officer: hints of the reference file that fit the register's facts. */

/** What is so of a subject, as hints ask: enforcement/inspections/checklists.yaml. */
export const FLAGS = {
  open_notice: (facts) => Boolean(facts.open_notice),
  overdue_notice: (facts) => Boolean(facts.open_notice?.overdue),
  open_case: (facts) => (facts.open_cases ?? 0) > 0,
  watched: (facts) => (facts.watch ?? []).length > 0,
  whitelisted: (facts) => Boolean(facts.whitelist),
  failed_last: (facts) => facts.last?.[0]?.outcome === "failed",
  no_terminal: (facts) => facts.device === "no",
  not_coded: (facts) => Boolean(facts.id) && !facts.registration_no,
  stage_doubtful: (facts) => !facts.stage || facts.stage === "X" || facts.stage_basis === "date",
  not_registered: (facts) => !facts.id,
};

/**
 * The hints that fit, the most pressing first.
 * @param {object} data the reference file
 * @param {object} facts of the register; of what it does not hold {kind, stage?, fuel?, category?} as read
 * @returns {{code: string, zh: string, en: string}[]}
 */
export function lookFor(data, facts) {
  return data.look_for
    .filter((hint) => fits(hint, facts))
    .map(({ code, zh, en }) => ({ code, zh, en }));
}

function fits(hint, facts) {
  const among = (listed, value) => !listed?.length || listed.includes(value || "unknown");
  return (
    (!hint.kind || hint.kind === facts.kind) &&
    among(hint.stages, facts.stage) &&
    among(hint.fuels, facts.fuel) &&
    among(hint.categories, facts.category) &&
    among(hint.after_treatment, facts.after_treatment) &&
    (hint.when ?? []).every((flag) => FLAGS[flag](facts))
  );
}
