// How old the register of the tablet is and how much it holds, in a line.

import { now } from "../clock.js";
import { t } from "../words.js";

const HOUR_MS = 3_600_000;

function age(ms) {
  if (ms < 60_000) return t("just now");
  if (ms < HOUR_MS) return t("{n} min ago", { n: Math.round(ms / 60_000) });
  if (ms < 48 * HOUR_MS) return t("{n} h ago", { n: Math.round(ms / HOUR_MS) });
  return t("{n} days ago", { n: Math.round(ms / (24 * HOUR_MS)) });
}

/** @param {object} register `app.register` @returns {string} */
export function ageLine(register) {
  const { trucks, machines } = register.size;
  if (register.made_ms === null) {
    return register.isOpen ? t("This tablet has no register yet: go on-line once.") : t("The register is being opened …");
  }
  const values = { trucks, machines, age: age(now() - register.made_ms) };
  return t("Register: trucks {trucks}, machines {machines}, {age}", values);
}
