// A check as it goes to the server, put together from the record on the device. Pure.

const TEXTS = ["kind", "subject", "place", "note"];
const PLAIN = [
  "at", "colour", "subject_kind", "stage", "fuel", "category", "power_kw", "rated_power_kw", "lon", "lat", "accuracy_m",
  "weather", "party",
];

const iso = (ms) => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);
const given = (value) => value !== undefined && value !== null && value !== "";
const degrees = (value, most) => (Number.isFinite(value) && Math.abs(value) <= most ? value : null);

function checkOf(check) {
  const found = Object.fromEntries(TEXTS.map((name) => [name, check[name] || ""]));
  for (const name of PLAIN) if (given(check[name])) found[name] = check[name];
  found.methods = check.methods || {};
  found.officers = (check.officers || []).map(({ name, card_number: card }) => ({ name: name || "", card_number: card || "" }));
  found.checklist = check.checklist || [];
  found.instrument_ids = check.instrument_ids || [];
  return found;
}

/**
 * The files of a check: those it lists in their order, those of which the device has bytes though the record does not
 * list them (the device stopped between the two writes), and those that were sent before and whose bytes are gone.
 * @param {object} record @param {object[]} photos facts from the store
 * @returns {object[]} {id, sha256, bytes, purpose, name, taken_ms, lon, lat, lost?}
 */
export function filesOf(record, photos) {
  const left = new Map(photos.map((photo) => [photo.id, photo]));
  const known = new Map((record.files || []).map((file) => [file.id, file]));
  const without = new Set((record.without || []).map((file) => file.id));
  const found = [];
  const add = (photo) => {
    if (without.has(photo.id)) return;
    const { id, sha256, purpose, name, taken_ms, lon, lat } = photo;
    found.push({ id, sha256, bytes: photo.size ?? photo.bytes, purpose, name, taken_ms, lon, lat, ...(photo.lost ? { lost: true } : {}) });
  };
  for (const id of record.photos || []) {
    if (left.has(id)) add(left.get(id));
    else add(known.get(id) || { id, sha256: "", bytes: 0, purpose: "", name: id, lost: true });
    left.delete(id);
  }
  for (const photo of left.values()) add(photo);
  return found;
}

function fileOf({ sha256, bytes, purpose, name, taken_ms, lon, lat }) {
  const point = [degrees(lon, 180), degrees(lat, 90)];
  const placed = point.every((one) => one !== null);
  return {
    sha256, bytes, purpose, name: String(name || `${purpose}.jpg`).slice(0, 300), taken_at: iso(taken_ms),
    lon: placed ? point[0] : null, lat: placed ? point[1] : null,
  };
}

/** One of each hash and purpose: the same bytes photographed into a check twice are one file. */
function once(files) {
  const seen = new Set();
  return files.filter(({ sha256, purpose }) => !seen.has(`${sha256} ${purpose}`) && seen.add(`${sha256} ${purpose}`));
}

/**
 * The body of POST /tablet/sync/checks.
 * @param {object} record @param {object[]} files of filesOf
 * @param {{tabletId: string, sentMs: number, unsent: number}} now
 */
export function bodyOf(record, files, { tabletId, sentMs, unsent }) {
  const { verdict, base, notice, assignment } = record;
  return {
    key: record.key,
    tablet: tabletId,
    base: base ? { id: base.id, version: base.version } : null,
    reason: record.reason || "",
    device_at: iso(record.device_at ?? record.begun_ms),
    offset_ms: Number.isFinite(record.offset_ms) ? Math.round(record.offset_ms) : null,
    begun_at: iso(record.begun_ms),
    ended_at: iso(record.ended_ms),
    sent_at: iso(sentMs),
    check: checkOf(record.check || {}),
    files: once(files).map(fileOf),
    notice: notice && notice.number ? { number: notice.number } : null,
    assignment: assignment ? { id: assignment.id, subject_id: assignment.subject_id ?? null } : null,
    device_verdict: verdict ? { outcome: verdict.outcome, standing: verdict.standing, offences: verdict.offences || [] } : null,
    unsent,
  };
}

/** What a record says, to tell whether it was changed while it was on its way. */
export function saysSame(one, other) {
  const said = (record) =>
    JSON.stringify([record.check, record.reason, record.base, record.notice, record.assignment, record.photos, record.without || []]);
  return said(one) === said(other);
}

/** Whether an answer is the server's own word that the check stands with every one of these files. */
export function confirms(answer, files) {
  const told = answer.json;
  if (answer.status !== 200 && answer.status !== 201) return false;
  if (!told || !Number.isInteger(told.id) || typeof told.number !== "string" || !Array.isArray(told.files)) return false;
  const kept = new Set(told.files.filter((file) => file.item_id).map((file) => file.sha256));
  return files.every((file) => kept.has(file.sha256));
}
