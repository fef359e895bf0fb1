// Finished: what it came to, what happens next, and the next check with one tap.

import { tap } from "../check/controls.js";
import { owesNotice } from "../check/steps.js";
import { stepScreen, who } from "../check/step_page.js";
import { h } from "../elements.js";
import { t, word } from "../words.js";

const EDITABLE = new Set(["ready", "refused"]);

export default stepScreen("done", async (page) => {
  const { app, body, foot, key, record } = page;
  const sent = h("div", { role: "status", "aria-live": "polite" });
  const change = h("div");
  const photos = (await app.photos.of(key)).filter(({ purpose }) => purpose !== "signature");
  const draw = async () => {
    const fresh = await app.checks.get(key);
    sent.replaceChildren(...stateLines(fresh));
    change.replaceChildren(...changeButtons(app, fresh));
  };
  body.append(
    who(record),
    h("ul", { class: "done-lines" },
      h("li", null, word("inspection_kind", record.check.kind)),
      record.check.place ? h("li", null, record.check.place) : null,
      h("li", null, t("Photos: {n}", { n: photos.length })),
      record.ended_ms ? h("li", { id: "done-taps" }, t("{taps} taps, {seconds} s", { taps: record.taps, seconds: Math.round((record.ended_ms - record.begun_ms) / 1000) })) : null),
    ...nextLines(record), sent, change);
  foot.append(
    tap(t("To the list"), () => app.go("/"), { kind: "quiet" }),
    tap(t("Next check"), () => app.flow.start(record.check.kind, { assignment: record.assignment }), { kind: "primary", id: "next-check" }));
  await draw();
  window.addEventListener("checks", draw);
  return () => window.removeEventListener("checks", draw);
});

function stateLines(record) {
  if (!record) return [line("good", "✓", t("Sent, and cleared from this tablet."))];
  const number = record.answer?.number ?? "";
  return [{
    ready: () => line("info", "↑", t("Kept on this tablet; it is sent as soon as there is a network.")),
    sending: () => line("info", "↑", t("Being sent …")),
    sent: () => line("good", "✓", t("On the server as {number}.", { number })),
    refused: () => line("over", "✕", t("The server did not take it: see why in the list, mend it and finish it again.")),
    conflict: () => line("due", "!", t("Somebody else changed the same record: see the list.")),
    draft: () => line("due", "!", t("Not finished yet.")),
  }[record.state]()];
}

function line(kind, sign, words) {
  return h("p", { class: `flag flag-${kind}` }, h("span", { class: "flag-sign", "aria-hidden": "true" }, sign), words);
}

function changeButtons(app, record) {
  if (!record) return [];
  if (record.state === "draft") return [tap(t("Go on with it"), () => app.flow.resume(record.key), { kind: "quiet" })];
  if (EDITABLE.has(record.state)) return [tap(t("Change it"), () => app.flow.edit(record.key), { kind: "quiet", id: "change" })];
  if (record.state === "sent" && record.answer?.id) return [tap(t("Correct it"), () => app.flow.start(record.check.kind, { correction: record }), { kind: "quiet", id: "correct" })];
  return [];
}

function nextLines(record) {
  const { verdict } = record;
  const lines = [];
  if (owesNotice(verdict) && record.notice) lines.push(t("Repair by {day}; the station finds it under {number}.", { day: record.notice.due_on ?? "–", number: record.notice.number ?? t("the number that the bureau gives") }));
  if (verdict?.offences.length && verdict.standing === "legal") lines.push(t("An officer at the bureau opens the case from this check."));
  if (verdict && verdict.standing === "screening" && verdict.outcome === "failed") lines.push(t("A screening: no notice and no penalty; the bureau may order a test."));
  return lines.map((words) => h("p", null, words));
}
