/** Environmental registration numbers of machines (enforcement/registry/machine_numbers.py). */

import { halfWidth, quoted } from "./text.js";

const FORM = /^([0-4DX])-?([1-9A-HJ-NP-Z])([0-9A-HJ-NP-Z])([0-9A-HJ-NP-Z])([0-9]{5})$/;
const DASHES = /[‐‑‒–—―−﹣－_一]/gu;

/**
 * Upper case, half-width, without 环, spaces and dots, one dash after the stage.
 * @param {string} text
 * @returns {string}
 */
export function normaliseMachineNumber(text) {
  const dashed = (one) => one.replace(DASHES, "-");
  const plain = dashed(halfWidth(dashed(text))).replace(/[环.·]/g, "");
  const found = FORM.exec(plain);
  return found ? `${found[1]}-${found.slice(2).join("")}` : plain;
}

/** Doubts about a normalised number and the stage it claims. */
export function numberDoubts(context, number, stage) {
  const found = FORM.exec(number);
  if (!found) return [context.say("machine_number_form", { number, quoted: quoted(number) })];
  const digit = found[1];
  if (stage === null || stage === "X" || digit === "X" || digit === stage) return [];
  return [context.say("machine_number_stage", { digit, stage })];
}

/** A number read on a machine that differs from the register; null where it does not. */
export function tamperAlert(context, seen, registered) {
  const values = { seen: normaliseMachineNumber(seen), registered: normaliseMachineNumber(registered) };
  if (values.seen === values.registered) return null;
  const tail = (number) => [...number].slice(1).join("");
  const repainted = tail(values.seen) === tail(values.registered);
  return context.say(repainted ? "stage_repainted" : "number_differs", values);
}
