/** Smoke of a machine: class by stage, power, place and zone; the mean of three readings (GB 36886-2018). */

import { atMost, item, judged, notJudged } from "../items.js";
import { numberOf } from "../rulebook.js";
import { meanOf, smokeLimit } from "../smoke_limits.js";
import { CLEAN } from "../stages.js";
import { seen } from "./by_eye.js";
import { seriesDoubts } from "./smoke_series.js";

const METHOD = "machine_smoke";

export function judge(context, readings, subject) {
  if (subject.kind === "truck") return notJudged(context, METHOD, context.say("not_a_machine"));
  if (CLEAN.includes(subject.fuel) || subject.stage === "D") return notJudged(context, METHOD, context.say("no_exhaust"));
  const refusal = wrongProcedure(context, readings);
  const limit = subject.power_kw ? smokeLimit(context, subject.stage, subject.power_kw, subject.zone_smoke_class) : null;
  const mean = meanOf(readings.peaks);
  const [raised, rows] = raiseOf(context, readings);
  const smoke = limit ? atMost("smoke_mean", mean, limit, raised) : item("smoke_mean", mean, null, "m-1", null, null, null);
  const [doubts, spreadRows] = seriesDoubts(context, "smoke", readings.peaks, mean);
  const byEye = seen(context, readings.ringelmann, readings.visible_smoke, subject);
  return judged(context, METHOD, [refusal ? { ...smoke, over: null } : smoke, ...byEye], {
    offences: ["over_limit"],
    rules: [...rows, ...spreadRows],
    doubts: [refusal, !limit && context.say(subject.power_kw ? "stage_unknown" : "power_unknown"), ...doubts],
  });
}

function raiseOf(context, readings) {
  const rows = ["altitude_from_m", "altitude_raise_k"].map((name) => context.rule(`smoke.${name}`));
  const [start, more] = rows.map(numberOf);
  return (readings.altitude_m ?? 0) <= start ? [0, []] : [more, rows];
}

function wrongProcedure(context, readings) {
  const wanted = context.rule("smoke.constant_speed_procedure");
  if (!readings.constant_speed || readings.procedure === wanted.value) return null;
  return context.say("wrong_procedure");
}
