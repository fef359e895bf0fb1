// Elements of the page, made by functions: no markup is ever put together from data.

/**
 * An element: h("p", {class: "hint", "aria-live": "polite"}, "text", other).
 * Attributes: strings as they are; true/false for those without a value; functions (onclick) as handlers; `value`,
 * `checked`, `disabled`, `hidden` as properties. Children: string, number, Node, null, arrays of these.
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) set(element, name, value);
  append(element, children);
  return element;
}

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "indeterminate", "srcObject"]);

function set(element, name, value) {
  if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
  else if (value === null || value === undefined) return;
  else if (PROPERTIES.has(name)) element[name] = value;
  else if (value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Put other children into an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A drawing of static/icons.svg; for the eye alone, the words say the same. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  drawing.append(use);
  return drawing;
}

/**
 * A button of 48 px or more: button("Next", go, {kind: "primary"}). While the promise that onTap gives is open, it is
 * pressed and cannot be tapped again.
 */
export function button(label, onTap, { kind = "quiet", icon: drawing, disabled = false, id, ...more } = {}) {
  const made = h(
    "button",
    { type: "button", class: `tap tap-${kind}`, id, disabled, ...more },
    drawing ? icon(drawing) : null,
    h("span", {}, label),
  );
  made.addEventListener("click", async (event) => {
    if (made.getAttribute("aria-busy")) return;
    const answer = onTap(event);
    if (!(answer instanceof Promise)) return;
    made.setAttribute("aria-busy", "true");
    try {
      await answer;
    } finally {
      made.removeAttribute("aria-busy");
    }
  });
  return made;
}

/** A labelled input: field("Name", {id: "name", type: "text"}). The fault, where given, stands at the input. */
export function field(label, attributes, { hint, fault } = {}) {
  const { id } = attributes;
  const told = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ") || null;
  return h(
    "div",
    { class: fault ? "field field-wrong" : "field" },
    h("label", { for: id }, label),
    h("input", { "aria-describedby": told, "aria-invalid": fault ? "true" : null, ...attributes }),
    hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null,
    fault ? h("p", { class: "fault", id: `${id}-fault` }, fault) : null,
  );
}

/** A state as a sign and a word in its colour: mark("pass" | "over" | "doubt" | "info" | "plain", "passed"). */
export function mark(state, text, more = {}) {
  return h("span", { class: `mark mark-${state}`, ...more }, h("span", { class: "mark-sign", "aria-hidden": "true" }), text);
}
