// How a check is drawn: its number as a plate, its state, its facts. For the lists and the record.

import { h, mark } from "../elements.js";
import { t, word } from "../words.js";
import { compare } from "./conflicts.js";
import { timeText } from "./list.js";
import { nameOf, outcomeMark, stateMark, stateWord, valueText } from "./sentences.js";

/** A plate in its colour, a machine's number in fixed width. */
export function subjectMark(subject, colour) {
  if (!subject) return h("strong", {}, t("without a number"));
  return colour ? h("span", { class: `plate plate-${colour}` }, subject) : h("span", { class: "machine-number" }, subject);
}

/** A check in a list, to be tapped. */
export function itemRow(app, item) {
  const marks = [mark(stateMark(item.state), stateWord(item.state))];
  if (item.outcome) marks.push(mark(outcomeMark(item.outcome), word("outcome", item.outcome)));
  if (item.withdrawn) marks.push(mark("plain", t("withdrawn")));
  const facts = [timeText(item.at), word("inspection_kind", item.kind), item.correction ? t("correction") : null, item.number || null, item.place || null];
  const inside = h(
    "span",
    { class: "item" },
    h("span", { class: "item-head" }, subjectMark(item.subject, item.colour), marks),
    h("span", { class: "item-facts" }, facts.filter(Boolean).join(" · ")),
  );
  return h("li", { "data-state": item.state, "data-key": item.key }, h("button", { type: "button", class: "tap item-tap", onclick: () => app.go(item.to) }, inside));
}

/** Everything a check says, as facts; what is empty is left out. */
export function checkFacts(app, check) {
  const rows = compare(check, {}).flatMap((row) =>
    row.path.length === 2 && row.path[0] === "methods"
      ? Object.entries(row.mine || {}).map(([field, value]) => ({ path: [...row.path, field], mine: value }))
      : [row],
  );
  const shown = rows.filter((row) => row.mine !== null && row.mine !== "" && !(Array.isArray(row.mine) && row.mine.length === 0));
  return h("dl", { class: "facts facts-sync" }, shown.map((row) => [h("dt", {}, nameOf(app, row.path)), h("dd", {}, valueText(row.path, row.mine))]));
}
