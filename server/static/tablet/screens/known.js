// What the register says, where we stand, what is forbidden there, what to look for.

import { chips, select, tap, textField } from "../check/controls.js";
import { numberOf } from "../check/drafts.js";
import { divisionName, pointWords, zonesHere } from "../check/places.js";
import { stepScreen } from "../check/step_page.js";
import { h } from "../elements.js";
import { lookFor } from "../rules/look_for.js";
import { pair, t, word } from "../words.js";

export default stepScreen("known", (page) => {
  const { body, record, app, key } = page;
  const parts = {
    flags: h("div"), facts: h("div"), read: h("div"), place: h("section", { class: "sheet", "aria-live": "polite" }),
    look: h("div"),
  };
  body.append(parts.flags, parts.place, parts.look, parts.facts, parts.read);
  const draw = () => {
    parts.flags.replaceChildren(...flags(record.known));
    parts.facts.replaceChildren(facts(app, record));
    parts.place.replaceChildren(...placeCard(page, draw));
    parts.look.replaceChildren(...hints(app, record));
  };
  parts.read.replaceChildren(...readHere(page, draw));
  draw();
  page.primary(t("Checklist"), () => app.flow.next(key));
  const moved = () => parts.place.contains(document.activeElement) || draw();
  window.addEventListener("position", moved);
  return () => window.removeEventListener("position", moved);
});

/** What an inspector must see before anything else. */
function flags(known) {
  if (!known) {
    return [flag("due", "?", t("Not in the register of this tablet. Read stage and fuel off the plate of the engine."))];
  }
  const notice = known.open_notice;
  return [
    notice?.overdue ? flag("over", "✕", t("Repair overdue since {day} (notice {number})", { day: notice.due_on, number: notice.number })) : null,
    notice && !notice.overdue ? flag("due", "!", t("To be repaired by {day} (notice {number})", { day: notice.due_on, number: notice.number })) : null,
    known.open_cases ? flag("over", "!", t("Open cases: {n}", { n: known.open_cases })) : null,
    ...(known.watch ?? []).map((reason) => flag("lead", "◆", t("Watch list: {why}", { why: word("watch_reason", reason) }))),
    known.whitelist ? flag("good", "✓", t("White list until {day}: {purpose}", { day: known.whitelist.until, purpose: word("purpose", known.whitelist.purpose) })) : null,
  ].filter(Boolean);
}

function flag(kind, sign, words) {
  return h("p", { class: `flag flag-${kind}` }, h("span", { "aria-hidden": "true", class: "flag-sign" }, sign), words);
}

function facts(app, record) {
  const { known } = record;
  if (!known) return h("div");
  const isTruck = known.kind === "truck";
  const lines = [
    [t("Stage"), known.stage && `${word(isTruck ? "truck_stage" : "machine_stage", known.stage)}${known.stage_basis && known.stage_basis !== "unknown" ? ` (${word("stage_basis", known.stage_basis)})` : ""}`],
    [t("Fuel"), known.fuel && word("fuel", known.fuel)],
    [t("Category"), known.category && word(isTruck ? "truck_category" : "machine_category", known.category)],
    [t("Power"), known.power_kw && `${known.power_kw} kW`],
    [t("After-treatment"), [].concat(known.after_treatment ?? []).filter((each) => each !== "unknown").map((each) => word("after_treatment", each)).join(", ")],
    ["VIN", known.vin], ["PIN", known.pin],
    [t("Machine code"), known.machine_code !== numberOf(known) && known.machine_code],
    [t("Maker"), [known.maker, known.model].filter(Boolean).join(" ")], [t("Built"), known.built_on],
    [t("Registered"), known.registered_on], [t("Owner"), known.owner], [t("Enterprise"), known.enterprise],
    [t("Division"), known.division && divisionName(app, known.division)],
  ].filter(([, value]) => value);
  const last = (known.last ?? []).map(({ at, kind, outcome }) =>
    h("li", null, `${String(at).slice(0, 10)} ${word("inspection_kind", kind)}: ${word("outcome", outcome)}`));
  return h("section", { class: "sheet" },
    h("h2", null, t("In the register")),
    h("dl", { class: "facts" }, ...lines.flatMap(([name, value]) => [h("dt", null, name), h("dd", null, value)])),
    last.length ? h("h3", null, t("Last checks")) : null, last.length ? h("ul", { class: "plain" }, ...last) : null);
}

// --- the place

function placeCard(page, redraw) {
  const { app, record, key } = page;
  const { check } = record;
  const { fault } = app.flow.position();
  const zones = zonesHere(app, record, record.device_at);
  const state = check.lon !== null ? pointWords(check)
    : fault === "denied" ? t("The tablet may not use its position: allow it in the settings, or set the place by hand.")
    : fault ? t("No position yet. Go on; it is taken as soon as it comes, or set the place by hand.")
    : check.place ? "" : t("Waiting for the position …");
  return [
    h("h2", null, t("Where we stand")),
    h("p", { class: "place-words" }, check.place || null, check.place && state ? h("br") : null, h("span", { class: "figures" }, state)),
    ...zones.flatMap(zoneLines),
    zones.length || check.lon === null ? null : h("p", null, t("No zone here.")),
    tap(t("Set the place by hand"), () => byHand(page, redraw), { kind: "quiet", id: "by-hand" }),
  ].filter(Boolean);
}

