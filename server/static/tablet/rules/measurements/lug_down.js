/** Lug-down on a dynamometer: smoke at two points, NOx, wheel power (GB 3847-2018 annex B). */

import { atLeast, atMost, judged, notJudged } from "../items.js";
import { round } from "../numbers.js";
import { numberOf } from "../rulebook.js";
import { seen } from "./by_eye.js";
import { OFFENCES, limitOf, notCovered } from "./gb3847.js";

const METHOD = "lug_down";

export function judge(context, readings, subject) {
  const refusal = notCovered(context, subject) ?? tooHot(context, readings);
  if (refusal) return notJudged(context, METHOD, refusal);
  const [smoke, chosen] = limitOf(context, `lug_down_${readings.quantity}`);
  const [nox] = limitOf(context, "lug_down_nox");
  const [raised, rows] = raiseOf(context, readings);
  const rated = subject.rated_power_kw || readings.rated_power_kw;
  const items = [
    atMost("smoke_100", readings.smoke_100, smoke, raised),
    atMost("smoke_80", readings.smoke_80, smoke, raised),
    atMost("nox_80", readings.nox_80_ppm, nox),
    wheelPower(context, readings, rated),
    ...seen(context, readings.ringelmann, readings.visible_smoke, subject),
  ];
  return judged(context, METHOD, items, {
    offences: OFFENCES,
    rules: [chosen, ...rows],
    doubts: [
      raised !== 0 && context.say("altitude_raise", { raised }),
      rated === null && context.say("rated_power_unknown"),
    ],
  });
}

function tooHot(context, readings) {
  const most = numberOf(context.rule("gb3847.lug_down_ambient_max_c"));
  if (readings.ambient_c === null || readings.ambient_c <= most) return null;
  return context.say("ambient_too_hot", { ambient: readings.ambient_c, most });
}

/** By how much the altitude raises the limit of k, and the rows that say so. */
function raiseOf(context, readings) {
  const rows = ["altitude_from_m", "altitude_raise_k_per_km", "altitude_raise_k_max"].map((name) =>
    context.rule(`gb3847.${name}`),
  );
  const [start, slope, most] = rows.map(numberOf);
  const above = (readings.altitude_m ?? 0) - start;
  if (above <= 0 || readings.quantity !== "k") return [0, []];
  return [Math.min(most, round((above / 1000) * slope)), rows];
}

function wheelPower(context, readings, rated) {
  const rule = context.rule("gb3847.wheel_power_min_pct");
  if (rated === null || readings.wheel_power_kw === null) return atLeast("wheel_power", null, rule);
  return atLeast("wheel_power", round((readings.wheel_power_kw / rated) * 100), rule);
}
