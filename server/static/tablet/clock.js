// The clock of the device and how far it is from the server's. Nothing sets the device's clock: the difference is noted.

let offset = null; // server minus device, ms
let keep = () => {};

/** The device's clock, ms since 1970. */
export function now() {
  return Date.now();
}

/** Server minus device at the last contact, ms; null before the first. */
export function offsetMs() {
  return offset;
}

/**
 * The difference that an answer tells of: the server's clock was read between sending and getting, so half of the way
 * is taken off.
 * @param {number} serverMs  @param {number} sentMs  @param {number} gotMs
 */
export function difference(serverMs, sentMs, gotMs) {
  return Math.round(serverMs - (sentMs + gotMs) / 2);
}

/** Note the server's clock as an answer told it. */
export function noteServerTime(serverMs, sentMs, gotMs) {
  if (!Number.isFinite(serverMs) || gotMs < sentMs) return; // the clock was set in between
  offset = difference(serverMs, sentMs, gotMs);
  keep(offset);
}

/** Begin with what was kept; `write` is called with each new difference. */
export function startClock(kept, write) {
  offset = Number.isFinite(kept) ? kept : null;
  keep = write;
}
