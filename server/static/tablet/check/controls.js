// Controls for gloves: every one 48 px or more, with a name, its state never told by colour alone.

import { button, h } from "../elements.js";

let serial = 0;

/** A button; `name` for those who hear it, `pressed` true or false for one that stays down. */
export function tap(label, onTap, { name, pressed, className, ...options } = {}) {
  const made = button(label, onTap, { ...options, "aria-label": name, "aria-pressed": pressed === undefined ? null : String(pressed) });
  if (className) made.classList.add(...className.split(" "));
  return made;
}

/** One of several, all in sight. `options` are `[code, words]`; a tap on the chosen one leaves it chosen. */
export function chips(label, options, value, onPick) {
  const id = `chips-${(serial += 1)}`;
  const row = h("div", { class: "chips", role: "radiogroup", "aria-labelledby": id });
  const show = (chosen) => {
    for (const chip of row.children) {
      const isChosen = chip.dataset.value === String(chosen);
      chip.setAttribute("aria-checked", String(isChosen));
      chip.tabIndex = isChosen || (chosen === null && chip === row.firstChild) ? 0 : -1;
    }
  };
  for (const [code, words] of options) {
    const chip = tap(words, () => { show(code); onPick(code); }, { kind: "quiet", className: "chip" });
    chip.setAttribute("role", "radio");
    chip.dataset.value = String(code);
    row.append(chip);
  }
  row.addEventListener("keydown", (event) => turn(event, row));
  show(value ?? null);
  return h("div", { class: "field" }, h("p", { class: "label", id }, label), row);
}

function turn(event, row) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...row.children];
  const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
  next.focus();
  next.click();
}

/** A list that the device shows in its own way. `options` are `[code, words]`; "" is nothing chosen. */
export function select(label, options, value, onPick, none = "–") {
  const id = `select-${(serial += 1)}`;
  const list = h("select", { id }, h("option", { value: "" }, none),
    ...options.map(([code, words]) => h("option", { value: code }, words)));
  list.value = value ?? "";
  list.addEventListener("change", () => onPick(list.value || null));
  return h("div", { class: "field" }, h("label", { for: id, class: "label" }, label), list);
}

/** A line or some lines of text, saved with every sign. */
export function textField(label, value, onInput, { lines = 1, type = "text", id = `text-${(serial += 1)}`, most = 500, mode } = {}) {
  const input = lines > 1 ? h("textarea", { id, rows: lines, maxlength: most })
    : h("input", { id, type, maxlength: most, autocomplete: "off", ...(mode ? { inputmode: mode } : {}) });
  input.value = value ?? "";
  input.addEventListener("input", () => onInput(input.value));
  return h("div", { class: "field" }, h("label", { for: id, class: "label" }, label), input);
}
