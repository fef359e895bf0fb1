/** Smoke by eye: above the Ringelmann limit, or visible where none may be. */

import { atMost, found } from "../items.js";
import { wordsOf } from "../rulebook.js";
import { smokeClassOf } from "../smoke_limits.js";

/** Items of what was seen; nothing for what was not looked at. */
export function seen(context, grade, visible, subject) {
  const items = [];
  if (grade !== null) {
    const limit = subject.kind === "truck" ? "gb3847.ringelmann" : "smoke.ringelmann";
    items.push(atMost("ringelmann", grade, context.rule(limit)));
  }
  if (visible !== "unknown") {
    const [rule, forbidden] = visibleRule(context, subject);
    const over = visible === "yes";
    if (forbidden || !over) items.push(found("visible_smoke", visible, "no", over, rule));
  }
  return items;
}

function visibleRule(context, subject) {
  if (subject.kind === "truck") {
    const rule = context.rule("gb3847.visible_smoke_fails");
    return [rule, rule.value === true];
  }
  const rule = context.rule("smoke.visible_smoke_fails_classes");
  const held = smokeClassOf(context, subject.stage, subject.zone_smoke_class);
  return [rule, held !== null && wordsOf(rule).includes(held)];
}
