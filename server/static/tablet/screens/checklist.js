// The checklist of the kind: everything stands as in order until a point is turned. While an alert holds it asks more.

import { tap, textField } from "../check/controls.js";
import { stepScreen } from "../check/step_page.js";
import { now, offsetMs } from "../clock.js";
import { h } from "../elements.js";
import { pair, t } from "../words.js";

const TURN = { ok: "bad", bad: "unseen", unseen: "ok" };
const SIGN = { ok: "✓", bad: "✕", unseen: "–" };
const STATE = { ok: () => t("in order"), bad: () => t("not in order"), unseen: () => t("not looked at") };

export default stepScreen("checklist", (page) => {
  const { app, record, key, body, foot } = page;
  const given = new Map(record.check.checklist.map((entry) => [entry.item, entry]));
  const alerts = app.reference.alerts(now() + (offsetMs() ?? 0));
  const points = (app.reference.data?.checklists?.[record.check.kind] ?? [])
    .filter((point) => !point.in_alert || alerts.length || given.has(point.item));
  const rows = points.map((point) => ({ point, state: stateOf(point, given.get(point.item)), note: given.get(point.item)?.note ?? "" }));
  const list = h("ul", { class: "points" });
  const next = tap("", () => leave(), { kind: "primary", id: "next" });
  const all = tap(t("All in order"), () => { for (const row of rows) row.state = "ok"; leave(); }, { kind: "quiet", id: "all-ok" });
  const label = () => {
    const turned = rows.filter(({ state }) => state !== "ok").length;
    next.querySelector("span, b")?.remove();
    next.textContent = turned ? t("Go on, {n} not in order", { n: turned }) : t("All in order");
    all.hidden = !turned;
  };
  const entries = () => rows.map(({ point, state, note }) => ({ item: point.item, answer: answerOf(point, state), note }));
  const keep = () => page.change((one) => { one.check.checklist = entries(); });
  const leave = async () => {
    await keep();
    await app.flow.next(key);
  };
  const draw = (row) => {
    const turn = tap("", () => {
      row.state = TURN[row.state];
      keep();
      label();
      const fresh = draw(row);
      row.element.replaceWith(fresh);
      row.element = fresh;
      fresh.querySelector("button").focus();
    }, { kind: "quiet", className: `point point-${row.state}` });
    turn.replaceChildren(h("span", { class: "point-sign", "aria-hidden": "true" }, SIGN[row.state]),
      h("span", { class: "point-text" }, pair(row.point)), h("span", { class: "point-state" }, STATE[row.state]()));
    return h("li", null, turn,
      row.state === "bad" ? textField(t("What is wrong"), row.note, (value) => { row.note = value; keep(); }) : null);
  };
  for (const row of rows) list.append(row.element = draw(row));
  for (const alert of alerts) {
    body.append(h("section", { class: "alert-measures" },
      h("p", { class: "strip strip-doubt" }, t("Alert in force: {document}", { document: alert.document })),
      h("ul", null, alert.measures.map((measure) => h("li", null, pair(measure))))));
  }
  body.append(h("p", { class: "hint" }, t("Tap a point that is not in order.")), list);
  foot.append(all, next);
  label();
});

function stateOf(point, entry) {
  if (!entry) return "ok";
  if (entry.answer === "unknown") return "unseen";
  return entry.answer === point.ok ? "ok" : "bad";
}

function answerOf(point, state) {
  if (state === "unseen") return "unknown";
  return state === "ok" ? point.ok : { yes: "no", no: "yes" }[point.ok];
}
