/** What the zones at the point add to an inspection: smoke class, visible smoke, stage, coding, terminal. */

import { bannedReasons } from "./banned_visit.js";
import { strictest } from "./smoke_limits.js";

/** The strictest smoke class of the zones that bind the machine; null for trucks and where no zone names one. */
export function strictestClass(subject, zoneTerms) {
  if (subject.kind === "truck") return null;
  const named = zoneTerms.filter((terms) => binds(terms, subject)).map((terms) => terms.smoke_class);
  return strictest([...named, subject.zone_smoke_class]);
}

/** What the zones object to, each once: {sentence, offence (shown, else null), rows}. */
export function zoneObjections(context, methods, subject, zoneTerms, purposes = []) {
  const found = new Map();
  const add = (sentence, offence, rows) => {
    const key = JSON.stringify([sentence, offence, rows.map((row) => row.key)]);
    if (!found.has(key)) found.set(key, { sentence, offence, rows });
  };
  const registered = asRegistered(subject, methods);
  for (const terms of zoneTerms) {
    for (const reason of bannedReasons(context, registered, terms, purposes)) {
      add(reason.sentence, reason.isFirm ? reason.offence : null, reason.rows);
    }
    const isExempt = terms.exemptions.some((one) => purposes.includes(one));
    if (binds(terms, subject) && !isExempt && terms.black_smoke_ban && smokeSeen(methods)) {
      const offence = subject.kind === "truck" ? terms.truck_offence : terms.machine_offence;
      add(context.say("visible_smoke_banned"), offence, []);
    }
  }
  return [...found.values()];
}

/** The subject as the checks of zones know it; the terminal is as it was found at the place. */
function asRegistered(subject, methods) {
  return {
    kind: subject.kind,
    stage: subject.stage,
    fuel: subject.fuel,
    category: subject.category ?? "unknown",
    coded: Boolean(subject.registration_no),
    device: terminalOf(methods),
    dated: false,
  };
}

function terminalOf(methods) {
  const parts = methods.device_check?.devices ?? [];
  const states = parts.filter((part) => part.device === "terminal").map((part) => part.state);
  if (states.includes("missing") || states.includes("removed")) return "no";
  return states.includes("fitted") ? "yes" : "unknown";
}

function binds(terms, subject) {
  const types = subject.kind === "truck" ? terms.truck_categories : terms.machine_types;
  const ofType = !types.length || types.includes(subject.category);
  return terms.applies_to.includes(subject.kind) && ofType && (!terms.fuels.length || terms.fuels.includes(subject.fuel));
}

function smokeSeen(methods) {
  return Object.values(methods).some((readings) => readings.visible_smoke === "yes");
}
