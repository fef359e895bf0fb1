// One check to look at: what it says, how the tablet and how the server judged it, its photos; a correction begins here.

import { button, h, mark } from "../elements.js";
import { bytesText, momentOf, timeText } from "../sync/list.js";
import { checkFacts, subjectMark } from "../sync/rows_shown.js";
import { outcomeMark, stateMark, stateWord, why } from "../sync/sentences.js";
import { pair, t, word } from "../words.js";

function verdictSheet(title, verdict, id) {
  if (!verdict || !verdict.outcome) return null;
  const sentences = (verdict.sentences || []).map((one) => h("li", {}, pair(one)));
  const offences = (verdict.offences || []).map((one) => word("offence", one)).join(", ");
  return h(
    "section",
    { class: "sheet", id },
    h("h2", {}, title),
    h("p", { class: "marks" }, mark(outcomeMark(verdict.outcome), word("outcome", verdict.outcome)), mark("plain", word("standing", verdict.standing))),
    offences ? h("p", {}, offences) : null,
    sentences.length > 0 ? h("ul", {}, sentences) : null,
  );
}

async function picture(app, photo, urls) {
  const caption = `${photo.name} · ${bytesText(photo.size || 0)}`;
  const bytes = await app.photos.bytes(photo.id).catch(() => undefined);
  const hash = h("span", { class: "fixed hash" }, `SHA-256 ${photo.sha256.slice(0, 12)}…`);
  if (bytes === undefined) return h("figure", { class: "shot" }, mark("over", t("This photo cannot be read any more.")), h("figcaption", {}, caption, h("br"), hash));
  if (bytes === null) return h("figure", { class: "shot" }, mark("pass", t("On the server; no longer on this tablet.")), h("figcaption", {}, caption, h("br"), hash));
  const url = URL.createObjectURL(new Blob([bytes]));
  urls.push(url);
  return h("figure", { class: "shot" }, h("img", { src: url, alt: word("evidence_purpose", photo.purpose), loading: "lazy" }), h("figcaption", {}, caption, h("br"), hash));
}

function head(subject, colour, state, facts) {
  return [
    h("p", { class: "item-head" }, subjectMark(subject, colour), mark(stateMark(state), stateWord(state))),
    h("dl", { class: "facts" }, facts.filter(([, text]) => text).map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])),
  ];
}

function correctButton(app, kind, correction) {
  if (!app.flow || !app.flow.start) return null;
  return button(t("Correct"), () => app.flow.start(kind, { correction }), { kind: "primary", id: "correct" });
}

async function ofDevice(app, record, urls) {
  const { check, answer, verdict, problem, state } = record;
  const photos = await app.photos.of(record.key).catch(() => []);
  const differs = answer && answer.same_verdict === false;
  const act = {
    draft: () => (app.flow ? button(t("Go on with it"), () => app.flow.resume(record.key), { kind: "primary", id: "resume" }) : null),
    sent: () => (answer && answer.id ? correctButton(app, check.kind, record) : null),
    conflict: () => button(t("Compare and decide"), () => app.go(`/conflict/${record.key}`), { kind: "primary" }),
  }[state];
  return [
    head(check.subject, check.colour, state, [
      [t("Number"), (answer && answer.number) || (record.base && record.base.number)],
      [t("Version"), answer && answer.version],
      [t("Time"), timeText(momentOf(record))],
      [t("Reason"), record.reason],
      [t("Notice"), record.notice && record.notice.number],
      [t("Why"), ["sent", "draft"].includes(state) ? null : why(problem)],
    ]),
    differs ? h("p", {}, mark("doubt", t("The server judged it otherwise than the tablet. The server's verdict counts."))) : null,
    verdictSheet(t("Judged by the server"), answer, "verdict-server"),
    verdictSheet(t("Judged on the tablet"), verdict, "verdict-tablet"),
    h("section", { class: "sheet" }, h("h2", {}, t("What was found")), checkFacts(app, check)),
    photos.length > 0 ? h("section", { class: "sheet" }, h("h2", {}, t("Photos")), h("div", { class: "shots" }, await Promise.all(photos.map((one) => picture(app, one, urls))))) : null,
    h("div", { class: "foot" }, act ? act() : null),
  ];
}

function ofServer(app, row) {
  const files = row.files || [];
  return [
    head(row.subject_text, row.colour, "sent", [
      [t("Number"), row.number], [t("Version"), row.version], [t("Time"), timeText(Date.parse(row.at))],
      [t("Recorded by"), row.recorded_by && (row.recorded_by.name || String(row.recorded_by))], [t("Photos"), String(files.length)],
      [t("State"), row.status === "withdrawn" ? t("withdrawn") : null],
    ]),
    verdictSheet(t("Judged by the server"), row, "verdict-server"),
    h("section", { class: "sheet" }, h("h2", {}, t("What was found")), checkFacts(app, row.check || row.content || {})),
    h("div", { class: "foot" }, row.status === "withdrawn" ? null : correctButton(app, row.kind, row)),
  ];
}

async function show(root, params, app) {
  const urls = [];
  const record = params.key ? await app.checks.get(params.key) : null;
  const row = params.id ? await app.inspections.get(params.id) : null;
  const gone = h("p", { class: "empty" }, t("This check is not kept on the tablet any more. Look it up at the bureau."));
  const parts = record ? await ofDevice(app, record, urls) : row ? ofServer(app, row) : [gone];
  root.append(...parts.flat(3).filter(Boolean));
  return () => urls.forEach((url) => URL.revokeObjectURL(url));
}

export default { path: "/record/:key", title: () => t("What was found"), up: "/checks", show };
export const onServer = { path: "/record/server/:id", title: () => t("What was found"), up: "/checks", show };
