/** Smoke on the Ringelmann scale, by eye (GB 3847-2018 annex D; GB 36886-2018 table 1). */

import { judged, notJudged } from "../items.js";
import { seen } from "./by_eye.js";
import { OFFENCES, notCovered } from "./gb3847.js";

const METHOD = "ringelmann";

export function judge(context, readings, subject) {
  const isTruck = subject.kind === "truck";
  const refusal = isTruck ? notCovered(context, subject) : null;
  if (refusal) return notJudged(context, METHOD, refusal);
  const items = seen(context, readings.grade, readings.visible_smoke, subject);
  return judged(context, METHOD, items, { offences: isTruck ? OFFENCES : ["over_limit"] });
}
