// What a camera wrote into a JPEG of time and place (EXIF 2.32), and the same into the smaller copy.
//
// Pure: bytes in, values or bytes out. What is read is anybody's: a broken, cut off or circular block says nothing, and
// nothing is thrown. Three directories are read (main, camera, GPS) and none is followed further, so no loop can be.

const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5;
const MOST_ENTRIES = 200; // of a directory; cameras write some forty
const MOST_TEXT = 64;
const ORIENTATION = 0x0112, CAMERA = 0x8769, GPS = 0x8825;
const TAKEN = 0x9003, ZONE = 0x9011;
const LAT_SIDE = 1, LAT = 2, LON_SIDE = 3, LON = 4, GPS_CLOCK = 7, GPS_ERROR = 31, GPS_DAY = 29;
const CAMERA_ZONE = "+08:00"; // of a camera that names none, as the server reads it
const NOTHING = Object.freeze({ taken: null, zone: null, satellite: null, taken_at: null, lon: null, lat: null, accuracy_m: null, orientation: 1 });

/**
 * What a JPEG says of itself; every value is null where it says nothing readable.
 * @param {Uint8Array} bytes
 * @returns {{taken: string|null, zone: string|null, satellite: string|null, taken_at: string|null, lon: number|null,
 *   lat: number|null, accuracy_m: number|null, orientation: number}} `taken` as the camera wrote it ("2026:11:20
 *   09:30:00"), `zone` its offset, `satellite` the time of the satellites, `taken_at` the better of both in ISO 8601;
 *   degrees WGS-84
 */
export function readExif(bytes) {
  try {
    const block = exifBlock(bytes);
    return block ? readBlock(block) : { ...NOTHING };
  } catch {
    return { ...NOTHING };
  }
}

/** Width and height of a JPEG by its frame header, before anything is unpacked; null where it has none. */
export function jpegSize(bytes) {
  for (const { marker, from, to } of segments(bytes)) {
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame && to - from >= 5) {
      return { height: bytes[from + 1] * 256 + bytes[from + 2], width: bytes[from + 3] * 256 + bytes[from + 4] };
    }
  }
  return null;
}

/**
 * The JPEG with time and place in one EXIF block (orientation 1); blocks that it had are left out.
 * @param {Uint8Array} jpeg
 * @param {{taken?: string|null, zone?: string|null, satellite?: string|null, lon?: number|null, lat?: number|null, accuracy_m?: number|null}} told
 * @returns {Uint8Array}
 */
export function withExif(jpeg, told) {
  const old = [...segments(jpeg)].filter(({ marker, from }) => marker === 0xe1 && startsWithExif(jpeg, from));
  const block = writeBlock(told);
  const head = [0xff, 0xe1, (block.length + 8) >> 8, (block.length + 8) & 255, 0x45, 0x78, 0x69, 0x66, 0, 0];
  const kept = [];
  let at = 2;
  for (const { start, to } of old) {
    kept.push(jpeg.subarray(at, start));
    at = to;
  }
  kept.push(jpeg.subarray(at));
  return joined([jpeg.subarray(0, 2), Uint8Array.from(head), block, ...kept]);
}

/** A moment as cameras write it, in the device's own zone: `{taken, zone}`. */
export function cameraTime(ms, minutesEast = -new Date(ms).getTimezoneOffset()) {
  const text = new Date(ms + minutesEast * 60_000).toISOString();
  const part = (value) => String(Math.abs(value)).padStart(2, "0");
  const zone = `${minutesEast < 0 ? "-" : "+"}${part(Math.trunc(minutesEast / 60))}:${part(minutesEast % 60)}`;
  return { taken: text.slice(0, 19).replaceAll("-", ":").replace("T", " "), zone };
}

// --- reading

function* segments(bytes) {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== 0xd8) return;
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const start = at;
    while (at < bytes.length && bytes[at] === 0xff) at += 1;
    const marker = bytes[at];
    at += 1;
    if (marker === 0xda || marker === 0xd9 || at + 2 > bytes.length) return; // pixels begin, or it ends
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    const length = bytes[at] * 256 + bytes[at + 1];
    if (length < 2 || at + length > bytes.length) return;
    yield { marker, start, from: at + 2, to: at + length };
    at += length;
  }
}

