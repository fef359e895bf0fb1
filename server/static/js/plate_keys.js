// Keys for a plate on a phone: provinces first, then letters and digits. The field stays an ordinary one: without
// this script it is typed into, and pasting works with it.

const PROVINCES = [..."辽吉黑蒙冀京津鲁晋豫陕沪苏浙皖闽赣鄂湘粤桂琼渝川贵云藏甘青宁新"];
const LETTERS = [..."ABCDEFGHJKLMNPQRSTUVWXYZ"]; // neither I nor O
const DIGITS = [..."1234567890"];
const ENDS = [..."挂学警港澳领"];
const LONGEST = 10;
const HIDE_AFTER_MS = 300;

/** The colour that a plate of this form usually has; "" where none is usual. */
export function usualColour(plate) {
  if (plate.endsWith("挂")) return "yellow";
  if (plate.length !== 8) return "";
  return /^.[A-Z]\d{5}[A-Z]$/.test(plate) ? "yellow_green" : "green";
}

function key(face, name, press, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `plate-key ${kind}`.trim();
  made.textContent = face;
  made.dataset.key = name;
  if (face !== name) made.setAttribute("aria-label", name);
  made.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  made.addEventListener("click", press);
  return made;
}

function build(field, keys) {
  const words = keys.dataset;
  const set = (text) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    show();
  };
  const sign = (one) => {
    if (PROVINCES.includes(one) && field.value.length <= 2) set(one);
    else if (field.value.length < LONGEST) set(field.value + one);
  };
  const of = (list, kind = "") => list.map((one) => key(one, one, () => sign(one), kind));
  const remove = () => key("⌫", words.remove, () => set(field.value.slice(0, -1)), "plate-key-wide");
  let page = "";
  const turn = (name) => {
    if (page === name) return;
    page = name;
    const other = name === "provinces" ? key("A1", words.letters, () => turn("letters"), "plate-key-wide")
      : key("省", words.provinces, () => turn("provinces"), "plate-key-wide");
    const signs = name === "provinces" ? of(PROVINCES) : [...of(DIGITS), ...of(LETTERS), ...of(ENDS)];
    keys.replaceChildren(...signs, other, remove());
    keys.dataset.page = name;
  };
  const show = () => turn(field.value ? "letters" : "provinces");
  field.inputMode = "none"; // its own keys instead of the phone's
  field.addEventListener("focus", () => {
    keys.hidden = false;
    show();
  });
  field.addEventListener("input", () => {
    const start = field.selectionStart;
    field.value = field.value.toUpperCase();
    field.setSelectionRange(start, start);
    show();
  });
  document.addEventListener("focusin", (event) => {
    if (event.target === field || keys.contains(event.target)) return;
    // Only when the tap is over: were the page to move under the finger, the tap would miss what it was meant for.
    setTimeout(() => { keys.hidden = document.activeElement !== field; }, HIDE_AFTER_MS);
  });
}

for (const field of document.querySelectorAll("input[data-plate-keys]")) {
  build(field, document.getElementById(field.dataset.plateKeys));
  field.addEventListener("input", () => {
    const colour = usualColour(field.value);
    const chosen = colour && document.querySelector(`input[name=plate_colour][value=${colour}]`);
    if (chosen) chosen.checked = true;
  });
}
