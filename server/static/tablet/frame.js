// What stands around a screen: title, way back, language, lock; strips for what one should know at once.

import { button, fill, h, icon } from "./elements.js";
import { language, setLanguage, t } from "./words.js";

const strips = new Map();

/** Put a strip below the title: setStrip("update", {kind: "info", text, action: button}); null takes it away. */
export function setStrip(name, strip) {
  if (strip) strips.set(name, strip);
  else strips.delete(name);
  const rows = [...strips].map(([key, one]) =>
    h("div", { class: `strip strip-${one.kind || "info"}`, "data-strip": key }, h("span", {}, one.text), one.action),
  );
  fill(document.getElementById("strips"), rows);
}

function languageButton() {
  const other = language() === "zh" ? "en" : "zh";
  const label = other === "en" ? "English" : "中文";
  return button(label, () => setLanguage(other), { kind: "top", id: "language", lang: other === "en" ? "en" : "zh-CN" });
}

/** The bar above a screen. `screen.up` names where the way back leads; without it, one step back. */
export function drawTop(app, screen, path) {
  const unlocked = app.vault.unlocked;
  const home = path === "/" || screen.open;
  const backwards = home
    ? null
    : h("button", { type: "button", class: "tap tap-top", id: "back", "aria-label": t("Back"), onclick: () => leave(app, screen) }, "‹");
  const lock = unlocked
    ? h("button", { type: "button", class: "tap tap-top", id: "lock", "aria-label": t("Lock"), onclick: () => app.lock("button") }, icon("key"))
    : null;
  fill(
    document.getElementById("top"),
    h("header", { class: "top" }, backwards, h("h1", {}, screen.title({})), languageButton(), lock),
  );
}

function leave(app, screen) {
  if (screen.up) app.go(screen.up);
  else app.back();
}
