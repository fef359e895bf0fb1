// Pictures of a record: a large view with zoom, by mouse, finger and keyboard, and two of them side by side.
// Any list with [data-gallery] works; its links carry the address of the picture in data-picture.

const LARGEST = 16;
const STEP = 1.4;

/** One picture that can be moved and enlarged. `changed` is told scale and place, so that a second one can follow. */
function pane(link, changed) {
  const room = document.createElement("div");
  room.className = "viewer-pane";
  const image = document.createElement("img");
  image.src = link.dataset.picture;
  image.alt = link.querySelector("img").alt;
  image.draggable = false;
  room.append(image);
  let scale = 1, x = 0, y = 0;
  const fingers = new Map();
  const show = () => { image.style.transform = `translate(${x}px, ${y}px) scale(${scale})`; };
  const put = (next, left, top) => {
    scale = Math.min(Math.max(next, 1), LARGEST);
    x = Math.min(0, Math.max(left, room.clientWidth * (1 - scale)));
    y = Math.min(0, Math.max(top, room.clientHeight * (1 - scale)));
    show();
  };
  const told = (...place) => { put(...place); changed?.(scale, x, y); };
  const zoom = (factor, atX = room.clientWidth / 2, atY = room.clientHeight / 2) => {
    const next = Math.min(Math.max(scale * factor, 1), LARGEST);
    told(next, atX - (atX - x) * next / scale, atY - (atY - y) * next / scale);
  };
  const place = (event) => {
    const edge = room.getBoundingClientRect();
    return [event.clientX - edge.left, event.clientY - edge.top];
  };
  room.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, ...place(event));
  }, { passive: false });
  room.addEventListener("dblclick", (event) => zoom(scale > 1 ? 1 / LARGEST : 3, ...place(event)));
  room.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, place(event));
    room.setPointerCapture(event.pointerId);
  });
  room.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const far = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
      zoom(far(now) / far(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    } else {
      told(scale, x + now[0] - before[0], y + now[1] - before[1]);
    }
    fingers.set(event.pointerId, now);
  });
  for (const kind of ["pointerup", "pointercancel"]) room.addEventListener(kind, (event) => fingers.delete(event.pointerId));
  return { room, zoom, put, move: (dx, dy) => told(scale, x + dx, y + dy), whole: () => told(1, 0, 0) };
}

function button(text, label, act) {
  const one = document.createElement("button");
  one.type = "button";
  one.textContent = text;
  one.title = label;
  one.setAttribute("aria-label", label);
  one.addEventListener("click", act);
  return one;
}

function watch(gallery) {
  if (gallery.dataset.watched) return;
  gallery.dataset.watched = "yes";
  const words = JSON.parse(gallery.dataset.words);
  const links = [...gallery.querySelectorAll("a[data-picture]")];
  if (!links.length) return;
  const marked = [];
  const dialog = document.createElement("dialog");
  dialog.className = "viewer";
  const bar = document.createElement("div");
  bar.className = "viewer-bar";
  const title = document.createElement("span");
  title.setAttribute("aria-live", "polite");
  const item = document.createElement("a");
  item.textContent = words.item;
  const room = document.createElement("div");
  room.className = "viewer-room";
  let panes = [], shown = [0];
  const each = (act) => panes.slice(0, 1).forEach(act);
  const show = (places) => {
    shown = places;
    panes = [];
    for (const place of places) {
      panes.push(pane(links[place], (...to) => panes.forEach((one) => one.put(...to))));
    }
    room.replaceChildren(...panes.map((one) => one.room));
    title.textContent = places.map((place) => `${place + 1} / ${links.length} ${links[place].querySelector("img").alt}`).join(" | ");
    item.href = links[places[0]].href;
    dialog.setAttribute("aria-label", title.textContent);
    if (!dialog.open) dialog.showModal();
  };
  const step = (by) => show(shown.map((place) => (place + by + links.length) % links.length));
  bar.append(
    title, button("←", words.previous, () => step(-1)), button("→", words.next, () => step(1)),
    button("+", words.larger, () => each((one) => one.zoom(STEP))),
    button("−", words.smaller, () => each((one) => one.zoom(1 / STEP))),
    button(words.whole, words.whole, () => each((one) => one.whole())), item, button("✕", words.close, () => dialog.close()),
  );
  dialog.append(bar, room);
  document.body.append(dialog);

  const keys = {
    "+": () => each((one) => one.zoom(STEP)), "=": () => each((one) => one.zoom(STEP)),
    "-": () => each((one) => one.zoom(1 / STEP)), 0: () => each((one) => one.whole()),
    n: () => step(1), p: () => step(-1), PageDown: () => step(1), PageUp: () => step(-1),
    ArrowRight: (far) => (far ? each((one) => one.move(-60, 0)) : step(1)),
    ArrowLeft: (far) => (far ? each((one) => one.move(60, 0)) : step(-1)),
    ArrowUp: () => each((one) => one.move(0, 60)), ArrowDown: () => each((one) => one.move(0, -60)),
  };
  dialog.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(event.shiftKey);
  });
  const opener = { from: null };
  dialog.addEventListener("close", () => { room.replaceChildren(); opener.from?.focus(); });

  links.forEach((link, place) => {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      opener.from = link;
      show([place]);
    });
    if (links.length < 2) return;
    const mark = document.createElement("label");
    mark.className = "gallery-mark";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.setAttribute("aria-label", `${words.mark}: ${link.querySelector("img").alt}`);
    mark.title = words.mark;
    mark.append(box);
    link.parentElement.append(mark);
    box.addEventListener("change", () => {
      if (!box.checked) marked.splice(marked.indexOf(place), 1);
      else marked.push(place);
    });
  });
  if (links.length < 2) return;
  const tools = document.createElement("li");
  tools.className = "gallery-tools no-print";
  const note = document.createElement("span");
  note.className = "hint";
  note.setAttribute("role", "status");
  const beside = button(words.beside, words.beside, () => {
    note.textContent = marked.length < 2 ? words.two : "";
    if (marked.length < 2) return;
    opener.from = beside;
    show(marked.slice(-2));
  });
  beside.className = "btn btn-sm btn-quiet";
  tools.append(beside, note);
  gallery.prepend(tools);
}

const watchIn = (part) => part.querySelectorAll?.("[data-gallery]").forEach(watch);
watchIn(document);
document.addEventListener("htmx:load", (event) => watchIn(event.detail.elt));
