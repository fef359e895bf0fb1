// "Not in the register": what is read at the place, off the plate of the vehicle and of its engine.

import { button, h } from "../elements.js";
import { t, word } from "../words.js";
import { COLOURS, plateView, usualColour } from "./plate.js";

const STAGES = { truck: ["3", "4", "5", "6", "6a", "6b", "D", "X"], machine: ["0", "1", "2", "3", "4", "D", "X"] };
const FUELS = ["diesel", "natural_gas", "electric", "petrol", "hybrid", "methanol", "other"];
const CATEGORIES = {
  truck: ["heavy_goods", "heavy_tractor", "medium_goods", "light_goods", "mini_goods", "special", "trailer", "other"],
  machine: [
    "excavator", "loader", "bulldozer", "forklift", "crane", "roller", "paver", "grader", "piling", "off_road_truck",
    "pump_truck", "sweeper", "yard_vehicle", "other",
  ],
};
const MOST_KW = 3000;
const SHORT = {
  yellow: () => t("Yellow"), blue: () => t("Blue"), green: () => t("Green"), yellow_green: () => t("Y-green"),
  black: () => t("Black"), white: () => t("White"),
};

function choices(label, kind, codes, chosen, pick) {
  const row = h("div", { class: "choices", role: "group", "aria-label": label });
  for (const code of codes) {
    const one = button(word(kind, code), () => {
      const now = one.getAttribute("aria-pressed") === "true" ? "" : code;
      for (const other of row.children) other.setAttribute("aria-pressed", String(other === one && now !== ""));
      pick(now);
    }, { "aria-pressed": String(code === chosen), "data-code": code });
    row.append(one);
  }
  return h("div", { class: "field" }, h("p", { class: "label" }, label), row);
}

/** The colour of a plate, chosen on plates. */
export function colourKeys(chosen, pick, { label = t("Plate colour") } = {}) {
  const row = h("div", { class: "colour-keys", role: "group", "aria-label": label });
  for (const colour of COLOURS) {
    const one = h("button", { type: "button", class: `tap colour-key plate-${colour}`, "data-colour": colour, "aria-pressed": String(colour === chosen), "aria-label": word("plate_colour", colour) },
      SHORT[colour]());
    one.addEventListener("pointerdown", (event) => event.preventDefault());
    one.addEventListener("click", () => {
      const next = one.getAttribute("aria-pressed") === "true" ? "" : colour;
      for (const other of row.children) other.setAttribute("aria-pressed", String(other === one && next !== ""));
      pick(next);
    });
    row.append(one);
  }
  return row;
}

/**
 * @param {{kind: "truck"|"machine", text: string, colour: string}} typed
 * @param {(given: object) => void} onGiven Gets {text, kind, colour, stage, fuel, category, power_kw}; "" and null: not read.
 * @param {() => void} onBack
 * @returns {HTMLElement}
 */
export function unknownForm({ kind, text, colour }, onGiven, onBack) {
  const given = { text, kind, colour: colour || usualColour(text), stage: null, fuel: null, category: null, power_kw: null };
  const isTruck = kind === "truck";
  const fault = h("p", { class: "fault", role: "alert" });
  const power = h("input", { id: "unknown-power", type: "text", inputmode: "decimal", maxlength: "7", autocomplete: "off" });
  const go = () => {
    if (isTruck && !given.colour) {
      fault.textContent = t("Choose the colour of the plate.");
      form.querySelector(".colour-key").focus();
      return;
    }
    const kw = power.value.trim() === "" ? null : Number(power.value.trim().replace(",", "."));
    if (kw !== null && !(kw > 0 && kw <= MOST_KW)) {
      fault.textContent = t("A power from 0 to 3000 kW.");
      power.focus();
      return;
    }
    onGiven({ ...given, power_kw: kw });
  };
  const head = h("p", { class: "register-name" }, isTruck ? plateView(text, given.colour) : h("span", { class: "machine-number" }, text));
  const form = h("section", { class: "unknown", id: "unknown" },
    h("h2", {}, t("Not in the register")), head,
    isTruck ? h("div", { class: "field" }, h("p", { class: "label" }, t("Plate colour")), colourKeys(given.colour, (code) => {
      given.colour = code;
      head.replaceChildren(plateView(text, code));
    })) : null,
    choices(t("Stage, as its plate says"), `${kind}_stage`, STAGES[kind], "", (code) => { given.stage = code || null; }),
    choices(t("Fuel"), "fuel", FUELS, "", (code) => { given.fuel = code || null; }),
    choices(t("Category"), `${kind}_category`, CATEGORIES[kind], "", (code) => { given.category = code || null; }),
    h("div", { class: "field" }, h("label", { for: "unknown-power" }, t("Power in kW, as the engine's plate says")), power),
    fault,
    h("div", { class: "foot" }, button(t("Back"), onBack, { id: "unknown-back" }), button(t("Go on"), go, { kind: "primary", id: "unknown-go" })));
  return form;
}
