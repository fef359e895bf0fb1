// Short notes and questions over the screen.

import { button, h } from "./elements.js";

const SHOWN_MS = 6000;
const FAULT_MS = 15000; // long enough to be read out; for ever it would lie on the button that is needed next

/** A note at the foot of the screen: kind "info", "pass", "doubt" or "over"; a tap takes it away at once. */
export function toast(text, kind = "info") {
  const close = () => note.remove();
  const note = h("button", { type: "button", class: `toast toast-${kind}`, onclick: close }, text);
  document.getElementById("toasts").append(note);
  setTimeout(close, kind === "over" ? FAULT_MS : SHOWN_MS);
}

/** A question with two answers: ask("Throw it away?", "Throw away", "Keep") -> true for the first. */
export function ask(text, yes, no) {
  return new Promise((answer) => {
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "dialog-text" });
    const end = (value) => () => {
      dialog.close();
      dialog.remove();
      answer(value);
    };
    dialog.append(
      h("p", { id: "dialog-text" }, text),
      h("div", { class: "row" }, button(no, end(false)), button(yes, end(true), { kind: "primary" })),
    );
    dialog.addEventListener("cancel", end(false));
    document.body.append(dialog);
    dialog.showModal();
  });
}
