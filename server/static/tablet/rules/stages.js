/** Emission stages: how one is read from a plate, and whether it reaches another (enforcement/registry/stages.py). */

import { halfWidth } from "./text.js";

/** Fuels without an exhaust to measure. */
export const CLEAN = ["electric", "hydrogen", "solar"];

/** The stage a code or word means: 5, 国五, 国Ⅴ, 第五阶段; null where it means none. */
export function readStage(names, text) {
  const core = halfWidth(text).replace(/排放|标准|阶段|第|国|CHINA|STAGE|[()-]/g, "");
  return Object.hasOwn(names.stage_words, core) ? names.stage_words[core] : null;
}

/** Whether a stage is at least `least` in the given order; null where that cannot be said. */
export function meets(stage, least, order) {
  if (stage === "D") return true;
  if (stage === "X" || !order.includes(stage) || !order.includes(least)) return null;
  if (stage === "6" && least === "6a") return true;
  if (stage === "6" && least === "6b") return null;
  return order.indexOf(stage) >= order.indexOf(least);
}

/** How a stage is called on the road and on sites: [zh, en]. */
export function stageName(names, stage, isTruck) {
  return (isTruck ? null : names.machine_stages[stage]) ?? names.truck_stages[stage];
}