function startsWithExif(bytes, at) {
  return [0x45, 0x78, 0x69, 0x66, 0, 0].every((letter, place) => bytes[at + place] === letter);
}

function exifBlock(bytes) {
  for (const { marker, from, to } of segments(bytes)) {
    if (marker === 0xe1 && to - from > 14 && startsWithExif(bytes, from)) return bytes.subarray(from + 6, to);
  }
  return null;
}

function readBlock(block) {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const order = view.getUint16(0);
  const little = order === 0x4949;
  if ((!little && order !== 0x4d4d) || view.getUint16(2, little) !== 42) return { ...NOTHING };
  const main = directory(view, view.getUint32(4, little), little);
  const camera = main.has(CAMERA) ? directory(view, first(main.get(CAMERA)), little) : new Map();
  const gps = main.has(GPS) ? directory(view, first(main.get(GPS)), little) : new Map();
  const taken = cameraMoment(camera.get(TAKEN));
  const zone = taken ? zoneOf(camera.get(ZONE)) : null;
  const lon = degrees(gps.get(LON), gps.get(LON_SIDE), "EW", 180);
  const lat = degrees(gps.get(LAT), gps.get(LAT_SIDE), "NS", 90);
  const placed = lon !== null && lat !== null;
  const satellite = satelliteTime(gps);
  const turned = first(main.get(ORIENTATION));
  return {
    taken,
    zone,
    satellite,
    taken_at: satellite ?? (taken ? isoOf(taken, zone ?? CAMERA_ZONE) : null),
    lon: placed ? lon : null,
    lat: placed ? lat : null,
    accuracy_m: placed ? metres(gps.get(GPS_ERROR)) : null,
    orientation: turned >= 1 && turned <= 8 ? turned : 1,
  };
}

/** Entries of a directory by tag; those that point outside the block are left out. */
function directory(view, at, little) {
  const found = new Map();
  if (!Number.isInteger(at) || at < 8 || at + 2 > view.byteLength) return found;
  const count = Math.min(view.getUint16(at, little), MOST_ENTRIES);
  for (let place = 0; place < count; place += 1) {
    const entry = at + 2 + place * 12;
    if (entry + 12 > view.byteLength) break;
    const value = entryValue(view, entry, little);
    if (value !== null) found.set(view.getUint16(entry, little), value);
  }
  return found;
}

function entryValue(view, entry, little) {
  const type = view.getUint16(entry + 2, little);
  const count = view.getUint32(entry + 4, little);
  const width = TYPE_BYTES[type];
  if (!width || count < 1 || count > MOST_TEXT) return null;
  const size = width * count;
  const from = size <= 4 ? entry + 8 : view.getUint32(entry + 8, little);
  if (from + size > view.byteLength) return null;
  if (type === ASCII) {
    const letters = Array.from({ length: count }, (_, place) => view.getUint8(from + place));
    return String.fromCharCode(...letters).replace(/[\0 ]+$/, "").replace(/^[\0 ]+/, "");
  }
  const read = { [SHORT]: (p) => view.getUint16(p, little), [LONG]: (p) => view.getUint32(p, little),
    [RATIONAL]: (p) => view.getUint32(p, little) / view.getUint32(p + 4, little) }[type];
  return read ? Array.from({ length: count }, (_, place) => read(from + place * width)) : null;
}

function first(value) {
  return Array.isArray(value) ? value[0] : undefined;
}

function cameraMoment(text) {
  return typeof text === "string" && isoOf(text, "Z") ? text : null;
}

function zoneOf(text) {
  return typeof text === "string" && /^[+-](0\d|1[0-4]):[0-5]\d$/.test(text) ? text : null;
}

function isoOf(text, zone) {
  const parts = /^((?:19|20|21)\d\d):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second] = parts;
  const bare = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const moment = new Date(`${bare}Z`);
  // 31 February is read as a day of March: what does not come back as it was is no moment
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(bare) ? `${bare}${zone}` : null;
}

function satelliteTime(gps) {
  const clock = gps.get(GPS_CLOCK), day = gps.get(GPS_DAY);
  if (typeof day !== "string" || !Array.isArray(clock) || clock.length !== 3) return null;
  const [hour, minute, second] = clock.map(Math.trunc);
  if (![hour, minute, second].every((part) => part >= 0 && part < 60)) return null;
  const part = (value) => String(value).padStart(2, "0");
  return isoOf(`${day} ${part(hour)}:${part(minute)}:${part(second)}`, "Z");
}

