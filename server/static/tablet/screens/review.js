// All of a check on one page before it is finished; every part leads back to its step.

import { tap, textField } from "../check/controls.js";
import { pointWords } from "../check/places.js";
import { lacking, owesNotice, photosWanted } from "../check/steps.js";
import { plate, stepScreen, TITLES } from "../check/step_page.js";
import { judgementCard } from "../check/verdicts.js";
import { lackingWords } from "../check/flow.js";
import { h } from "../elements.js";
import { pair, t, word } from "../words.js";

export default stepScreen("review", async (page) => {
  const { app, record, body, foot, key } = page;
  const { check } = record;
  const photos = await app.photos.of(key);
  const part = (step, ...content) => h("section", { class: "sheet review-part" },
    h("div", { class: "review-head" }, h("h2", null, TITLES[step]()),
      tap(t("Edit"), () => app.flow.at(key, step), { kind: "quiet", name: t("Edit: {what}", { what: TITLES[step]() }) })),
    ...content);
  const missing = lacking(record).filter(({ code }) => code !== "reason");
  body.append(
    record.base ? correctionPart(page) : "",
    ...missing.map(({ code }) => h("p", { class: "flag flag-over" }, h("span", { class: "flag-sign", "aria-hidden": "true" }, "✕"), lackingWords(code))),
    part("identify", h("p", null, check.subject_kind === "machine" ? h("span", { class: "machine-number" }, check.subject) : plate(check.subject, check.colour), " ",
      check.colour ? word("plate_colour", check.colour) : ""), h("p", null, word("inspection_kind", check.kind))),
    part("known", h("p", null, check.place || "–", check.lon === null ? "" : ` (${pointWords(check)})`),
      h("p", null, record.known ? t("In the register") : t("not in the register"))),
    part("checklist", checklistWords(app, check)),
    part("readings", ...(record.verdict?.judgements ?? []).map(judgementCard),
      ...(record.verdict?.sentences ?? []).slice(1).map((sentence) => h("p", { class: "doubt" }, pair(sentence)))),
    part("photos", h("p", null, photoWords(record, photos))),
    part("officers", h("p", null, check.officers.map(({ name, card_number: card }) => (card ? `${name} (${card})` : name)).join(", ") || "–")),
    part("party", h("p", null, check.party ? [check.party.name, check.party.phone, word("signature", check.party.signature)].filter(Boolean).join(" · ") : "–"),
      check.party?.statement ? h("p", null, check.party.statement) : null),
    owesNotice(record.verdict) && !record.base ? part("notice", h("p", null, record.notice ? [record.notice.number ?? t("No number is left on this tablet. The bureau numbers the notice after the check is sent."), record.notice.due_on].filter(Boolean).join(" · ") : t("Not handed over yet"))) : "",
    h("section", { class: "sheet" }, textField(t("Note"), check.note, (value) => page.change((one) => { one.check.note = value; }), { lines: 2, most: 2000, id: "note" })));
  foot.append(
    record.base || record.ended_ms ? "" : tap(t("Void the check"), async () => {
      if (await app.confirm(t("Throw this check away? It is on this tablet only."), t("Void the check"), t("Keep it"))) await app.flow.discard(key);
    }, { kind: "danger", id: "discard" }),
    tap(record.base ? t("Finish the correction") : t("Finish"), () => app.flow.finish(key), { kind: "primary", id: "finish" }));
});

function correctionPart(page) {
  const { record } = page;
  return h("section", { class: "sheet" },
    h("p", { class: "flag flag-info" }, h("span", { class: "flag-sign", "aria-hidden": "true" }, "i"),
      t("Correction of {number}; the version before stays on file.", { number: record.base.number })),
    textField(t("Why it is corrected"), record.reason, (value) => page.change((one) => { one.reason = value; }), { lines: 2, most: 500, id: "reason" }));
}

function checklistWords(app, check) {
  const points = app.reference.data?.checklists?.[check.kind] ?? [];
  if (!check.checklist.length) return h("p", null, t("Not gone through"));
  const bad = check.checklist.filter(({ item, answer }) => answer !== points.find((point) => point.item === item)?.ok);
  return bad.length ? h("ul", { class: "plain" }, ...bad.map(({ item, answer, note }) => h("li", null,
    `${answer === "unknown" ? "–" : "✕"} ${pair(points.find((point) => point.item === item)) || word("checklist", item)}${note ? `: ${note}` : ""}`)))
    : h("p", null, `✓ ${t("All in order")}`);
}

function photoWords(record, photos) {
  const counts = new Map();
  for (const { purpose } of photos) counts.set(purpose, (counts.get(purpose) ?? 0) + 1);
  const there = [...counts].map(([purpose, n]) => `${word("evidence_purpose", purpose)} ×${n}`).join(", ");
  const open = photosWanted(record).filter((purpose) => !counts.has(purpose));
  return [there || t("None"), open.length ? t("Still wanted: {what}", { what: open.map((each) => word("evidence_purpose", each)).join(", ") }) : ""].filter(Boolean).join(". ");
}
