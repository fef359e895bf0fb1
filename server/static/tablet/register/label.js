// The number in the QR code of a machine's label (环保标牌): the bare number, an address that holds it, or named values.

import { plain } from "./lookup.js";

/** 3-6NA00077 and other cities' forms: stage, dash, class or letter, letters, digits. */
const REGISTRATION = /(?<![A-Z0-9])[0-9A-Z]-[0-9A-Z]{6,14}(?![A-Z0-9])/;
const KEYS = new Set([
  "NUMBER", "NO", "REGISTRATIONNO", "REGISTRATIONNUMBER", "REGNO", "CODE", "ID", "MACHINE", "MACHINECODE", "SBDM",
  "环保登记号码", "环保登记编码", "登记号码", "登记号", "编码", "号码", "机械环保代码", "环保代码", "JXHBDM", "HBDJH", "DJHM",
]);
const BARE = /^[0-9A-Z][0-9A-Z./-]{3,39}$/;

function unescaped(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function named(text) {
  const found = [];
  for (const pair of text.split(/[\n\r;,；，&?#|]+/)) {
    const sign = /[=:：]/.exec(pair);
    if (!sign) continue;
    const key = plain(pair.slice(0, sign.index)).replace(/[_"{}-]/g, "");
    const value = plain(unescaped(pair.slice(sign.index + 1))).replace(/["{}]/g, "");
    if (KEYS.has(key) && BARE.test(value)) found.push(value);
  }
  return found;
}

/**
 * @param {string} text What the code says.
 * @returns {string[]} Numbers that may be meant, the likeliest first; empty where there is none.
 */
export function numbersOf(text) {
  const whole = plain(unescaped(text.trim()));
  const found = [];
  if (BARE.test(whole) && !whole.includes("//")) found.push(whole);
  found.push(...named(text.trim()));
  const form = REGISTRATION.exec(whole);
  if (form) found.push(form[0]);
  const address = /^HTTPS?:\/\/[^?#]*\/([^/?#]+)\/?(?:[?#]|$)/.exec(whole);
  if (address && BARE.test(address[1])) found.push(address[1]);
  return [...new Set(found)];
}
