// Who inspects: the account's own card, the second officer of the last check, others chosen or typed.

import { tap, textField } from "../check/controls.js";
import { stepScreen } from "../check/step_page.js";
import { h } from "../elements.js";
import { t } from "../words.js";

const MOST = 6;

export default stepScreen("officers", (page) => {
  const { app, record, key, body } = page;
  const present = h("ul", { class: "officers" });
  const offered = h("div", { class: "chips" });
  const lack = h("p", { class: "doubt", role: "status" });
  const typed = { name: "", card_number: "" };
  const put = async (edit) => {
    await page.change((one) => edit(one.check));
    draw();
    if (document.activeElement === document.body) body.querySelector("button")?.focus({ preventScroll: true });
  };
  const draw = () => {
    const { officers } = record.check;
    present.replaceChildren(...officers.map((officer, place) => h("li", { class: "officer" },
      h("span", { class: "officer-name" }, officer.name || "–"),
      h("span", { class: "officer-card" }, officer.card_number ? t("card {number}", { number: officer.card_number }) : t("without a card: helps only")),
      tap("✕", () => put((check) => check.officers.splice(place, 1)), { kind: "quiet", name: t("Take {name} off", { name: officer.name }) }))));
    const taken = new Set(officers.map(same));
    const free = (app.reference.data?.colleagues ?? []).filter((one) => !taken.has(same(one)));
    offered.replaceChildren(...free.map((one) => tap(one.name, () => put((check) => check.officers.push({ name: one.name, card_number: one.card_number })), {
      kind: "quiet", className: "chip", name: t("Add {name}, card {number}", { name: one.name, number: one.card_number }),
    })));
    const cards = new Set(officers.map(({ card_number: card }) => card.trim()).filter(Boolean));
    lack.textContent = cards.size < 2 ? t("Fewer than two cards: the result is a screening, no penalty may rest on it.") : "";
  };
  const add = () => {
    if (!typed.name.trim() || record.check.officers.length >= MOST) return;
    put((check) => check.officers.push({ name: typed.name.trim(), card_number: typed.card_number.trim() }));
    for (const input of body.querySelectorAll("details input")) input.value = "";
    Object.assign(typed, { name: "", card_number: "" });
  };
  body.append(present, lack, h("h2", null, t("Add an officer")), offered,
    h("details", { class: "sheet" }, h("summary", { class: "tap" }, t("Somebody else")),
      h("div", { class: "two" },
        textField(t("Full name"), "", (value) => { typed.name = value; }, { most: 100, id: "officer-name" }),
        textField(t("Enforcement card"), "", (value) => { typed.card_number = value; }, { most: 100, id: "officer-card" })),
      tap(t("Add"), add, { kind: "quiet", id: "officer-add" })));
  draw();
  page.primary(t("Go on"), () => app.flow.next(key));
});

function same({ name, card_number: card }) {
  return card || name;
}