function degrees(parts, side, sides, most) {
  if (!Array.isArray(parts) || parts.length !== 3 || typeof side !== "string" || !sides.includes(side) || side.length !== 1) {
    return null;
  }
  const value = (parts[0] + parts[1] / 60 + parts[2] / 3600) * (side === "S" || side === "W" ? -1 : 1);
  return Math.abs(value) <= most ? Math.round(value * 1e7) / 1e7 : null; // false for NaN, too
}

function metres(value) {
  const found = first(value);
  return found >= 0 && found < 1e6 ? Math.round(found * 10) / 10 : null;
}

// --- writing (big endian)

function writeBlock({ taken = null, zone = null, satellite = null, lon = null, lat = null, accuracy_m = null }) {
  const camera = [[0x9000, 7, [0x30, 0x32, 0x33, 0x32]]];
  if (taken) camera.push([TAKEN, ASCII, text(taken)]);
  if (taken && zone) camera.push([ZONE, ASCII, text(zone)]);
  const placed = lon !== null && lat !== null;
  const gps = placed || satellite ? [...(placed ? pointEntries(lon, lat) : []), ...timeEntries(satellite)] : null;
  if (gps && placed && accuracy_m !== null && accuracy_m >= 0) {
    gps.push([GPS_ERROR, RATIONAL, [...word(Math.round(accuracy_m * 10)), ...word(10)]]);
  }
  const mainCount = gps ? 3 : 2;
  const cameraAt = 8 + 2 + mainCount * 12 + 4;
  const cameraBytes = writeDirectory(camera, cameraAt);
  const main = [[ORIENTATION, SHORT, [0, 1]], [CAMERA, LONG, word(cameraAt)]];
  if (gps) main.push([GPS, LONG, word(cameraAt + cameraBytes.length)]);
  return Uint8Array.from([
    0x4d, 0x4d, 0, 42, ...word(8),
    ...writeDirectory(main, 8), ...cameraBytes, ...(gps ? writeDirectory(gps, cameraAt + cameraBytes.length) : []),
  ]);
}

function pointEntries(lon, lat) {
  return [
    [LAT_SIDE, ASCII, text(lat < 0 ? "S" : "N")], [LAT, RATIONAL, sexagesimal(Math.abs(lat))],
    [LON_SIDE, ASCII, text(lon < 0 ? "W" : "E")], [LON, RATIONAL, sexagesimal(Math.abs(lon))],
  ];
}

function timeEntries(satellite) {
  if (!satellite) return [];
  const clock = [satellite.slice(11, 13), satellite.slice(14, 16), satellite.slice(17, 19)].map(Number);
  return [
    [GPS_CLOCK, RATIONAL, clock.flatMap((part) => [...word(part), ...word(1)])],
    [GPS_DAY, ASCII, text(satellite.slice(0, 10).replaceAll("-", ":"))],
  ];
}

function writeDirectory(entries, at) {
  const heads = [], tails = [];
  let tailAt = at + 2 + entries.length * 12 + 4;
  for (const [tag, type, value] of entries) {
    const padded = [...value, ...Array(Math.max(0, 4 - value.length)).fill(0)];
    const even = value.length > 4 && value.length % 2 ? [...value, 0] : padded;
    heads.push(...half(tag), ...half(type), ...word(value.length / TYPE_BYTES[type]), ...(value.length > 4 ? word(tailAt) : padded));
    if (value.length > 4) {
      tails.push(...even);
      tailAt += even.length;
    }
  }
  return [...half(entries.length), ...heads, 0, 0, 0, 0, ...tails];
}

function sexagesimal(value) {
  const whole = Math.floor(value), minutes = Math.floor((value - whole) * 60);
  const seconds = Math.round((value - whole - minutes / 60) * 3600 * 100_000);
  return [...word(whole), ...word(1), ...word(minutes), ...word(1), ...word(seconds), ...word(100_000)];
}

function text(value) {
  return [...value].map((letter) => letter.charCodeAt(0) & 127).concat(0);
}

function half(value) {
  return [(value >> 8) & 255, value & 255];
}

function word(value) {
  return [...half(value >>> 16), ...half(value & 0xffff)];
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
