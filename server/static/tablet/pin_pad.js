// Ten large keys for the PIN; a keyboard works too.

import { PIN_DIGITS } from "./constants.js";
import { fill, h } from "./elements.js";
import { t } from "./words.js";

const ROWS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "⌫"];

/**
 * pinPad("Your PIN", async (pin) => …) -> {element, say(text, state), label(text), block(yes)}. What was typed is
 * cleared when the promise ends.
 */
export function pinPad(label, onComplete) {
  let typed = "";
  let blocked = false;
  const name = h("p", { class: "pin-label", id: "pin-label" }, label);
  const dots = h("div", { class: "pin-dots", role: "status" });
  const told = h("p", { class: "pin-told", role: "alert" });
  const keys = ROWS.map((key) =>
    key ? h("button", { type: "button", class: "tap pin-key", "data-key": key, "aria-label": key === "⌫" ? t("Delete") : key, onclick: () => press(key) }, key) : h("span"),
  );
  const element = h("div", { class: "pin", tabindex: "-1", role: "group", "aria-labelledby": "pin-label" }, name, dots, told, h("div", { class: "pin-keys" }, keys));

  function draw() {
    const circles = Array.from({ length: PIN_DIGITS }, (_, at) => h("span", { class: at < typed.length ? "dot dot-full" : "dot", "aria-hidden": "true" }));
    fill(dots, circles, h("span", { class: "unseen" }, t("{n} of {all} digits", { n: typed.length, all: PIN_DIGITS })));
  }

  async function press(key) {
    if (blocked) return;
    typed = key === "⌫" ? typed.slice(0, -1) : (typed + key).slice(0, PIN_DIGITS);
    draw();
    if (typed.length < PIN_DIGITS) return;
    block(true);
    const pin = typed;
    try {
      await onComplete(pin);
    } finally {
      typed = "";
      draw();
      block(false);
    }
  }

  function block(yes) {
    blocked = yes;
    element.classList.toggle("pin-blocked", yes);
    for (const key of keys) if (key.tagName === "BUTTON") key.disabled = yes;
  }

  function type(event) {
    if (!element.isConnected || (event.target instanceof Element && event.target.closest("input, dialog"))) return;
    if (/^[0-9]$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("⌫");
  }
  window.addEventListener("keydown", type);
  draw();
  return {
    element,
    block,
    label: (text) => fill(name, text),
    say(text, state = "over") {
      told.className = text ? `pin-told pin-told-${state}` : "pin-told";
      fill(told, text);
    },
    end: () => window.removeEventListener("keydown", type),
  };
}
