/** Free acceleration of a diesel vehicle: the mean of three peaks (GB 3847-2018 annex A). */

import { atMost, judged, notJudged } from "../items.js";
import { meanOf } from "../smoke_limits.js";
import { seen } from "./by_eye.js";
import { OFFENCES, limitOf, notCovered } from "./gb3847.js";
import { seriesDoubts } from "./smoke_series.js";

const METHOD = "free_acceleration";

export function judge(context, readings, subject) {
  const refusal = notCovered(context, subject);
  if (refusal) return notJudged(context, METHOD, refusal);
  const [limit, chosen] = limitOf(context, `free_acceleration_${readings.quantity}`);
  const mean = meanOf(readings.peaks);
  const byEye = seen(context, readings.ringelmann, readings.visible_smoke, subject);
  const asked = readings.quantity === "k";
  const [doubts, rows] = asked ? seriesDoubts(context, "gb3847", readings.peaks, mean) : [[], []];
  return judged(context, METHOD, [atMost("smoke_mean", mean, limit), ...byEye], {
    offences: OFFENCES,
    rules: [chosen, ...rows],
    doubts: [...doubts, readings.purged === "no" && context.say("not_purged")],
  });
}