function zoneLines({ zone, state, bans }) {
  const name = pair({ zh: zone.name_zh, en: zone.name_en });
  const where = state === "inside" ? t("In the zone: {name}", { name }) : t("Perhaps in the zone: {name} (near its edge)", { name });
  return [
    flag(state === "inside" ? "info" : "due", state === "inside" ? "▣" : "?", where),
    ...bans.map((ban) => flag("over", "✕", pair(ban))),
    bans.length ? null : h("p", { class: "hint" }, t("Nothing is forbidden to it here.")),
  ];
}

function byHand({ app, record, key, body }, redraw) {
  const card = body.querySelector(".sheet");
  const divisions = (app.reference.data?.divisions ?? []).map(([code, zh, en]) => [code, pair({ zh, en })]);
  const typed = { lat: record.check.lat ?? "", lon: record.check.lon ?? "", place: record.check.place };
  const fault = h("p", { class: "fault", role: "alert" });
  const use = async () => {
    const point = pointOf(typed);
    if (point === undefined) {
      fault.textContent = t("Latitude and longitude in degrees, both or neither, like 41.57650 and 120.45120.");
      return;
    }
    if (point === null && !typed.place.trim()) {
      fault.textContent = t("Choose a division or write where it is.");
      return;
    }
    await app.flow.change(key, (one) => {
      Object.assign(one.check, { lon: point?.lon ?? null, lat: point?.lat ?? null, accuracy_m: null, place: typed.place.trim() });
      one.placed = "hand";
    });
    redraw();
  };
  card.replaceChildren(
    h("h2", null, t("Set the place by hand")),
    select(t("Division"), divisions, null, (code) => {
      typed.place = divisionZh(app, code);
      card.querySelector("#place-text").value = typed.place;
    }),
    textField(t("Place in words"), typed.place, (value) => { typed.place = value; }, { id: "place-text", most: 200 }),
    h("div", { class: "two" },
      textField(t("Latitude"), typed.lat, (value) => { typed.lat = value; }, { mode: "decimal", id: "place-lat", most: 12 }),
      textField(t("Longitude"), typed.lon, (value) => { typed.lon = value; }, { mode: "decimal", id: "place-lon", most: 12 })),
    fault,
    h("div", { class: "two" }, tap(t("Use this place"), use, { kind: "primary", id: "use-place" }),
      tap(t("Use the tablet's position"), async () => {
        await app.flow.change(key, (one) => {
          one.placed = null;
          Object.assign(one.check, { lon: null, lat: null, accuracy_m: null, place: "" });
        });
        app.flow.locate();
        redraw();
      }, { kind: "quiet", id: "use-position" })));
  card.querySelector("select").focus();
}

function divisionZh(app, code) {
  return app.reference.data?.divisions?.find(([each]) => each === code)?.[1] ?? "";
}

/** A typed point; null for none, undefined for one that cannot be. */
function pointOf({ lon, lat }) {
  if (String(lon).trim() === "" && String(lat).trim() === "") return null;
  const east = Number(String(lon).trim() || NaN), north = Number(String(lat).trim() || NaN);
  return Math.abs(east) <= 180 && Math.abs(north) <= 90 ? { lon: east, lat: north } : undefined;
}

// --- what to look for, and what is read off the plate

function hints(app, record) {
  const { check, known } = record;
  const facts = known ?? { kind: check.subject_kind ?? "truck", stage: check.stage, fuel: check.fuel, category: check.category };
  const rows = lookFor(app.reference.data, facts);
  if (!rows.length) return [];
  return [h("section", { class: "sheet" }, h("h2", null, t("Look for")),
    h("ul", { class: "look-for" }, rows.map((row) => h("li", null, pair(row)))))];
}

function readHere({ app, record, key, change }, redraw) {
  const { known, check } = record;
  const unknown = (name) => !known?.[name] || ["X", "unknown"].includes(known[name]);
  const isTruck = (known?.kind ?? check.subject_kind) !== "machine";
  const codes = (kind) => Object.keys(app.reference.data?.words?.[kind] ?? {}).map((code) => [code, word(kind, code)]);
  const put = (name) => async (value) => {
    await change((one) => { one.check[name] = value; });
    redraw();
  };
  const again = async (kind) => {
    await change((one) => Object.assign(one.check, { subject_kind: kind, stage: null, category: null }));
    app.go(`/check/${key}/known`);
  };
  const stages = isTruck ? "truck_stage" : "machine_stage";
  const categories = isTruck ? "truck_category" : "machine_category";
  const fields = [
    known ? null : chips(t("It is a"), [["truck", word("subject_kind", "truck")], ["machine", word("subject_kind", "machine")]], check.subject_kind, again),
    unknown("stage") ? select(t("Stage"), codes(stages), check.stage, put("stage")) : null,
    unknown("fuel") ? select(t("Fuel"), codes("fuel"), check.fuel, put("fuel")) : null,
    unknown("category") ? select(t("Category"), codes(categories), check.category, put("category")) : null,
    isTruck || known?.power_kw ? null
      : textField(t("Power, kW"), check.power_kw ?? "", (value) => put("power_kw")(powerOf(value)), { mode: "decimal", most: 7 }),
  ].filter(Boolean);
  if (!fields.length) return [];
  return [h("section", { class: "sheet" }, h("h2", null, t("Read off the plate")), h("div", { class: "two" }, ...fields))];
}

function powerOf(text) {
  const power = Number(text.replace(",", "."));
  return power > 0 && power <= 3000 ? power : null;
}
