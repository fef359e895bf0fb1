// The quiet base that every map of the platform stands on: boundaries, zones, names, arrows, coordinates on click.
// Labels are drawn from the system's own fonts: no glyph server, no sprite server, nothing from outside.

import {
  AttributionControl, Map as LibreMap, NavigationControl, Popup, ScaleControl, setWorkerUrl,
} from "../vendor/maplibre-gl.mjs";

setWorkerUrl(new URL("../vendor/maplibre-gl-worker.mjs", import.meta.url).href);

const FONTS = '"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
const css = getComputedStyle(document.documentElement);
export const colour = (name) => css.getPropertyValue(`--${name}`).trim();
export const isEnglish = document.documentElement.lang === "en";
export const nameOf = (pair) => (isEnglish ? pair.en || pair.zh : pair.zh || pair.en);
export const collection = (features) => ({ type: "FeatureCollection", features });
export const pointOf = (lon, lat, properties) => ({
  type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties,
});

/** The JSON that a page holds for its script. */
export const pageData = (id) => JSON.parse(document.getElementById(id).textContent);

/** Fetch JSON; null for 304. Throws on anything else that is not 200. */
export async function getJson(address, { etag, signal } = {}) {
  const headers = { Accept: "application/json", "X-Poll": "1" };
  if (etag) headers["If-None-Match"] = etag;
  const answer = await fetch(address, { headers, signal, cache: etag === undefined ? "default" : "no-store" });
  if (answer.status === 304) return null;
  if (!answer.ok) throw Object.assign(new Error(`HTTP ${answer.status}`), { status: answer.status });
  return { body: await answer.json(), etag: answer.headers.get("ETag") };
}

function style(data) {
  const sources = {};
  const layers = [{ id: "ground", type: "background", paint: { "background-color": "#eef1f4" } }];
  if (data.tiles) {
    sources.tiles = { type: "raster", tiles: [data.tiles], tileSize: 256, attribution: data.attribution || "" };
    layers.push({ id: "tiles", type: "raster", source: "tiles", paint: { "raster-saturation": -0.5, "raster-opacity": 0.75 } });
  }
  return { version: 8, sources, layers };
}

const empty = { type: "geojson", data: collection([]) };

function addBase(map, hasTiles) {
  const text = (size, field = "name") => ({
    "text-field": ["get", field], "text-size": size, "text-max-width": 9, "text-padding": 6,
  });
  for (const name of ["divisions", "division-names", "sites", "site-names", "zones", "zone-names"]) map.addSource(name, empty);
  map.addLayer({ id: "county-fill", type: "fill", source: "divisions", filter: ["==", ["get", "level"], "county"],
    paint: { "fill-color": "#fbfcfd", "fill-opacity": hasTiles ? 0 : 1 } });
  map.addLayer({ id: "county-line", type: "line", source: "divisions", filter: ["==", ["get", "level"], "county"],
    paint: { "line-color": "#b5c0cb", "line-width": 1, "line-dasharray": [4, 2] } });
  map.addLayer({ id: "city-line", type: "line", source: "divisions", filter: ["==", ["get", "level"], "city"],
    paint: { "line-color": "#8b9bab", "line-width": 1.6 } });
  map.addLayer({ id: "site-fill", type: "fill", source: "sites", minzoom: 9, paint: { "fill-color": colour("ink-soft"), "fill-opacity": 0.08 } });
  map.addLayer({ id: "site-line", type: "line", source: "sites", minzoom: 9,
    paint: { "line-color": colour("ink-soft"), "line-width": 1.2, "line-dasharray": [3, 2] } });
  map.addLayer({ id: "zone-fill", type: "fill", source: "zones", paint: { "fill-color": colour("action"), "fill-opacity": 0.1 } });
  map.addLayer({ id: "zone-line", type: "line", source: "zones", paint: { "line-color": colour("action"), "line-width": 2 } });
  const halo = { "text-halo-color": "#ffffff", "text-halo-width": 1.6 };
  map.addLayer({ id: "division-name", type: "symbol", source: "division-names", layout: text(13),
    filter: ["==", ["get", "level"], "county"], maxzoom: 13, paint: { "text-color": "#5b6b7b", ...halo } });
  map.addLayer({ id: "city-name", type: "symbol", source: "division-names", layout: text(14),
    filter: ["==", ["get", "level"], "city"], maxzoom: 9, paint: { "text-color": "#5b6b7b", ...halo } });
  map.addLayer({ id: "site-name", type: "symbol", source: "site-names", minzoom: 11.5, layout: text(12),
    paint: { "text-color": colour("ink-soft"), ...halo } });
  map.addLayer({ id: "zone-name", type: "symbol", source: "zone-names", minzoom: 9.5, layout: text(13),
    paint: { "text-color": colour("action-deep"), ...halo } });
}

/** Put features with a name and a label point into a source and its "-names" twin. */
function fill(map, source, names, found, keep = () => true) {
  const features = found.features.filter(keep);
  map.getSource(source).setData(collection(found.features));
  map.getSource(names).setData(collection(features.map(({ properties: p }) =>
    pointOf(p.lon, p.lat, { name: nameOf(p), level: p.level || "" }))));
}

