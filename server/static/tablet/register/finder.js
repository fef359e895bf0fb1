// Finds a truck or machine: what is typed or scanned, who may be meant, and the way on where the register is silent.

import { button, fill, h } from "../elements.js";
import { t } from "../words.js";
import { candidateRow, candidatesOf, hitLine, looseRow } from "./candidates.js";
import { ageLine } from "./age.js";
import { keyboard } from "./keyboard.js";
import { numbersOf } from "./label.js";
import { LEAST, plain } from "./lookup.js";
import { plateView, withSign } from "./plate.js";
import { scanView } from "./scan_view.js";
import { colourKeys, unknownForm } from "./unknown_form.js";

const LEAST_UNKNOWN = { truck: 5, machine: 3 }; // signs before "not in the register" is offered
const LONGEST = 40;
const BELOW_PX = 6; // between the keys and the edge of the screen
const NUMBER = /^[^\W_][\w./-]*$|^\p{Script=Han}[\p{Script=Han}\w./-]*$/u; // as the server takes them

/**
 * @param {object} app
 * @param {{kind?: "truck"|"machine", text?: string, onChoose: (facts: object, given: object) => void,
 *   onUnknown: (given: object) => void}} options `onUnknown` gets {text, kind, colour, stage, fuel, category, power_kw}
 * @returns {{element: HTMLElement, start: () => void, stop: () => void, typed: () => {kind: string, text: string}}}
 */
