// The repair notice as it is read on the glass and printed: Chinese always, English beside it where the page speaks it.

import { h } from "../elements.js";
import { dayOf } from "../rules/days.js";
import { noticeText, repairDueOn } from "../rules/notice.js";
import { RuleMissing } from "../rules/rulebook.js";
import { language } from "../words.js";
import { momentOf } from "./moment.js";
import { unitWords, valueWords } from "./verdicts.js";

const BEIJING_MS = 8 * 3_600_000;
const MOST_STATIONS = 8; // on one paper

/**
 * What the notice says, in both languages, by the law of the day of the act: `{number, due_on, title, issuer, paragraphs:
 * [{zh, en}], items, stations}`; the wording is that of the paper the bureau issues.
 */
export function noticeOf(app, record) {
  const { data } = app.reference;
  const at = momentOf(record);
  const due = dueOn(data, at, app.session.division);
  const text = noticeText(data, at, valuesOf(data, record, due, at));
  return {
    number: record.notice?.number ?? null,
    due_on: due,
    title: text.title,
    issuer: text.issuer ?? app.session.organisation,
    items: failedItems(data, record.verdict),
    stations: data.stations ?? [],
    issued: dayZh(dayOf(at)),
    paragraphs: text.paragraphs.zh.map((zh, place) => ({ zh, en: text.paragraphs.en[place] ?? "" })),
  };
}

/** The last day; null where the rule book has no clock for that day. */
function dueOn(data, at, area) {
  try {
    return repairDueOn(data, at, area);
  } catch (fault) {
    if (fault instanceof RuleMissing) return null;
    throw fault;
  }
}

function valuesOf(data, record, due, at) {
  const { check, known } = record;
  const colour = pairOf(data, "plate_colour", check.colour);
  const identity = known?.vin || known?.pin || known?.machine_code;
  const isMachine = check.subject_kind === "machine";
  return {
    party_name: check.party?.name || ["当事人", "the party"],
    subject: isMachine ? [`非道路移动机械${check.subject}`, `Machine ${check.subject}`]
      : [`${colour.zh}${check.subject}`, `${check.subject}, ${colour.en},`],
    identity: identity || ["识别代号未登记", "no identification number on file"],
    acted_at: [momentZh(at), momentEn(at)],
    place: check.place || ["检查地点", "the place of the check"],
    repair_due: due ? [dayZh(due), due] : ["规定期限", "the day to be set"],
    repair_number: record.notice?.number ?? ["由本局补编", "given by the bureau"],
  };
}

/** The items that broke their limit, each once. */
export function failedItems(data, verdict) {
  const rows = (verdict?.judgements ?? []).flatMap(({ items }) => items).filter(({ over }) => over).map((item) => {
    const value = (one) => (typeof one === "string" ? pairOf(data, "measured_value", one) : null);
    return { ...pairOf(data, "measured_item", item.name), value: value(item.value), limit: value(item.limit), item };
  });
  return rows.filter((row, place) => rows.findIndex((each) => each.zh === row.zh && valueWords(each.item) === valueWords(row.item)) === place);
}

function pairOf(data, kind, code) {
  const [zh, en] = data.words?.[kind]?.[code] ?? [code ?? "", code ?? ""];
  return { zh, en };
}

/** "2026年12月24日". */
function dayZh(day) {
  const [year, month, date] = day.split("-").map(Number);
  return `${year}年${month}月${date}日`;
}

function momentZh(ms) {
  const [day, time] = new Date(ms + BEIJING_MS).toISOString().slice(0, 16).split("T");
  const [hour, minute] = time.split(":");
  return `${dayZh(day)}${Number(hour)}时${minute}分`;
}

function momentEn(ms) {
  return new Date(ms + BEIJING_MS).toISOString().slice(0, 16).replace("T", " ");
}

/** The paper itself; the table of what failed comes after the paragraph that leads to it. */
export function noticePaper(notice) {
  const isEnglish = language() === "en";
  const both = (text, tag = "p") => [h(tag, { lang: "zh" }, text.zh), isEnglish && text.en ? h(tag, { lang: "en", class: "beside" }, text.en) : null];
  const lead = Math.max(1, notice.paragraphs.findIndex(({ zh }) => zh.endsWith("如下：")) + 1);
  return h("article", { class: "paper", id: "paper" },
    both(notice.title, "h2"),
    notice.paragraphs.slice(0, lead).map((text) => both(text)),
    itemTable(notice.items, isEnglish),
    notice.paragraphs.slice(lead).map((text) => both(text)),
    notice.stations.length ? h("h3", { lang: "zh" }, "维修、检验机构") : null,
    h("ul", { class: "plain" }, notice.stations.slice(0, MOST_STATIONS).map(stationLine)),
    h("p", { class: "paper-issuer", lang: "zh" }, notice.issuer?.zh ?? "", "（印章）", h("br"), notice.issued));
}

function itemTable(items, isEnglish) {
  const bare = (item, value) => valueWords({ ...item, value, limit: null, unit: "" });
  const rows = items.map(({ zh, en, value, limit, item }) => h("tr", null,
    h("td", null, h("span", { lang: "zh" }, zh), isEnglish ? h("span", { lang: "en", class: "beside" }, ` ${en}`) : null),
    h("td", null, value ? value.zh : bare(item, item.value)),
    h("td", null, limit ? limit.zh : item.limit === null ? "—" : bare(item, item.limit)),
    h("td", null, item.unit === "Ringelmann" ? "级" : unitWords(item.unit) || "—")));
  return h("table", null,
    h("thead", null, h("tr", null, ["项目", "检测值", "限值", "单位"].map((name) => h("th", { lang: "zh", scope: "col" }, name)))),
    h("tbody", null, rows));
}

function stationLine({ kind, name, address, phone }) {
  return h("li", { lang: "zh" }, h("strong", null, name), ` ${kind === "inspection" ? "检验" : "维修"} `, [address, phone].filter(Boolean).join(" · "));
}
