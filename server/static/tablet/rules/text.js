/** Text as the server reads it (Python's str methods). */

const AROUND = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

/**
 * Without white space at its ends, as Python's strip().
 * @param {string} text
 * @returns {string}
 */
export function strip(text) {
  return text.replace(AROUND, "");
}

/**
 * Upper case, half-width characters, no spaces of any kind and nothing that cannot be printed.
 * @param {string} text
 * @returns {string}
 */
export function halfWidth(text) {
  return text.normalize("NFKC").toUpperCase().replace(/[\p{C}\p{Z}]/gu, "");
}

/**
 * A printable text in quotes, as Python's repr().
 * @param {string} text
 * @returns {string}
 */
export function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/\\/g, "\\\\");
  return mark + (mark === "'" ? inner.replace(/'/g, "\\'") : inner) + mark;
}
