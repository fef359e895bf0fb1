// The place in words and what is forbidden there.

import { banned, locate } from "../zones/locate.js";
import { pair } from "../words.js";
import { subjectOf } from "./drafts.js";

/** Zones at the record's place: `[{zone, state, bans: [{code, zh, en}]}]`; [] without a place. */
export function zonesHere(app, record, atMs) {
  const { lon, lat, accuracy_m: accuracy } = record.check;
  const { data } = app.reference;
  if (lon === null || !data) return [];
  return locate(data.zones, lon, lat, accuracy ?? 0, atMs).map(({ zone, state }) => ({
    zone, state, bans: banned(zone, subjectOf(record), atMs, data),
  }));
}

/** The division of this code in the page's language; the code where the tablet has no name for it. */
export function divisionName(app, code) {
  const found = app.reference.data?.divisions?.find(([each]) => each === code);
  return found ? pair({ zh: found[1], en: found[2] }) : code ?? "";
}

/** What is written into the record for a place that the device found. */
export function placeWords(app, record) {
  const zones = zonesHere(app, record, record.device_at).filter(({ state }) => state === "inside");
  const city = divisionNameZh(app, app.session.division);
  return [city, ...zones.map(({ zone }) => zone.name_zh)].filter(Boolean).join("，").slice(0, 200);
}

function divisionNameZh(app, code) {
  return app.reference.data?.divisions?.find(([each]) => each === code)?.[1] ?? "";
}

/** Coordinates as an inspector reads them. */
export function pointWords({ lon, lat, accuracy_m: accuracy }) {
  const point = `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
  return accuracy === null || accuracy === undefined ? point : `${point} ±${Math.round(accuracy)} m`;
}
