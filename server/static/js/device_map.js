// The track of one terminal, coloured by a quantity; gaps are dotted lines, never solid ones.

import { collection, colour, getJson, makeMap, pointOf, showCoordinates } from "./map_base.js";

const RAMP = ["#2c5aa0", "#3f9c7a", "#e2a72e", "#c8401f", "#7d1128"]; // low to high; the legend says the numbers
const UNKNOWN = "#6b7785";

/** The number that a share of the values does not exceed. */
function quantile(values, share) {
  const sorted = values.filter((v) => v !== null).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : null;
}

function segments(track, quantity) {
  const broken = new Set(track.broken);
  const features = [];
  for (let i = 1; i < track.at.length; i += 1) {
    const properties = { gap: broken.has(i) };
    const value = quantity?.values[i - 1] ?? null;
    if (value !== null) properties.v = value;
    features.push({ type: "Feature", properties, geometry: { type: "LineString",
      coordinates: [[track.lon[i - 1], track.lat[i - 1]], [track.lon[i], track.lat[i]]] } });
  }
  return collection(features);
}

/** Fill the legend: a bar of the ramp with its least and greatest number, words and unit. */
function drawRamp(element, quantity, low, high) {
  element.replaceChildren();
  if (!quantity || low === null) return;
  const canvas = document.createElement("canvas");
  canvas.width = 90;
  canvas.height = 10;
  const pen = canvas.getContext("2d");
  const shades = pen.createLinearGradient(0, 0, 90, 0);
  RAMP.forEach((tone, i) => shades.addColorStop(i / (RAMP.length - 1), tone));
  pen.fillStyle = shades;
  pen.fillRect(0, 0, 90, 10);
  const words = [`≤ ${low.toFixed(1)}`, canvas, `≥ ${high.toFixed(1)} ${quantity.unit}`];
  element.append(...words);
}

/** Draw the track; `onTime(ms)` is told which point was clicked. Gives `point(ms)`. */
export async function drawTrack(element, data, found, onTime) {
  const { track } = found;
  const map = await makeMap(element, data);
  showCoordinates(map, document.getElementById("map-coordinates"));
  map.addSource("track", { type: "geojson", data: collection([]), tolerance: 0 }); // else pieces of a second are dropped
  map.addSource("here", { type: "geojson", data: collection([]) });
  map.addLayer({ id: "track-gap", type: "line", source: "track", filter: ["get", "gap"],
    paint: { "line-color": colour("line-strong"), "line-width": 2, "line-dasharray": [1, 2] } });
  map.addLayer({ id: "track-edge", type: "line", source: "track", filter: ["!", ["get", "gap"]],
    layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 7 } });
  map.addLayer({ id: "track", type: "line", source: "track", filter: ["!", ["get", "gap"]],
    layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": UNKNOWN, "line-width": 4 } });
  map.addLayer({ id: "here", type: "symbol", source: "here", layout: { "icon-image": ["get", "icon"],
    "icon-rotate": ["get", "dir"], "icon-rotation-alignment": "map", "icon-allow-overlap": true } });
  paintBy(map, track, found.colour);
  fit(map, track);
  map.on("click", (event) => {
    const i = nearest(track, event.lngLat);
    if (i >= 0) onTime(found.from + track.at[i]);
  });
  map.once("idle", () => { element.dataset.drawn = "yes"; });
  return { point: (ms) => place(map, track, ms - found.from), paint: (name) => paintBy(map, track, name) };
}

function paintBy(map, track, name) {
  const quantity = track.quantities.find((one) => one.name === name);
  const low = quantity ? quantile(quantity.values, 0.02) : null;
  const high = quantity ? quantile(quantity.values, 0.98) : null;
  map.getSource("track").setData(segments(track, quantity));
  const step = low === null ? 0 : (high - low || 1) / (RAMP.length - 1);
  map.setPaintProperty("track", "line-color", low === null ? UNKNOWN : ["case", ["has", "v"],
    ["interpolate", ["linear"], ["get", "v"], ...RAMP.flatMap((tone, i) => [low + i * step, tone])], UNKNOWN]);
  drawRamp(document.getElementById("track-legend"), quantity, low, high);
}

function fit(map, track) {
  if (!track.at.length) return;
  const low = (values) => values.reduce((a, b) => Math.min(a, b));
  const high = (values) => values.reduce((a, b) => Math.max(a, b));
  map.fitBounds([[low(track.lon), low(track.lat)], [high(track.lon), high(track.lat)]], { padding: 40, maxZoom: 16, duration: 0 });
}

function nearest(track, { lng, lat }) {
  let [best, found] = [Infinity, -1];
  for (let i = 0; i < track.at.length; i += 1) {
    const distance = (track.lon[i] - lng) ** 2 + (track.lat[i] - lat) ** 2;
    if (distance < best) [best, found] = [distance, i];
  }
  return found;
}

/** Put the sign at the last fix before a moment. */
function place(map, track, ms) {
  let [low, high] = [0, track.at.length - 1];
  if (high < 0) return;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (track.at[middle] <= ms) low = middle;
    else high = middle - 1;
  }
  const direction = track.direction[low];
  map.getSource("here").setData(collection([pointOf(track.lon[low], track.lat[low], {
    dir: direction ?? 0, icon: `online-${direction === null ? "dot" : "arrow"}` })]));
}