/** A map in the element, with base, scale and coordinates on click; resolves when the base is drawn. */
export async function makeMap(element, data, { zones = true } = {}) {
  const [west, south, east, north] = data.extent;
  const map = new LibreMap({
    container: element, style: style(data), bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: 20 },
    minZoom: 4, maxZoom: 18, dragRotate: false, pitchWithRotate: false, touchPitch: false, attributionControl: false,
    localIdeographFontFamily: FONTS, locale: data.words.controls, fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
  if (data.attribution) map.addControl(new AttributionControl({ compact: false }));
  await new Promise((done) => map.once("load", done));
  addBase(map, Boolean(data.tiles));
  addArrows(map);
  const base = await getJson(data.divisions);
  fill(map, "divisions", "division-names", base.body, ({ properties: p }) => p.level === "county" || p.code !== data.city);
  if (zones) {
    const drawn = await getJson(data.zones);
    fill(map, "zones", "zone-names", drawn.body);
    if (data.sites) fill(map, "sites", "site-names", (await getJson(data.sites)).body);
  }
  element.dataset.ready = "yes";
  return map;
}

/** Show the coordinates of a click in the element, to seven characters of a degree that a person can read out. */
export function showCoordinates(map, element) {
  map.on("click", ({ lngLat }) => {
    const { lng, lat } = lngLat.wrap();
    element.textContent = `${lng.toFixed(5)}° E  ${lat.toFixed(5)}° N  WGS-84`;
  });
}

/** A small window with lines of text (never HTML) and a link. */
export function openPopup(map, at, { title, lines, href, link }) {
  const box = document.createElement("div");
  box.className = "map-popup";
  const head = document.createElement("strong");
  head.textContent = title;
  box.append(head);
  for (const line of lines) {
    const row = document.createElement("div");
    row.textContent = line;
    box.append(row);
  }
  if (href) {
    const anchor = document.createElement("a");
    anchor.href = href;
    anchor.textContent = link;
    box.append(anchor);
  }
  return new Popup({ closeButton: true, maxWidth: "260px", focusAfterOpen: false }).setLngLat(at).setDOMContent(box).addTo(map);
}

// --- arrows: a shape for each state, so that colour is never alone ---

export const STATES = {
  violation: { tone: "lead", shape: "diamond" },
  forbidden: { tone: "over", shape: "ring" },
  online: { tone: "good", shape: "plain" },
  late: { tone: "due", shape: "hollow" },
  offline: { tone: "ink-soft", shape: "cross" },
};
const SIDE = 48; // drawn at double size

function outline(pen, shape) {
  pen.beginPath();
  if (shape === "ring") pen.arc(24, 24, 20, 0, Math.PI * 2);
  else if (shape === "diamond") for (const [x, y] of [[24, 2], [46, 24], [24, 46], [2, 24]]) pen.lineTo(x, y);
  else return;
  pen.closePath();
  pen.fillStyle = "#ffffffd0";
  pen.fill();
  pen.stroke();
}

function arrow(pen) {
  pen.beginPath();
  for (const [x, y] of [[24, 8], [35, 37], [24, 30], [13, 37]]) pen.lineTo(x, y);
  pen.closePath();
}

function dot(pen) {
  pen.beginPath();
  pen.arc(24, 24, 9, 0, Math.PI * 2);
}

/** Draw one sign into a canvas of 48 x 48. */
export function drawSign(canvas, state, moving) {
  const { tone, shape } = STATES[state];
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext("2d");
  pen.lineJoin = "round";
  pen.strokeStyle = colour(tone);
  pen.lineWidth = 4;
  outline(pen, shape);
  if (shape === "cross") {
    pen.lineWidth = 6;
    pen.beginPath();
    for (const [a, b, c, d] of [[15, 15, 33, 33], [33, 15, 15, 33]]) { pen.moveTo(a, b); pen.lineTo(c, d); }
    pen.stroke();
    return pen;
  }
  (moving ? arrow : dot)(pen);
  pen.fillStyle = shape === "hollow" ? "#ffffff" : colour(tone);
  pen.lineWidth = shape === "hollow" ? 4.5 : 2;
  if (shape !== "hollow") pen.strokeStyle = "#ffffff";
  pen.fill();
  pen.stroke();
  return pen;
}

function addArrows(map) {
  for (const state of Object.keys(STATES)) {
    for (const moving of [true, false]) {
      const pen = drawSign(document.createElement("canvas"), state, moving);
      map.addImage(`${state}-${moving ? "arrow" : "dot"}`, pen.getImageData(0, 0, SIDE, SIDE), { pixelRatio: 2 });
    }
  }
}

/** Draw the signs of a legend: elements with data-sign="state". */
export function drawLegend(root) {
  for (const canvas of root.querySelectorAll("canvas[data-sign]")) drawSign(canvas, canvas.dataset.sign, true);
}
