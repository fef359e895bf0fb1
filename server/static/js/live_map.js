// The live map: terminals and violations to be checked, renewed every two seconds without a reload.
// The server answers for what is in view: single terminals, or cells with counts when there are too many.

import { collection, drawLegend, getJson, makeMap, openPopup, pageData, pointOf, showCoordinates, STATES } from "./map_base.js";
import { setLost } from "./frame.js";

const EVERY_MS = 2000;
const LISTED = 100;
const order = Object.keys(STATES);

const root = document.getElementById("live-map");
const data = pageData("map-data");
const { words } = data;
const list = document.getElementById("map-list");
const views = { violations: document.getElementById("list-violations"), terminals: document.getElementById("list-terminals") };

drawLegend(document);
const map = await makeMap(root, data);
showCoordinates(map, document.getElementById("map-coordinates"));
addMoving();

let etag = null;
let running = null;
let now = { violations: [], points: [], cells: [] };

function addMoving() {
  for (const name of ["cells", "points", "flagged"]) map.addSource(name, { type: "geojson", data: collection([]) });
  map.addLayer({ id: "cells", type: "circle", source: "cells", paint: {
    "circle-radius": ["interpolate", ["linear"], ["log10", ["get", "n"]], 0, 11, 2, 17, 4, 30],
    "circle-color": "#2f4358", "circle-opacity": 0.85,
    "circle-stroke-width": ["case", [">", ["get", "bad"], 0], 4, 1.5],
    "circle-stroke-color": ["case", [">", ["get", "bad"], 0], "#b3261e", "#ffffff"] } });
  map.addLayer({ id: "cell-count", type: "symbol", source: "cells", layout: {
    "text-field": ["get", "label"], "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-color": "#ffffff" } });
  map.addLayer({ id: "flagged", type: "circle", source: "flagged", paint: {
    "circle-radius": 9, "circle-color": "#6b3fa0", "circle-opacity": 0.08, "circle-stroke-width": 2.5, "circle-stroke-color": "#6b3fa0" } });
  map.addLayer({ id: "points", type: "symbol", source: "points", layout: {
    "icon-image": ["get", "icon"], "icon-rotate": ["get", "dir"], "icon-rotation-alignment": "map", "icon-allow-overlap": true,
    "icon-ignore-placement": true, "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.7, 13, 1], "symbol-sort-key": ["get", "rank"],
    "text-field": ["step", ["zoom"], "", 12.5, ["get", "name"]], "text-size": 12, "text-offset": [0, 1.5], "text-optional": true },
    paint: { "text-color": "#1c2733", "text-halo-color": "#ffffff", "text-halo-width": 1.5 } });
}

const mark = (point) => ({
  name: point.name, dir: point.state === "offline" ? 0 : point.dir ?? 0, rank: -order.indexOf(point.state),
  id: point.id, icon: `${point.state}-${point.dir === null ? "dot" : "arrow"}`,
});

function draw() {
  map.getSource("cells").setData(collection(now.cells.map(([lon, lat, n, violation, forbidden]) =>
    pointOf(lon, lat, { n, bad: violation + forbidden, label: String(n) }))));
  map.getSource("points").setData(collection(now.points.map((p) => pointOf(p.lon, p.lat, mark(p)))));
  map.getSource("flagged").setData(collection(now.violations.map((v) => pointOf(v.lon, v.lat, { id: v.id }))));
  drawLists();
}

// --- the list beside the map, for keyboard and screen reader ---

function row(key, title, lines, at, href) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.key = key;
  const head = document.createElement("strong");
  head.textContent = title;
  button.append(head, ...lines.map((line) => Object.assign(document.createElement("span"), { textContent: line })));
  button.addEventListener("click", () => {
    map.easeTo({ center: at, zoom: Math.max(map.getZoom(), 14), duration: 400 });
    show(at, title, lines, href);
  });
  item.append(button);
  if (href) item.append(Object.assign(document.createElement("a"), { href, textContent: words.open, title: `${words.open} ${title}` }));
  return item;
}

let popup = null;
function show(at, title, lines, href) {
  popup?.remove();
  popup = openPopup(map, at, { title, lines, href, link: words.open });
}

function renew(view, items, note) {
  const held = document.activeElement?.dataset?.key;
  view.querySelector("ul").replaceChildren(...items);
  view.querySelector(".note").textContent = note;
  if (held) view.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
}

const linesOf = (p) => [p.word, `${p.at}${p.speed === null ? "" : ` · ${p.speed} km/h`}`];

function drawLists() {
  renew(views.violations, now.violations.slice(0, LISTED).map((v) =>
    row(`v${v.id}`, v.name, [v.zone, v.at], [v.lon, v.lat], v.href)), now.violations.length ? "" : words.noViolations);
  const counted = now.cells.reduce((sum, cell) => sum + cell[2], 0);
  const points = [...now.points].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name));
  const rest = counted + Math.max(points.length - LISTED, 0);
  const more = rest ? words.more.replace("{n}", rest) : "";
  renew(views.terminals, points.slice(0, LISTED).map((p) => row(`p${p.id}`, p.name, linesOf(p), [p.lon, p.lat], p.href)),
    points.length + counted ? more : words.noTerminals);
}

// --- the feed ---

async function renewAll() {
  running?.abort();
  const mine = (running = new AbortController());
  const b = map.getBounds();
  const bbox = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((v) => v.toFixed(4)).join(",");
  try {
    const found = await getJson(`${data.now}?bbox=${bbox}`, { etag, signal: mine.signal });
    if (mine !== running) return;
    setLost(false);
    root.dataset.renewed = String(Date.now());
    if (!found) return;
    ({ etag } = found);
    now = found.body;
    draw();
  } catch (fault) {
    if (fault.name === "AbortError") return;
    if (fault.status === 401) location.reload(); // the session is over: sign in and come back here
    else setLost(true);
  } finally {
    if (mine === running) running = null;
  }
}

map.on("moveend", renewAll);
map.on("click", "points", ({ features }) => {
  const p = now.points.find(({ id }) => id === features[0].properties.id);
  if (p) show([p.lon, p.lat], p.name, linesOf(p), p.href);
});
map.on("click", "flagged", ({ features }) => {
  const v = now.violations.find(({ id }) => id === features[0].properties.id);
  if (v) show([v.lon, v.lat], v.name, [v.number, v.zone, v.at], v.href);
});
map.on("click", "cells", ({ features, lngLat }) => map.easeTo({ center: lngLat, zoom: map.getZoom() + 2, duration: 300 }));
for (const layer of ["points", "flagged", "cells"]) {
  map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
  map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
}
await renewAll();
setInterval(() => { if (!document.hidden && !running) renewAll(); }, EVERY_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) renewAll(); });
list?.removeAttribute("hidden");
