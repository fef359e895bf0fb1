// A photo made small enough for a weak line, upright, with the original's time and place in it.
//
// What is sent and hashed is the small picture; of the original its own hash, size and time are kept, so that the
// file in the tablet's gallery can be told to be the same shot.

import { jpegSize, readExif, withExif } from "./exif.js";
import { sha256Hex } from "./hash.js";
import { PHOTO_LONGEST_PX, PHOTO_MOST_BYTES, PHOTO_MOST_PIXELS } from "./limits.js";

const QUALITIES = [0.85, 0.75, 0.65, 0.55, 0.45];

/** The file is no picture that this browser can open, or too large to unpack; `code` is "unreadable" or "too_large". */
export class PhotoFault extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/**
 * The small JPEG of a shot. Raises PhotoFault.
 * @param {Blob} shot what the camera or the file picker gave
 * @param {{device?: {taken: string, zone: string, lon: number|null, lat: number|null, accuracy_m: number|null}|null}} options
 *   `device`: our own camera view, whose pictures hold no EXIF; what the device knows of time and place goes in
 * @returns {Promise<{bytes: Uint8Array, sha256: string, width: number, height: number, lon: number|null,
 *   lat: number|null, taken_at: string|null, original: object|null}>}
 */
export async function shrink(shot, { device = null } = {}) {
  const original = new Uint8Array(await shot.arrayBuffer());
  const told = readExif(original);
  refuseHuge(jpegSize(original));
  const bitmap = await opened(shot);
  try {
    refuseHuge(bitmap);
    const made = await drawn(bitmap);
    const place = device ?? told;
    const bytes = withExif(made.bytes, place);
    return {
      bytes,
      sha256: await sha256Hex(bytes),
      width: made.width,
      height: made.height,
      lon: place.lon,
      lat: place.lat,
      taken_at: device ? null : told.taken_at,
      original: device ? null : {
        sha256: await sha256Hex(original), bytes: original.length, taken_at: told.taken_at, lon: told.lon, lat: told.lat,
        width: bitmap.width, height: bitmap.height,
      },
    };
  } finally {
    bitmap.close();
  }
}

async function opened(shot) {
  try {
    return await createImageBitmap(shot, { imageOrientation: "from-image" });
  } catch {
    throw new PhotoFault("unreadable");
  }
}

function refuseHuge(size) {
  if (size && size.width * size.height > PHOTO_MOST_PIXELS) throw new PhotoFault("too_large");
}

/** As many pixels and as good as fits; a picture of gravel gives in with both. */
async function drawn(bitmap) {
  for (let longest = PHOTO_LONGEST_PX; ; longest = Math.round(longest * 0.8)) {
    const canvas = scaled(bitmap, longest);
    for (const quality of QUALITIES) {
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (!blob) throw new PhotoFault("unreadable");
      if (blob.size <= PHOTO_MOST_BYTES || longest < 600) {
        return { bytes: new Uint8Array(await blob.arrayBuffer()), width: canvas.width, height: canvas.height };
      }
    }
  }
}

function scaled(bitmap, longest) {
  const share = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * share));
  canvas.height = Math.max(1, Math.round(bitmap.height * share));
  const pen = canvas.getContext("2d", { alpha: false });
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
