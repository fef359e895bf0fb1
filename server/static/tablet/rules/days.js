/** Beijing days and moments; there is no summer time since 1991. */

const BEIJING_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

/**
 * The Beijing day of a moment, YYYY-MM-DD.
 * @param {number} atMs
 * @returns {string}
 */
export function dayOf(atMs) {
  return new Date(atMs + BEIJING_MS).toISOString().slice(0, 10);
}

/**
 * Number of the Beijing day since 1970-01-01, and the milliseconds passed of it.
 * @param {number} atMs
 * @returns {{day: number, ofDayMs: number}}
 */
export function dayNumber(atMs) {
  const day = Math.floor((atMs + BEIJING_MS) / DAY_MS);
  return { day, ofDayMs: atMs + BEIJING_MS - day * DAY_MS };
}

/**
 * The name of a day number, YYYY-MM-DD.
 * @param {number} day
 * @returns {string}
 */
export function dayName(day) {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/**
 * Microseconds since 1970 of an ISO text with its zone; the server's clocks write microseconds.
 * @param {string} text
 * @returns {number}
 */
export function microsOf(text) {
  const fraction = /\.(\d{1,6})/.exec(text)?.[1] ?? "";
  const whole = Date.parse(text.replace(/\.\d+/, ""));
  return whole * 1000 + Number(fraction.padEnd(6, "0"));
}