export function finder(app, { kind = "truck", text = "", onChoose, onUnknown }) {
  const prefix = app.session.city?.plate_prefix ?? "";
  const state = { kind, colour: "", typed: { truck: prefix, machine: "" }, told: "" };
  if (text) state.typed[kind] = plain(text);
  let scan = null;

  const input = h("input", {
    id: "find", class: "find-input", type: "text", inputmode: "none", autocomplete: "off", autocapitalize: "characters",
    spellcheck: "false", maxlength: String(LONGEST), enterkeyhint: "search",
  });
  const parts = {
    tabs: h("div", { class: "find-tabs", role: "tablist", "aria-label": t("Truck or machine") }),
    field: h("div", { class: "find-field" }),
    colours: h("div", { class: "find-colours" }),
    hit: h("p", { class: "hit", role: "alert" }),
    told: h("p", { class: "find-told", role: "status" }),
    list: h("ul", { class: "candidates", "aria-label": t("Candidates") }),
    foot: h("div", { class: "find-foot" }),
  };
  const room = h("div", { class: "find-room" }, parts.told, parts.list, parts.foot);
  const keys = keyboard({
    sign: (sign) => write(withSign(input.value, sign)),
    remove,
    page: (name) => keys.show(name),
  });
  const typing = h("div", { class: "find" }, parts.tabs, parts.field, parts.colours, parts.hit, room, keys.element);
  const element = h("div", { class: "finder" }, typing);

  const chosen = (facts) => onChoose(facts, { text: "", kind: facts.kind, colour: facts.colour ?? "" });

  function remove() {
    write([...input.value].slice(0, -1).join(""));
  }

  function write(value) {
    input.value = value;
    state.typed[state.kind] = value;
    state.told = "";
    draw();
  }

  function draw() {
    const value = plain(input.value);
    if (state.kind === "truck") keys.show(value === "" ? "provinces" : keys.page() === "provinces" && value.length === 1 ? "letters" : keys.page() || "letters");
    const found = candidatesOf(app, state.kind, value, state.kind === "truck" ? state.colour : "");
    const rows = [
      ...found.hits.map((facts) => candidateRow(facts, value, chosen)),
      ...found.loose.map((row) => looseRow(row, unregistered)),
      ...found.others.map((facts) => candidateRow(facts, value, chosen)),
    ];
    fill(parts.list, rows);
    typing.classList.toggle("find-some", rows.length > 0);
    const hit = hitLine(found);
    if (parts.hit.textContent !== hit) parts.hit.textContent = hit;
    parts.told.textContent = state.told || (rows.length ? "" : hint(value));
    drawFoot(value);
    input.className = `find-input${state.kind === "truck" ? ` plate-${state.colour || "any"}` : ""}`;
  }

  function hint(value) {
    if (value.length < LEAST) {
      return state.kind === "truck" ? t("Trucks show from the 4th sign.") : t("Machines show from the 4th sign.");
    }
    return t("The register of this tablet holds none that begins so.");
  }

  function drawFoot(value) {
    const ready = value.length >= LEAST_UNKNOWN[state.kind] && value !== prefix && NUMBER.test(value);
    fill(parts.foot,
      ready ? button(t("Not in the register: go on with {text}", { text: value }), () => unregistered({ kind: state.kind, text: value, colour: state.colour }), { id: "not-registered" }) : null,
      h("p", { class: "hint" }, ageLine(app.register)));
  }

  function drawTabs() {
    const tab = (of, label) => h("button", {
      type: "button", role: "tab", id: `tab-${of}`, class: "tap find-tab", "aria-selected": String(state.kind === of), onclick: () => turn(of),
    }, label);
    fill(parts.tabs, tab("truck", t("Truck")), tab("machine", t("Machine")), button(t("Scan a label"), openScan, { id: "scan-label", icon: "camera" }));
    const isTruck = state.kind === "truck";
    input.setAttribute("aria-label", isTruck ? t("Plate") : t("Number of the machine"));
    fill(parts.field,
      isTruck ? button(t("Other place"), () => { keys.show("provinces"); input.focus({ preventScroll: true }); }, { id: "other-place" }) : null, input,
      button(t("Clear"), () => { write(isTruck ? prefix : ""); input.focus({ preventScroll: true }); }, { id: "clear" }),
      button("⌫", () => { remove(); input.focus({ preventScroll: true }); }, { id: "delete", "aria-label": t("Delete") }));
    fill(parts.colours, isTruck ? colourKeys(state.colour, (colour) => { state.colour = colour; draw(); }) : null);
  }

  function turn(of) {
    state.kind = of;
    state.told = "";
    input.value = state.typed[of];
    keys.show(of === "truck" ? "letters" : "pad");
    drawTabs();
    draw();
    input.focus({ preventScroll: true });
  }

  function openScan() {
    scan = scanView(app, scanned, () => typed());
    element.replaceChildren(scan.element);
  }

  function scanned(said) {
    const facts = app.register.byQr(said);
    if (facts) return chosen(facts);
    const [number] = numbersOf(said);
    typed();
    turn("machine");
    if (number) write(number);
    state.told = number ? t("The label says {number}: the register of this tablet does not hold it.", { number }) : t("The code of the label holds no number.");
    return draw();
  }

  function typed() {
    scan?.stop();
    scan = null;
    element.replaceChildren(typing);
    fit();
    input.focus({ preventScroll: true });
  }

  function unregistered(row) {
    const form = unknownForm({ kind: row.kind, text: row.text, colour: row.colour ?? "" }, onUnknown, typed);
    element.replaceChildren(form);
    form.querySelector("button").focus();
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !typing.isConnected) return;
    if (event.target !== input && /^[A-Za-z0-9]$/.test(event.key) && !event.target.closest?.("input, select, textarea")) {
      input.focus({ preventScroll: true }); // a keyboard that is plugged in writes wherever the focus is
    }
    if (event.key === "Enter" && event.target === input) {
      event.preventDefault();
      (parts.list.querySelector(".candidate") ?? parts.foot.querySelector("#not-registered"))?.click();
    }
  }

  input.addEventListener("input", (event) => !event.isComposing && write(plain(input.value)));
  input.addEventListener("compositionend", () => write(plain(input.value)));
  const changed = () => typing.isConnected && draw();

  /** The keys end where the screen ends, however high the bar and the strips above are. */
  function fit() {
    if (typing.isConnected) typing.style.height = `${window.innerHeight - (typing.getBoundingClientRect().top + window.scrollY) - BELOW_PX}px`;
  }
  const above = new ResizeObserver(fit);
  return {
    element,
    typed: () => ({ kind: state.kind, text: input.value }),
    start() {
      window.addEventListener("keydown", pressed);
      window.addEventListener("register", changed);
      window.addEventListener("resize", fit);
      for (const part of document.querySelectorAll("#top, #strips")) above.observe(part);
      turn(state.kind);
      fit();
    },
    stop() {
      window.removeEventListener("keydown", pressed);
      window.removeEventListener("register", changed);
      window.removeEventListener("resize", fit);
      above.disconnect();
      scan?.stop();
    },
  };
}
