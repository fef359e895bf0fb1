/** In which zones a fix lies, and how sure that is (geo/zones.py): the boundary counts as inside. */

import { bannedReasons } from "../rules/banned_visit.js";
import { contextOf } from "../rules/context.js";
import { dayName, dayNumber, microsOf } from "../rules/days.js";

const SEMI_MAJOR_M = 6378137.0;
const ECCENTRICITY2 = 0.00669437999014;
const LEAST_COSINE = 1e-3;
const POINT_M2 = 1e-12; // an edge shorter than a micrometre is a point
const WEEKDAYS = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"]; // of 1970-01-01 and the days after
const UNKNOWN_ACCURACY_M = 50; // what geo.zones takes where a fix does not say

/**
 * The zone versions in force that a fix is in or too near to tell.
 * @param {object[]} zones of the reference file
 * @param {number} lon degrees WGS-84
 * @param {number} lat degrees WGS-84
 * @param {number|null} accuracyM null counts as 50 m
 * @param {number} atMs
 * @returns {{zone: object, state: "inside"|"uncertain"}[]}
 */
export function locate(zones, lon, lat, accuracyM, atMs) {
  if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90)) return [];
  const accuracy = accuracyM ?? UNKNOWN_ACCURACY_M;
  const found = [];
  for (const zone of zones) {
    if (!inForce(zone, atMs)) continue;
    if (isNear(zone, lon, lat, accuracy)) found.push({ zone, state: "uncertain" });
    else if (isInside(zone, lon, lat)) found.push({ zone, state: "inside" });
  }
  return found;
}

/** Whether a version is in force: [valid_from, valid_to). */
export function inForce(zone, atMs) {
  const at = atMs * 1000;
  return microsOf(zone.valid_from) <= at && (zone.valid_to === null || at < microsOf(zone.valid_to));
}

/** Whether a point lies in or on the area of a zone; holes are outside, their edge is not. */
export function isInside(zone, lon, lat) {
  const [west, south, east, north] = boxOf(zone);
  if (lon < west || lon > east || lat < south || lat > north) return false;
  return zone.polygons.some((rings) => {
    const places = rings.map((ring) => placeIn(ring, lon, lat));
    return places[0] >= 0 && places.slice(1).every((place) => place <= 0);
  });
}

/** 1 inside the ring, 0 on it, -1 outside. */
function placeIn(ring, x, y) {
  let isIn = false;
  for (let k = 0; k + 1 < ring.length; k += 1) {
    const [ax, ay] = ring[k];
    const [bx, by] = ring[k + 1];
    if (y < Math.min(ay, by) || y > Math.max(ay, by)) continue;
    if (ay === by) {
      if (x >= Math.min(ax, bx) && x <= Math.max(ax, bx)) return 0;
      continue;
    }
    const side = orientation(ax, ay, bx, by, x, y);
    if (side === 0) return 0;
    if (ay > y !== by > y && side > 0 === by > ay) isIn = !isIn;
  }
  return isIn ? 1 : -1;
}

/** Sign of the turn a -> b -> p: exact, by whole numbers where floating point cannot tell. */
function orientation(ax, ay, bx, by, px, py) {
  const left = (ax - px) * (by - py);
  const right = (ay - py) * (bx - px);
  const turn = left - right;
  if (Math.abs(turn) > 4e-16 * (Math.abs(left) + Math.abs(right))) return Math.sign(turn);
  const [a, b, c, d, e, f] = wholes([ax, ay, bx, by, px, py]);
  const exact = (a - e) * (d - f) - (b - f) * (c - e);
  return exact > 0n ? 1 : exact < 0n ? -1 : 0;
}

const STEP = 2n ** 60n;

/** Degrees as exact multiples of 2^-112: what a double below 1024 in size and above 2^-60 can hold. */
function wholes(values) {
  return values.map((value) => {
    let rest = Math.abs(value);
    let whole = BigInt(Math.floor(rest));
    rest -= Math.floor(rest);
    whole *= STEP * STEP;
    const high = Math.floor(rest * 2 ** 60);
    whole += BigInt(high) * STEP;
    whole += BigInt(Math.round((rest * 2 ** 60 - high) * 2 ** 60));
    return value < 0 ? -whole : whole;
  });
}

/** Whether the boundary lies closer to the point than so many metres. */
function isNear(zone, lon, lat, metres) {
  if (!(metres > 0)) return false;
  const [west, south, east, north] = boxOf(zone);
  const [scaleX, scaleY] = metresPerDegree((south + north) / 2);
  const [reachX, reachY] = [metres / scaleX, metres / scaleY];
  if (lon < west - reachX || lon > east + reachX || lat < south - reachY || lat > north + reachY) return false;
  return zone.polygons.some((rings) =>
    rings.some((ring) => ring.some((end, k) => k > 0 && distance2(ring[k - 1], end, lon, lat, scaleX, scaleY) < metres * metres)),
  );
}

