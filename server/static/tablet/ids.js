// Ids made on the device. UUIDv7 (RFC 9562): 48 bits of time, 74 of chance; sorted by age, the same check has one for good.

let lastMs = 0;
let lastCount = 0;

/**
 * A UUIDv7; ids made in one millisecond, or after the clock was set back a little, still sort as they were made.
 * @param {number} [nowMs] milliseconds since 1970
 * @returns {string}
 */
export function uuid7(nowMs = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  if (nowMs > lastMs || lastMs - nowMs > 60000) {
    lastMs = nowMs;
    lastCount = bytes[6] & 0x07; // room to count upwards from
    lastCount = (lastCount << 8) | bytes[7];
  } else {
    lastCount += 1;
    if (lastCount > 0xfff) {
      lastMs += 1;
      lastCount = 0;
    }
  }
  for (let at = 5, rest = lastMs; at >= 0; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | (lastCount >> 8);
  bytes[7] = lastCount & 0xff;
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The time in a UUIDv7, milliseconds since 1970. */
export function timeOf(id) {
  return parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}
