/** The number on a machine against the register: missing, different, a better stage painted on (notice 655 of 2019). */

import { found, judged, notJudged } from "../items.js";
import { normaliseMachineNumber, numberDoubts, tamperAlert } from "../machine_numbers.js";
import { readStage } from "../stages.js";

const METHOD = "coding_check";

export function judge(context, readings, subject) {
  const rule = context.rule("coding.number_required");
  if (subject.kind === "truck" || rule.value !== true) return notJudged(context, METHOD, context.say("coding_for_machines"));
  const seen = normaliseMachineNumber(readings.number_seen);
  const registered = normaliseMachineNumber(subject.registration_no);
  return judged(context, METHOD, [itemOf(context, seen, registered, rule)], {
    offences: !seen && !registered ? ["unregistered_machine"] : [],
    doubts: [difference(context, seen, registered), ...stageDoubts(context, seen, readings, subject)],
  });
}

function itemOf(context, seen, registered, rule) {
  const wanted = registered || null;
  if (!seen) return found("number_seen", "none", wanted, true, rule);
  const over = registered ? tamperAlert(context, seen, registered) !== null : null;
  return found("number_seen", seen, wanted, over, rule);
}

function difference(context, seen, registered) {
  if (seen && registered) return tamperAlert(context, seen, registered);
  if (seen) return context.say("not_in_register", { seen });
  return registered ? context.say("number_not_shown", { registered }) : null;
}

/** The stage digit against the register, and the register against the plate. */
function stageDoubts(context, seen, readings, subject) {
  const stage = subject.stage === "X" ? null : subject.stage;
  const doubts = seen ? numberDoubts(context, seen, stage) : [];
  const plate = readings.stage_plate ? readStage(context.names, readings.stage_plate) : null;
  if (plate === null || stage === null || plate === stage) return doubts;
  return [...doubts, context.say("plate_stage_differs", { plate, stage })];
}
