// The review desk: zoom and pan of frames, a verdict by keyboard, the next capture prefetched with its images.

import { setLost } from "./frame.js";

const desk = document.getElementById("desk");
const slot = document.getElementById("desk-slot");
const ready = document.getElementById("desk-ready");
const empty = document.getElementById("desk-empty");
const said = document.getElementById("desk-said");
const token = document.querySelector("meta[name=csrf-token]").content;
const LOOK_AGAIN_MS = 15000;
const LARGEST = 12;
const putOff = new Set(); // captures that this page has set aside for later
let coming = null; // the promise of the next capture
let sending = false;

const current = () => slot.querySelector(".desk-item");
const frames = () => [...(current()?.querySelectorAll("[data-frames] [data-frame]") ?? [])];

// --- frames: each has its own zoom and place ---

const views = new WeakMap();
const viewOf = (frame) => {
  if (!views.has(frame)) views.set(frame, { zoom: 1, x: 0, y: 0 });
  return views.get(frame);
};
let active = null;

function activate(frame) {
  active?.classList.remove("is-active");
  active = frame ?? null;
  active?.classList.add("is-active");
}

function draw(frame) {
  const view = viewOf(frame);
  const image = frame.querySelector("img");
  if (!image) return;
  const room = [(frame.clientWidth * (view.zoom - 1)) / 2, (frame.clientHeight * (view.zoom - 1)) / 2];
  view.x = Math.min(Math.max(view.x, -room[0]), room[0]);
  view.y = Math.min(Math.max(view.y, -room[1]), room[1]);
  image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
  frame.dataset.zoom = view.zoom.toFixed(2);
}

/** Zoom by a factor and keep the point (px from the middle of the frame) where it is. */
function zoom(frame, factor, atX = 0, atY = 0) {
  const view = viewOf(frame);
  const wanted = Math.min(Math.max(view.zoom * factor, 1), LARGEST);
  const by = wanted / view.zoom;
  view.x = atX - (atX - view.x) * by;
  view.y = atY - (atY - view.y) * by;
  view.zoom = wanted;
  draw(frame);
}

function pan(frame, x, y) {
  const view = viewOf(frame);
  view.x += x;
  view.y += y;
  draw(frame);
}

function reset(frame) {
  views.delete(frame);
  draw(frame);
}

/** One frame large, then the next, then all side by side again. */
function enlarge() {
  const all = [...current().querySelectorAll("[data-frames] .desk-frame")];
  const at = all.findIndex((frame) => frame.classList.contains("is-large"));
  all.forEach((frame, place) => frame.classList.toggle("is-large", place === at + 1));
  current().querySelector("[data-frames]").classList.toggle("has-large", at + 1 < all.length);
  if (all[at + 1]?.matches("[data-frame]")) activate(all[at + 1]);
  for (const frame of frames()) draw(frame);
}

const fromMiddle = (frame, event) => {
  const box = frame.getBoundingClientRect();
  return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
};

desk.addEventListener(
  "wheel",
  (event) => {
    const frame = event.target.closest("[data-frame]");
    if (!frame) return;
    event.preventDefault();
    activate(frame);
    zoom(frame, event.deltaY < 0 ? 1.25 : 0.8, ...fromMiddle(frame, event));
  },
  { passive: false },
);

// One pointer moves the image, two pinch it.
const pointers = new Map();
desk.addEventListener("pointerdown", (event) => {
  const frame = event.target.closest("[data-frame]");
  if (!frame || event.button > 0) return;
  activate(frame);
  frame.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
});
desk.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  const frame = event.target.closest("[data-frame]");
  if (!before || !frame) return;
  const other = [...pointers.values()].find((one) => one.pointerId !== event.pointerId);
  if (other) {
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    zoom(frame, apart(event) / Math.max(apart(before), 1), ...fromMiddle(frame, other));
  } else {
    pan(frame, event.clientX - before.clientX, event.clientY - before.clientY);
  }
  pointers.set(event.pointerId, event);
});
for (const over of ["pointerup", "pointercancel"]) desk.addEventListener(over, (event) => pointers.delete(event.pointerId));
desk.addEventListener("dblclick", (event) => {
  const frame = event.target.closest("[data-frame]");
  if (frame) viewOf(frame).zoom > 1 ? reset(frame) : zoom(frame, 3, ...fromMiddle(frame, event));
});

// --- the verdict ---

const form = () => current()?.querySelector("[data-form]");
const chosen = () => form()?.querySelector("[data-verdict][aria-pressed=true]");

function choose(button) {
  if (!button || sending) return;
  for (const other of form().querySelectorAll("[data-verdict]")) other.setAttribute("aria-pressed", other === button);
  form().querySelector("[type=submit]").disabled = false;
  fault("");
}

