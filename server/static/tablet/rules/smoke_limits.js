/** The smoke limit of a machine by stage, power, place and day (GB 36886-2018 table 1). */

import { round } from "./numbers.js";
import { wordsOf } from "./rulebook.js";

/** Classes of table 1, mildest first. */
const CLASSES = ["I", "II", "III"];

/** The strictest of these classes; null where there is none. */
export function strictest(classes) {
  const places = classes.filter(Boolean).map((name) => CLASSES.indexOf(name));
  return places.length ? CLASSES[Math.max(...places)] : null;
}

/** The stricter of the class of the stage and the class of the zone; null where the stage does not say. */
export function smokeClassOf(context, stage, zoneClass) {
  const own = ["I", "II"].find((name) => wordsOf(context.rule(`smoke.class_${name}_stages`)).includes(stage));
  if (!own) return zoneClass === "III" ? "III" : null;
  return strictest([own, zoneClass]);
}

/** The row of the limit of k, or null where the stage is not known. */
export function smokeLimit(context, stage, powerKw, zoneClass) {
  const name = smokeClassOf(context, stage, zoneClass);
  if (name === null) return null;
  const k = context.rule(`smoke_k.class_${name}.${band(powerKw)}`);
  context.rule("smoke.ringelmann"); // the limit on the scale belongs to it: without it there is none
  return k;
}

function band(powerKw) {
  if (powerKw < 19) return "under_19";
  return powerKw < 37 ? "19_to_37" : "from_37";
}

/** The result of a test: the mean of its three readings. */
export function meanOf([first, second, third]) {
  return round((first + second + third) / 3);
}
