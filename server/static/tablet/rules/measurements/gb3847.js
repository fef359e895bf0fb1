/** Whom GB 3847-2018 covers, which limit set holds at a place, and what a failed vehicle is charged with. */

const DIESEL = ["diesel", "mixed_oil", "biofuel", "hybrid", "other", "unknown"];
export const OFFENCES = ["failed_inspection"];

/** Why the standard for diesel vehicles does not apply; null if it does or may. */
export function notCovered(context, subject) {
  if (subject.kind !== "truck") return context.say("not_a_vehicle");
  if (!DIESEL.includes(subject.fuel) || subject.stage === "D") return context.say("not_diesel");
  return null;
}

/** The row of a limit in the set that holds at the place on the day, and the row that chose the set. */
export function limitOf(context, name) {
  const chosen = context.rule("gb3847.limit_set");
  return [context.rule(`gb3847.set_${chosen.value}.${name}`), chosen];
}