function distance2([ax, ay], [bx, by], lon, lat, scaleX, scaleY) {
  let east = (lon - ax) * scaleX;
  let north = (lat - ay) * scaleY;
  const edgeEast = (bx - ax) * scaleX;
  const edgeNorth = (by - ay) * scaleY;
  const length2 = edgeEast ** 2 + edgeNorth ** 2;
  const share = length2 > POINT_M2 ? 1 / length2 : 0;
  const along = Math.min(Math.max((east * edgeEast + north * edgeNorth) * share, 0), 1);
  east -= along * edgeEast;
  north -= along * edgeNorth;
  return east * east + north * north;
}

/** Metres east and north per degree at a latitude of the WGS-84 ellipsoid (geo/metres.py). */
function metresPerDegree(lat) {
  const radian = Math.PI / 180;
  const w2 = 1 - ECCENTRICITY2 * Math.sin(lat * radian) ** 2;
  const prime = SEMI_MAJOR_M / Math.sqrt(w2);
  const meridian = (SEMI_MAJOR_M * (1 - ECCENTRICITY2)) / w2 ** 1.5;
  return [radian * prime * Math.max(Math.cos(lat * radian), LEAST_COSINE), radian * meridian];
}

const boxes = new WeakMap();

/** [west, south, east, north] of a zone. */
function boxOf(zone) {
  let box = boxes.get(zone);
  if (!box) {
    box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y] of zone.polygons.flatMap((rings) => rings[0])) {
      box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
    }
    boxes.set(zone, box);
  }
  return box;
}

/**
 * Why a zone forbids a subject at a moment; empty: allowed, not bound, or outside the hours of the zone.
 * @param {object} zone of the reference file
 * @param {object} subject register facts or the subject of a check: kind, stage, stage_basis, fuel, category, device, registration_no
 * @param {number} atMs
 * @param {object} reference app.reference, or its data
 * @param {string[]} [purposes] what it is shown to be out for
 * @returns {{code: string, zh: string, en: string, firm: boolean}[]} firm: a breach; else a lead
 */
export function banned(zone, subject, atMs, reference, purposes = []) {
  const data = reference.data ?? reference;
  if (!inHours(zone.terms, atMs, data.calendar)) return [];
  const known = {
    kind: subject.kind,
    stage: subject.stage || "X",
    fuel: subject.fuel || "unknown",
    category: subject.category || "unknown",
    device: subject.device || "unknown",
    coded: Boolean(subject.registration_no),
    dated: subject.stage_basis === "date",
  };
  const reasons = bannedReasons(contextOf(data, atMs), known, zone.terms, purposes);
  return reasons.map((reason) => ({ ...reason.sentence, firm: reason.isFirm }));
}

/**
 * Whether terms are in force at a moment of the day it falls on.
 * @param {object} terms
 * @param {number} atMs
 * @param {object} calendar of the reference file
 */
export function inHours(terms, atMs, calendar) {
  if (!terms.windows.length) return true;
  const { day, ofDayMs } = dayNumber(atMs);
  return terms.windows.some((window) => {
    const [first, last] = [minuteOf(window.from), minuteOf(window.to)].map((minute) => minute * 60_000);
    const today = isOn(window.days, day, calendar);
    if (first < last) return today && ofDayMs >= first && ofDayMs < last;
    return (today && ofDayMs >= first) || (isOn(window.days, day - 1, calendar) && ofDayMs < last);
  });
}

function minuteOf(clock) {
  const [hour, minute] = clock.split(":").map(Number);
  return hour * 60 + minute;
}

function isOn(days, day, calendar) {
  return !days?.length || days.includes(weekdayOf(day)) || days.includes(kindOfDay(day, calendar));
}

function weekdayOf(day) {
  return WEEKDAYS[((day % 7) + 7) % 7];
}

/**
 * What a day is: workday, rest_day or holiday.
 * @param {number} day since 1970-01-01
 * @param {{holidays: string[], workdays: string[], rest_days: string[]}} calendar the days that are not what their
 *   weekday says
 */
export function kindOfDay(day, calendar) {
  const name = dayName(day);
  if (calendar.holidays.includes(name)) return "holiday";
  if (calendar.workdays.includes(name)) return "workday";
  if (calendar.rest_days.includes(name)) return "rest_day";
  return ["sat", "sun"].includes(weekdayOf(day)) ? "rest_day" : "workday";
}
