// Photos of a check: made small, hashed, kept sealed, listed on the record; one of a purpose "signature" at most.

import { now } from "../clock.js";
import { cameraTime } from "../photos/exif.js";
import { sha256Hex } from "../photos/hash.js";
import { PhotoFault, shrink } from "../photos/shrink.js";
import { t } from "../words.js";

/**
 * Keep a shot for a check. Returns its id, or null where it could not be kept (said on the screen).
 * @param {Blob} shot
 * @param {boolean} own whether our own camera view made it: then the device's time and place go in
 */
export async function keepShot(app, record, purpose, shot, own) {
  try {
    const device = own ? { ...cameraTime(now()), ...pointNow(app, record) } : null;
    const made = await shrink(shot, { device });
    const point = made.lon === null ? pointNow(app, record) : made;
    return await add(app, record, {
      purpose, name: nameOf(record, purpose, "jpg"), bytes: made.bytes, sha256: made.sha256,
      taken_ms: made.taken_at ? Date.parse(made.taken_at) : now(), lon: point.lon, lat: point.lat, original: made.original,
    });
  } catch (fault) {
    if (!(fault instanceof PhotoFault) && fault.name !== "StorageFull") throw fault;
    app.toast(fault.name === "StorageFull" ? t("The tablet's storage is full: this photo was not kept. Go on-line so that finished checks are sent and make room.")
      : fault.code === "too_large" ? t("The picture is too large for this tablet. Take it with fewer megapixels.")
      : t("This file is no picture that can be opened."), "over");
    return null;
  }
}

/** Keep the signature; the one before goes once the new one is kept. */
export async function keepSignature(app, record, png) {
  const bytes = new Uint8Array(await png.arrayBuffer());
  const before = await signatures(app, record);
  await add(app, record, {
    purpose: "signature", name: "signature.png", bytes, sha256: await sha256Hex(bytes), taken_ms: now(),
    lon: record.check.lon, lat: record.check.lat, original: null,
  });
  for (const { id } of before) await dropShot(app, record, id);
}

/** Take the signature off. */
export async function dropSignature(app, record) {
  for (const { id } of await signatures(app, record)) await dropShot(app, record, id);
}

async function signatures(app, record) {
  return (await app.photos.of(record.key)).filter(({ purpose }) => purpose === "signature");
}

/** Take a photo off. */
export async function dropShot(app, record, id) {
  await app.flow.change(record.key, (one) => { one.photos = one.photos.filter((each) => each !== id); });
  await app.photos.remove(id);
}

async function add(app, record, photo) {
  const { id } = await app.photos.add({ check: record.key, ...photo });
  await app.flow.change(record.key, (one) => { one.photos.push(id); });
  return id;
}

function pointNow(app, record) {
  const { fix } = app.flow.position();
  const { lon, lat, accuracy_m } = fix ?? record.check;
  return { lon: lon ?? null, lat: lat ?? null, accuracy_m: accuracy_m ?? null };
}

function nameOf(record, purpose, ending) {
  return `${purpose}-${String(record.photos.length + 1).padStart(2, "0")}.${ending}`;
}
