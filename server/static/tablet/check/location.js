// Where the tablet stands: watched from the start of a check, kept while it gets better, never over a place set by hand.

const OPTIONS = { enableHighAccuracy: true, maximumAge: 10_000, timeout: 30_000 };
const STALE_MS = 30_000; // a fix older than this gives way to a new one while the vehicle is still being found
const EARLY = new Set(["identify", "known"]);

/** Whether a new fix goes before what the record has. Pure. */
export function isBetter(record, fix) {
  if (record.placed === "hand" || record.placed === "kept") return false;
  if (record.check.lon === null) return true;
  if (fix.accuracy_m < record.check.accuracy_m - 1) return true;
  return EARLY.has(record.step) && fix.at_ms - record.fix_ms > STALE_MS && fix.accuracy_m <= record.check.accuracy_m * 2;
}

/**
 * Watches the position.
 * @param {(fix: {lon: number, lat: number, accuracy_m: number, at_ms: number}) => void} onFix
 * @returns {{start: () => void, stop: () => void, state: () => {fix: object|null, fault: string|null}}}
 *   `fault`: "denied", "unavailable" or null
 */
export function createLocator(onFix) {
  let watch = null, fix = null, fault = null;
  const took = ({ coords, timestamp }) => {
    fault = null;
    fix = {
      lon: round(coords.longitude), lat: round(coords.latitude), accuracy_m: Math.round(coords.accuracy), at_ms: timestamp,
    };
    onFix(fix);
  };
  const failed = (why) => {
    fault = why.code === 1 ? "denied" : "unavailable";
    globalThis.dispatchEvent(new Event("position"));
  };
  return {
    start() {
      if (watch !== null || !navigator.geolocation) {
        if (!navigator.geolocation) fault = "unavailable";
        return;
      }
      watch = navigator.geolocation.watchPosition(took, failed, OPTIONS);
    },
    stop() {
      if (watch !== null) navigator.geolocation.clearWatch(watch);
      watch = null;
    },
    state: () => ({ fix, fault }),
  };
}

function round(degrees) {
  return Math.round(degrees * 1e6) / 1e6;
}
