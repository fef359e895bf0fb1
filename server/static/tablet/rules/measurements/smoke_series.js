/** What three peaks of smoke and their mean make an officer ask. */

import { round } from "../numbers.js";
import { numberOf } from "../rulebook.js";

/** Peaks that lie far apart, or that are the same to the last digit: the doubts, and the rows asked. */
export function seriesDoubts(context, standard, peaks, mean) {
  const spread = round(Math.max(...peaks) - Math.min(...peaks));
  const absolute = context.rule(`${standard}.spread_max_k`);
  const share = context.rule(`${standard}.spread_max_share_pct`);
  const doubts = [];
  if (spread > numberOf(absolute) && spread > (numberOf(share) / 100) * mean) doubts.push(context.say("spread", { spread }));
  if (spread === 0 && mean > 0) doubts.push(context.say("identical_peaks"));
  return [doubts, [absolute, share]];
}
