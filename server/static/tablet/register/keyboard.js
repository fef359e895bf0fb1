// Keys for plates and numbers, large enough for gloves: provinces, letters and digits, or a pad of digits.

import { h } from "../elements.js";
import { t } from "../words.js";
import { DIGITS, ENDS, LETTERS, PROVINCES } from "./plate.js";

function key(face, name, press, kind = "") {
  const made = h("button", { type: "button", class: `tap plate-key ${kind}`.trim(), "data-key": name, "aria-label": face === name ? null : name }, face);
  made.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  made.addEventListener("click", press);
  return made;
}

/**
 * @param {{sign: (sign: string) => void, remove: () => void, page: (name: string) => void}} hands What keys do.
 * @returns {{element: HTMLElement, show: (page: "provinces"|"letters"|"pad") => void, page: () => string}}
 */
export function keyboard({ sign, remove, page }) {
  const element = h("div", { class: "keys", role: "group" });
  let shown = "";
  const signs = (list, kind) => list.map((one) => key(one, one, () => sign(one), kind));
  const last = () => key("⌫", t("Delete"), remove, "key-wide key-delete");
  const to = (face, name, where) => key(face, name, () => page(where), "key-wide key-page");
  const pages = {
    provinces: () => [t("Provinces and last signs"), [
      ...signs(PROVINCES, "key-province"), ...signs(ENDS, "key-end"), to("A1", t("Letters and digits"), "letters"), last(),
    ]],
    letters: () => [t("Letters and digits"), [
      ...signs(DIGITS, "key-digit"), ...signs(LETTERS, ""), key("挂", "挂", () => sign("挂"), "key-end"),
      to("省", t("Provinces and last signs"), "provinces"), last(),
    ]],
    numbers: () => [t("Letters and digits"), [
      ...signs(DIGITS, "key-digit"), ...signs([..."ABCDEFGHIJKLMNOPQRSTUVWXYZ-"], ""), to("123", t("Digits"), "pad"), last(),
    ]],
    pad: () => [t("Digits"), [
      ...signs([..."123"], "key-digit"), last(), ...signs([..."456"], "key-digit"), to("ABC", t("Letters and digits"), "numbers"),
      ...signs([..."789-0"], "key-digit"),
    ]],
  };
  return {
    element,
    page: () => shown,
    show(name) {
      if (name === shown) return;
      shown = name;
      const [label, keys] = pages[name]();
      element.className = `keys keys-${name}`;
      element.setAttribute("aria-label", label);
      element.replaceChildren(...keys);
    },
  };
}
