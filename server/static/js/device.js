// The page of one terminal: reads its samples once, draws curves and track, and keeps their pointers together.

import { drawCurves, timeText } from "./device_curves.js";
import { drawTrack } from "./device_map.js";
import { getJson, pageData } from "./map_base.js";

const data = pageData("device-data");
const { words } = data;
const note = document.getElementById("curves-note");
const slider = document.getElementById("device-time");
const label = document.getElementById("device-label");
const chooser = document.getElementById("track-colour");
const fill = (text, n) => text.replace("{n}", n.toLocaleString("en-US"));

/** A table of what was read, for those who do not see the curves and for a quick look. */
function tableOf(found) {
  const table = document.createElement("table");
  table.className = "list list-flat";
  const row = (place, cells, tag) => {
    const line = place.insertRow();
    cells.forEach((text, i) => {
      const cell = document.createElement(tag);
      if (tag === "th") cell.scope = "col";
      if (i) cell.className = "numeric";
      cell.textContent = text;
      line.append(cell);
    });
  };
  row(table.createTHead(), words.columns, "th");
  const body = table.createTBody();
  for (const one of found.panels.flatMap((panel) => panel.series)) {
    row(body, [`${one.label} (${one.unit})`, one.least, one.mean, one.greatest, one.readings.toLocaleString("en-US")], "td");
  }
  return table;
}

function tellAbsent(found) {
  const place = document.getElementById("device-absent");
  if (!found.absent.length) return;
  const head = document.createElement("h3");
  head.textContent = words.notDrawn;
  const list = document.createElement("ul");
  list.className = "hint";
  for (const { label: name, why } of found.absent) {
    const item = document.createElement("li");
    item.textContent = `${name}: ${why}`;
    list.append(item);
  }
  place.append(head, list);
}

function offerColours(found, track) {
  for (const { name, label: text, unit } of found.track.quantities) chooser.add(new Option(`${text} (${unit})`, name));
  chooser.value = found.colour ?? "";
  chooser.disabled = !found.track.quantities.length;
  chooser.addEventListener("change", () => track.paint(chooser.value));
}

async function draw() {
  const { body: found } = await getJson(data.samples, { etag: "" });
  note.textContent = found.panels.length ? fill(found.thinned ? words.thinned : words.all, found.rows) : words.none;
  if (!found.track.at.length) note.textContent += ` ${words.noFix}`;
  if (found.panels.length) document.getElementById("device-values").append(tableOf(found));
  tellAbsent(found);
  let [curves, track] = [null, null];
  const goTo = (ms, from) => {
    if (from !== "curves") curves?.point(ms);
    if (from !== "slider") slider.value = String(ms - found.from);
    track?.point(ms);
    label.textContent = timeText(ms);
    slider.setAttribute("aria-valuetext", label.textContent);
  };
  const element = document.getElementById("device-curves");
  if (found.panels.length) curves = drawCurves(element, found, words, (ms) => goTo(ms, "curves"));
  else element.hidden = true;
  slider.max = String(found.to - found.from);
  slider.step = "1000";
  slider.disabled = false;
  slider.addEventListener("input", () => goTo(found.from + Number(slider.value), "slider"));
  track = await drawTrack(document.getElementById("device-map"), data, found, (ms) => goTo(ms, "map"));
  offerColours(found, track);
  if (found.track.at.length) goTo(found.from + found.track.at.at(-1), "curves"); // no tooltip until somebody points
}

draw().catch((fault) => {
  note.textContent = words.failed;
  console.error(fault);
});
