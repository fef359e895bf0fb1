/**
 * Numbers rounded and written as the server does (Python): half to even, decided by the exact value of the binary
 * number. JavaScript's own toFixed and toExponential round an exact half away from zero.
 */

/** Whether x lies exactly half-way between two decimals of so many places: only a dyadic number can. */
function isHalf(x, places) {
  return Number.isInteger(x * 2 ** (places + 1)) && !Number.isInteger(x * 2 ** places);
}

/**
 * Like Python's f"{x:.{places}f}", for |x| < 1e21.
 * @param {number} x
 * @param {number} places
 * @returns {string}
 */
export function fixed(x, places) {
  const size = Math.abs(x);
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  if (!isHalf(size, places)) return sign + size.toFixed(places);
  const down = size.toFixed(places + 1).slice(0, places ? -1 : -2);
  return sign + ("02468".includes(down.at(-1)) ? down : size.toFixed(places));
}

/**
 * Like Python's round(x, places): six, unless told otherwise, is what sums of readings are rounded to.
 * @param {number} x
 * @param {number} [places]
 * @returns {number}
 */
export function round(x, places = 6) {
  return Number(fixed(x, places));
}

function stripped(text) {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/** Six significant digits of a whole number from a million on, half to even. */
function longWhole(size, exponent) {
  const unit = 10 ** (exponent - 5);
  const rest = size % unit;
  const down = (size - rest) / unit;
  const up = rest * 2 > unit || (rest * 2 === unit && down % 2 === 1);
  return up ? down + 1 : down;
}

/**
 * Like Python's f"{x:g}": six significant digits, no trailing zeros.
 * @param {number} x
 * @returns {string}
 */
export function general(x) {
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const size = Math.abs(x);
  const sign = x < 0 ? "-" : "";
  const exponent = Number(size.toExponential(5).split("e")[1]);
  if (exponent >= -4 && exponent < 6) return sign + stripped(fixed(size, 5 - exponent));
  let digits = size.toExponential(5).split("e")[0];
  if (Number.isInteger(size)) {
    const whole = longWhole(size, Math.floor(Math.log10(size) + 1e-12));
    if (whole < 1e6) digits = (whole / 1e5).toFixed(5);
  }
  return `${sign}${stripped(digits)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
