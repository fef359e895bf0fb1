// When to try again. Pure: clock and chance are arguments.

export const FIRST_WAIT_MS = 5 * 1000; // a hiccup of the line is over by then
export const LONGEST_WAIT_MS = 10 * 60 * 1000; // an inspector who comes back into the network waits no longer

/**
 * How long to wait after so many failures in a row: doubling, half of it by chance, so that a county's tablets do not
 * come back all at once.
 * @param {number} tries 1 after the first failure
 * @param {number} chance from 0 to 1
 */
export function waitMs(tries, chance = Math.random()) {
  const whole = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, tries - 1));
  return Math.round(whole * (0.5 + chance / 2));
}

/** Whether its time has come. A time further off than the longest wait was set by a clock that has been put back. */
export function isDue(nextTryMs, nowMs) {
  return !nextTryMs || nextTryMs <= nowMs || nextTryMs - nowMs > LONGEST_WAIT_MS;
}

/**
 * The rows to send, in order. Oldest first; when all are to be tried at once (`all`), those that failed before come
 * after those that did not, so that one the server chokes on holds nothing up.
 * @param {{key: string, next_try_ms: number, held?: boolean}[]} rows
 */
export function inOrder(rows, nowMs, all = false) {
  const due = rows.filter((row) => all || isDue(row.next_try_ms, nowMs));
  const failed = (row) => (row.next_try_ms > 0 ? 1 : 0);
  return due.sort((one, other) => failed(one) - failed(other) || (one.key < other.key ? -1 : 1));
}

/** How long until the first of the rows is due, ms; null where there is none. */
export function untilNext(rows, nowMs) {
  const waits = rows.map((row) => (isDue(row.next_try_ms, nowMs) ? 0 : row.next_try_ms - nowMs));
  return waits.length > 0 ? Math.min(...waits) : null;
}
