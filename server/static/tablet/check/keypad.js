// The number pad: large keys for gloves, at the lower edge, instead of a keyboard that would cover the reading.

import { h } from "../elements.js";
import { t } from "../words.js";
import { tap } from "./controls.js";
import { pressed } from "./entries.js";

const KEYS = ["1", "2", "3", "back", "4", "5", "6", "sign", "7", "8", "9", "next", ".", "0", "close"];
const FACES = { back: "⌫", sign: "±", next: "→", close: "✓" };
const NAMES = {
  back: () => t("Delete"), sign: () => t("Plus or minus"), next: () => t("Next field"), close: () => t("Close the number pad"),
  ".": () => t("Decimal point"),
};

/**
 * A pad that writes into the active input of `fields` (a list of inputs in order; an input has `data-low`).
 * @param {() => HTMLInputElement[]} inputs
 * @param {(isOpen: boolean, hadFocus: boolean) => void} onToggle `hadFocus`: the pad was closed with the focus in it
 * @returns {{element: HTMLElement, attend: (input: HTMLInputElement) => void, close: () => void}}
 */
export function keypad(inputs, onToggle) {
  let active = null;
  const element = h("div", { class: "keypad", role: "group", "aria-label": t("Number pad") });
  const mark = (hadFocus = false) => {
    for (const input of inputs()) input.classList.toggle("active", input === active);
    element.hidden = active === null;
    const sign = element.querySelector("[data-key=sign]");
    sign.disabled = !(active && Number(active.dataset.low) < 0);
    onToggle(active !== null, hadFocus);
  };
  const attend = (input) => {
    active = input;
    mark();
    input.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    const hadFocus = active !== null && (document.activeElement === active || element.contains(document.activeElement));
    active = null;
    mark(hadFocus);
  };
  const press = (key) => {
    if (key === "close" || !active?.isConnected) return close();
    if (key === "next") {
      const all = inputs();
      const following = all[all.indexOf(active) + 1];
      return following ? following.focus() : close();
    }
    active.value = pressed(active.value, key);
    active.dispatchEvent(new Event("input", { bubbles: true }));
  };
  for (const key of KEYS) {
    const made = tap(FACES[key] ?? key, () => press(key), { kind: "quiet", name: NAMES[key]?.() ?? key, className: `key key-${key === "." ? "point" : key}` });
    made.dataset.key = key;
    made.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    element.append(made);
  }
  element.hidden = true;
  return { element, attend, close };
}
