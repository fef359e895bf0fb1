// Columns of text and numbers as short strings, as server/tablet/columns.py writes them: read, and written for keeping.

const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const VALUE = new Int16Array(128).fill(-1);
for (let n = 0; n < 64; n += 1) VALUE[SIGNS.charCodeAt(n)] = n;
export const HEAD = 8; // signs of a VIN or product number that are kept as words

/**
 * @param {string} text Numbers of one width; the first sign says how wide.
 * @returns {number[]}
 */
export function readNumbers(text) {
  const width = Number(text[0]);
  const n = (text.length - 1) / width;
  if (!(width > 0) || !Number.isInteger(n)) throw new Error("register file: a column of numbers is broken");
  const values = new Array(n);
  let at = 1;
  for (let row = 0; row < n; row += 1) {
    let value = 0;
    for (let end = at + width; at < end; at += 1) {
      const sign = VALUE[text.charCodeAt(at)] ?? -1;
      if (sign < 0) throw new Error("register file: a number is broken");
      value = value * 64 + sign;
    }
    values[row] = value;
  }
  return values;
}

/** @param {number[]} values Whole numbers from 0. @returns {string} */
export function writeNumbers(values) {
  let width = 1;
  for (const value of values) while (value >= 64 ** width) width += 1;
  const known = new Map();
  const out = [String(width)];
  for (const value of values) {
    let text = known.get(value);
    if (text === undefined) {
      text = "";
      for (let rest = value, place = 0; place < width; place += 1) {
        text = SIGNS[rest % 64] + text;
        rest = Math.floor(rest / 64);
      }
      known.set(value, text);
    }
    out.push(text);
  }
  return out.join("");
}

/** @param {string} text Steps from one number to the next. @returns {number[]} */
export function readSteps(text) {
  let before = 0;
  return readNumbers(text).map((step) => (before += step % 2 ? -(step + 1) / 2 : step / 2));
}

/** @param {number[]} values @returns {string} */
export function writeSteps(values) {
  let before = 0;
  return writeNumbers(
    values.map((value) => {
      const step = value - before;
      before = value;
      return step >= 0 ? step * 2 : -step * 2 - 1;
    }),
  );
}

const PLAIN = { "~0": "~", "~1": "|" };

/** @param {string} text Texts joined by `|`. @param {number} n How many they are. @returns {string[]} */
export function readTexts(text, n) {
  if (n === 0) return [];
  const values = text.split("|");
  if (values.length !== n) throw new Error("register file: a column of texts is broken");
  return text.includes("~") ? values.map((value) => value.replace(/~[01]/g, (sign) => PLAIN[sign])) : values;
}

/** @param {string[]} values @returns {string} */
export function writeTexts(values) {
  const hard = values.some((value) => value.includes("|") || value.includes("~"));
  return (hard ? values.map((value) => value.replaceAll("~", "~0").replaceAll("|", "~1")) : values).join("|");
}

/** @param {{w: string, x: string}} column @returns {string[]} Equal words are one string in memory. */
export function readWords(column) {
  const words = column.w.split("|");
  const plain = readTexts(column.w, words.length);
  return readNumbers(column.x).map((place) => {
    if (place >= plain.length) throw new Error("register file: a word is missing");
    return plain[place];
  });
}

/** @param {string[]} values @returns {{w: string, x: string}} */
export function writeWords(values) {
  const places = new Map();
  const numbers = values.map((value) => {
    if (!places.has(value)) places.set(value, places.size);
    return places.get(value);
  });
  return { w: writeTexts([...places.keys()]), x: writeNumbers(numbers) };
}

/** @param {string} text Texts in order, each with what it shares with the one before. @param {number} n @returns {string[]} */
export function readSorted(text, n) {
  let before = "";
  return readTexts(text, n).map((value) => (before = before.slice(0, VALUE[value.charCodeAt(0)]) + value.slice(1)));
}

/** @param {string[]} values @returns {string} */
export function writeSorted(values) {
  let before = "";
  return writeTexts(
    values.map((value) => {
      const most = Math.min(63, before.length, value.length);
      let shared = 0;
      while (shared < most && before[shared] === value[shared] && !isHalf(value.charCodeAt(shared))) shared += 1;
      before = value;
      return SIGNS[shared] + value.slice(shared);
    }),
  );
}

/** Half of a sign outside the basic plane: the server counts the two as one. */
function isHalf(code) {
  return code >= 0xd800 && code <= 0xdfff;
}

/** @param {{h: {w: string, x: string}, r: string}} column @param {number} n @returns {string[]} */
export function readHeaded(column, n) {
  const heads = n ? readWords(column.h) : [];
  return readTexts(column.r, n).map((rest, row) => heads[row] + rest);
}

/** @param {string[]} values @returns {{h: {w: string, x: string}, r: string}} */
export function writeHeaded(values) {
  const at = values.map((value) => (isHalf(value.charCodeAt(HEAD)) ? HEAD - 1 : HEAD)); // never within a sign
  return {
    h: writeWords(values.map((value, row) => value.slice(0, at[row]))),
    r: writeTexts(values.map((value, row) => value.slice(at[row]))),
  };
}

/** @param {{at: number[], is: unknown[]}} column @param {number} n @returns {unknown[]} null where a row has none. */
export function readSparse(column, n) {
  const values = new Array(n).fill(null);
  let row = 0;
  column.at.forEach((gap, place) => {
    row += gap;
    if (row >= n) throw new Error("register file: a row is missing");
    values[row] = column.is[place];
  });
  return values;
}

/** @param {unknown[]} values @returns {{at: number[], is: unknown[]}} */
export function writeSparse(values) {
  const column = { at: [], is: [] };
  let before = 0;
  values.forEach((value, row) => {
    if (value === null || value === undefined) return;
    column.at.push(row - before);
    column.is.push(value);
    before = row;
  });
  return column;
}
