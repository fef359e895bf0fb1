// Plates: what a key may add to one, and a plate drawn as a plate in its colour.

import { h } from "../elements.js";
import { word } from "../words.js";

/** Provinces as plates name them; where we are comes first. */
export const PROVINCES = [..."辽吉黑蒙冀京津鲁晋豫陕沪苏浙皖闽赣鄂湘粤桂琼渝川贵云藏甘青宁新"];
/** Letters of plates: there is neither I nor O. */
export const LETTERS = [..."ABCDEFGHJKLMNPQRSTUVWXYZ"];
export const DIGITS = [..."1234567890"];
/** Signs that end a plate of a trailer, a school bus, a driving school, Hong Kong and Macao, the police. */
export const ENDS = [..."挂学警港澳领"];
export const COLOURS = ["yellow", "blue", "green", "yellow_green", "black", "white"];
export const SIGNS_OF_PLATE = 8; // with province and letter; new-energy plates have one more than others
const LONGEST = 10; // foreign and military plates

/**
 * @param {string} text @param {string} sign
 * @returns {string} The text with a sign more, if it takes one. A province begins a plate: it takes the place of another.
 */
export function withSign(text, sign) {
  if (PROVINCES.includes(sign) && text.length <= 2) return sign;
  return text.length < LONGEST ? text + sign : text;
}

/** @param {string} text @returns {string} The colour that a plate of this form usually has; "" where none is usual. */
export function usualColour(text) {
  if (text.length !== SIGNS_OF_PLATE) return text.endsWith("挂") ? "yellow" : "";
  return /^.[A-Z]\d{5}[A-Z]$/.test(text) ? "yellow_green" : "green";
}

/** A plate drawn as a plate; its colour is said in words to those who cannot see it. */
export function plateView(text, colour, more = "") {
  const said = `${text} ${word("plate_colour", colour || "other")}`;
  const shown = text.length > 2 ? `${text.slice(0, 2)}·${text.slice(2)}` : text;
  return h("span", { class: `plate plate-${colour || "other"} ${more}`.trim(), role: "img", "aria-label": said }, shown);
}
