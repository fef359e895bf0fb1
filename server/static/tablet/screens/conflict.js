// Two versions of one inspection side by side, and what is to be done: nothing is overwritten unseen, both stay on file.

import { button, fill, h, mark } from "../elements.js";
import { compare, defaultsOf } from "../sync/conflicts.js";
import { timeText } from "../sync/list.js";
import { keepTheirs, sendMerged, sendMine, theirsOf } from "../sync/resolve.js";
import { subjectMark } from "../sync/rows_shown.js";
import { nameOf, valueText, why } from "../sync/sentences.js";
import { t } from "../words.js";

const REASON_LEAST = 4; // as the server asks

function rowOf(app, row, taken) {
  const id = row.path.join(".");
  const name = nameOf(app, row.path);
  const cell = (side, value) => {
    const text = [h("span", { class: "side" }, side === "mine" ? t("Mine") : t("Theirs")), h("span", { class: "said" }, valueText(row.path, value))];
    if (!row.differs) return h("div", { class: "version" }, text);
    const tap = button("", () => choose(side), { "data-side": side, "aria-pressed": "false" });
    fill(tap, text);
    return h("div", { class: "version" }, tap);
  };
  const [theirs, mine] = [cell("theirs", row.theirs), cell("mine", row.mine)];
  function choose(side) {
    if (side === "mine") taken.add(id);
    else taken.delete(id);
    paint();
  }
  function paint() {
    if (!row.differs) return;
    mine.firstChild.setAttribute("aria-pressed", String(taken.has(id)));
    theirs.firstChild.setAttribute("aria-pressed", String(!taken.has(id)));
  }
  paint();
  return h(
    "div",
    { class: row.differs ? "pair pair-differs" : "pair", "data-path": id, role: "group", "aria-label": name },
    h("p", { class: "pair-name" }, name, row.differs ? mark("doubt", t("differs")) : null),
    h("div", { class: "pair-sides" }, theirs, mine),
  );
}

function who(theirs) {
  const by = theirs.recorded_by && (theirs.recorded_by.name || String(theirs.recorded_by));
  return [by, timeText(Date.parse(theirs.changed_at || theirs.recorded_at || theirs.at))].filter(Boolean).join(", ");
}

function decisions(app, record, theirs, taken) {
  const reason = h("textarea", { id: "reason", rows: 3, maxlength: 400, value: record.reason || "" });
  const fault = h("p", { class: "fault", id: "reason-fault", role: "alert" });
  const act = (work) => async () => {
    if (reason.value.trim().length < REASON_LEAST) {
      fill(fault, t("Say why, in at least four characters."));
      reason.setAttribute("aria-invalid", "true");
      reason.focus();
      return;
    }
    await work(reason.value.trim());
    app.toast(t("Decided. It is sent now; both versions stay on file."), "pass");
    app.go("/checks", { replace: true });
  };
  const whole = Boolean(theirs.check);
  return h(
    "section",
    { class: "sheet" },
    h("div", { class: "field" }, h("label", { for: "reason" }, t("Reason")), reason, fault),
    h(
      "div",
      { class: "row row-even" },
      whole ? button(t("Keep theirs"), act((text) => keepTheirs(app, record, theirs, text)), { id: "keep-theirs" }) : null,
      button(t("Send mine on top of theirs"), act((text) => sendMine(app, record, theirs, text)), { id: "send-mine" }),
      whole ? button(t("Send what is chosen above"), act((text) => sendMerged(app, record, theirs, text, taken)), { id: "send-merged", kind: "primary" }) : null,
    ),
    h("p", { class: "hint" }, t("Whatever you decide, both versions stay on file at the bureau.")),
  );
}

async function show(root, params, app) {
  const record = await app.checks.get(params.key);
  if (!record || record.state !== "conflict") {
    root.append(h("p", { class: "empty" }, t("There is nothing to decide here any more.")), button(t("To the list"), () => app.go("/checks")));
    return;
  }
  const theirs = await theirsOf(app, record);
  root.classList.add("screen-wide");
  root.append(h("p", { class: "item-head" }, subjectMark(record.check.subject, record.check.colour), theirs ? ` ${theirs.number}` : null), h("p", { class: "lead" }, why(record.problem)));
  if (!theirs || !theirs.version) {
    root.append(h("p", {}, t("The version of the server is not on this tablet yet. Open this screen again with a connection.")));
    return;
  }
  const rows = compare(record.check, theirs.check || {}, defaultsOf(((app.reference && app.reference.data) || {}).fields));
  const taken = new Set(rows.filter((row) => row.differs).map((row) => row.path.join(".")));
  const photos = await app.photos.of(record.key).catch(() => []);
  const same = rows.filter((row) => !row.differs);
  root.append(
    h("p", {}, t("Theirs: version {version}, {who}. Mine: made on this tablet, with {n} photos.", { version: theirs.version, who: who(theirs), n: photos.length })),
    h("div", { id: "differences" }, rows.filter((row) => row.differs).map((row) => rowOf(app, row, taken))),
    same.length > 0 ? h("details", {}, h("summary", { class: "tap tap-quiet" }, t("{n} alike", { n: same.length })), same.map((row) => rowOf(app, row, taken))) : null,
    decisions(app, record, theirs, taken),
  );
}

export default { path: "/conflict/:key", title: () => t("Two versions"), up: "/unsent", show };