function fault(text, name = "") {
  const place = form()?.querySelector("[data-fault]");
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
  for (const field of form().elements) if (field.name) field.toggleAttribute("aria-invalid", Boolean(text) && field.name === name);
  if (text && name) form().elements[name]?.focus();
}

function tell(text) {
  said.textContent = text;
  said.hidden = !text;
}

async function send() {
  const verdict = chosen();
  if (!verdict || sending) return;
  sending = true;
  form().setAttribute("aria-busy", "true");
  const item = current();
  const body = new FormData(form());
  body.set("result", verdict.dataset.verdict);
  body.set("reason", verdict.dataset.reason ?? "");
  try {
    const answer = await fetch(item.dataset.review, { method: "POST", body, headers: headers() });
    setLost(false);
    if (answer.status === 401) return location.reload();
    if (answer.ok) {
      tell("");
      await next();
    } else {
      await refused(answer);
    }
  } catch {
    setLost(true);
  } finally {
    sending = false;
    form()?.removeAttribute("aria-busy");
  }
}

async function refused(answer) {
  const why = await answer.json().catch(() => ({ text: `${answer.status}` }));
  if (answer.status === 422) return fault(why.text, why.field);
  tell(`${current().dataset.number}: ${why.text ?? why.message ?? answer.status}`);
  await next();
}

const headers = () => ({ "X-CSRFToken": token, Accept: "application/json, text/html", "X-Requested-With": "fetch" });

// --- the next one ---

async function fetchNext(without) {
  const answer = await fetch(`${desk.dataset.next}?not=${[...without].join(",")}`, { headers: { ...headers(), "X-Poll": "1" } });
  if (answer.status === 401) location.reload();
  if (answer.status !== 200) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const item = document.importNode(page.querySelector(".desk-item"), true);
  ready.replaceChildren(item); // hidden, but its images are loaded
  return item;
}

function prefetch() {
  const mine = current() ? [Number(current().dataset.item)] : [];
  coming = fetchNext([...putOff, ...mine]).catch(() => null);
}

async function next() {
  const item = (await coming) ?? (await fetchNext([...putOff, Number(current()?.dataset.item ?? 0)]).catch(() => null));
  show(item);
}

function show(item) {
  slot.replaceChildren(...(item ? [item] : []));
  empty.hidden = Boolean(item);
  desk.dataset.shown = item?.dataset.item ?? "";
  activate(frames()[0]);
  if (item) {
    prefetch();
  } else {
    coming = null;
    putOff.clear();
    setTimeout(lookAgain, LOOK_AGAIN_MS);
  }
}

async function lookAgain() {
  if (current()) return;
  const item = await fetchNext([]).catch(() => null);
  item ? show(item) : setTimeout(lookAgain, LOOK_AGAIN_MS);
}

function release(item, beacon = false) {
  const body = new FormData();
  body.set("csrf_token", token);
  if (item) body.set("item", item);
  if (beacon) navigator.sendBeacon(desk.dataset.release, body);
  else fetch(desk.dataset.release, { method: "POST", body, headers: headers() }).catch(() => setLost(true));
}

async function later() {
  if (sending || !current()) return;
  const item = Number(current().dataset.item);
  putOff.add(item);
  release(item);
  await next();
}

// --- keys and buttons ---

const acts = {
  in: () => active && zoom(active, 1.5),
  out: () => active && zoom(active, 1 / 1.5),
  reset: () => active && reset(active),
  enlarge,
  later,
};

const play = () => {
  const video = current()?.querySelector("video");
  if (video) video.paused ? video.play() : video.pause();
};
const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
const byKey = {
  KeyY: () => choose(form().querySelector("[data-verdict=smoke]")),
  KeyP: () => form().elements.plate.select(),
  KeyC: () => form().elements.plate_colour.focus(),
  KeyV: play,
  KeyF: enlarge,
  KeyR: acts.reset,
  KeyS: later,
  Equal: acts.in,
  NumpadAdd: acts.in,
  Minus: acts.out,
  NumpadSubtract: acts.out,
  Enter: send,
  NumpadEnter: send,
};

document.addEventListener("keydown", (event) => {
  if (!current() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, select, textarea")) {
    if (event.key === "Escape" || (event.key === "Enter" && event.target.closest("[data-form]"))) {
      event.preventDefault();
      event.target.blur();
    }
    return;
  }
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  const act = digit
    ? () => choose(form().querySelector(`[data-key="${digit[1]}"]`))
    : event.code in moves
      ? () => active && pan(active, ...moves[event.code])
      : byKey[event.code];
  if (!act || (event.shiftKey && event.code !== "Equal") || event.target.closest("a, summary, video, .top, .bar")) return;
  event.preventDefault();
  act();
});

desk.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act], [data-verdict]");
  if (!button) return;
  if (button.dataset.act) acts[button.dataset.act]();
  else choose(button);
  button.blur(); // the keys stay those of the desk
});
desk.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
window.addEventListener("pagehide", () => release(null, true));

show(current());
