/** The rule book on the tablet: the same rows as the server's, read by the day of the act and the place. */

/** No row of a rule was in force on the day. */
export class RuleMissing extends Error {}

/** Rows of the same id in order of their first day; one map for each list of rows. */
const known = new WeakMap();

function byId(rows) {
  let found = known.get(rows);
  if (!found) {
    found = new Map();
    for (const row of rows) {
      if (!found.has(row.id)) found.set(row.id, []);
      found.get(row.id).push(row);
    }
    for (const list of found.values()) list.sort((a, b) => (a.valid_from < b.valid_from ? -1 : +(a.valid_from > b.valid_from)));
    known.set(rows, found);
  }
  return found;
}

/**
 * The row of a rule that held on the day; a row of a narrower area goes before a wider one.
 * @param {object[]} rows rows of the reference file
 * @param {string} id
 * @param {string} day YYYY-MM-DD, Beijing
 * @param {string} [area] GB/T 2260 code of the place
 * @returns {object|null}
 */
export function findRule(rows, id, day, area = "") {
  let best = null;
  for (const row of byId(rows).get(id) ?? []) {
    const held = row.valid_from <= day && (row.valid_to === null || day < row.valid_to);
    if (held && area.startsWith(row.area) && (!best || row.area.length > best.area.length)) best = row;
  }
  return best;
}

/**
 * The same, where the rule must have a row. Throws RuleMissing with the server's words.
 * @returns {object}
 */
export function getRule(rows, id, day, area = "") {
  const row = findRule(rows, id, day, area);
  if (row) return row;
  const held = (byId(rows).get(id) ?? []).filter((one) => area.startsWith(one.area));
  if (!held.length) throw new RuleMissing(`no rule '${id}' in the rule book`);
  const spans = held.map((one) => `${one.valid_from} to ${one.valid_to ?? "now"}`).join(", ");
  throw new RuleMissing(`rule '${id}' had no row in force on ${day}; its rows hold ${spans}`);
}

/**
 * The value of a rule that must be a number.
 * @param {object} row
 * @returns {number}
 */
export function numberOf(row) {
  if (typeof row.value !== "number") throw new TypeError(`rule ${row.key}: ${row.value} is not a number`);
  return row.value;
}

/**
 * The value of a rule that must be a list.
 * @param {object} row
 * @returns {string[]}
 */
export function wordsOf(row) {
  if (!Array.isArray(row.value)) throw new TypeError(`rule ${row.key}: ${row.value} is not a list`);
  return row.value;
}
