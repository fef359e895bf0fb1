// The map of one violation: the zone as it was, the track in and out of it, a slider over its time.

import { collection, colour, getJson, makeMap, pageData, pointOf, showCoordinates } from "./map_base.js";

const GAP_MS = 120_000; // a longer silence is a gap: no line is drawn as if something were known
const root = document.getElementById("violation-map");
const data = pageData("map-data");
const { words } = data;
const slider = document.getElementById("track-time");
const label = document.getElementById("track-label");
const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });

const [map, found] = await Promise.all([makeMap(root, data, { zones: false }), getJson(data.track)]);
const { points, total, zone } = found.body;
showCoordinates(map, document.getElementById("map-coordinates"));

map.addSource("this-zone", { type: "geojson", data: { type: "Feature", geometry: zone, properties: {} } });
map.addLayer({ id: "this-zone-fill", type: "fill", source: "this-zone", paint: { "fill-color": colour("action"), "fill-opacity": 0.1 } });
map.addLayer({ id: "this-zone-line", type: "line", source: "this-zone", paint: { "line-color": colour("action"), "line-width": 2.5 } });

/** Stretches of the track: inside the zone, outside, or a gap. */
function stretches() {
  const parts = [];
  for (let i = 1; i < points.length; i += 1) {
    const [a, b] = [points[i - 1], points[i]];
    const kind = b[0] - a[0] > GAP_MS ? "gap" : a[5] && b[5] ? "inside" : "outside";
    const last = parts.at(-1);
    if (last?.kind === kind) last.line.push([b[1], b[2]]);
    else parts.push({ kind, line: [[a[1], a[2]], [b[1], b[2]]] });
  }
  return collection(parts.map(({ kind, line }) => ({
    type: "Feature", properties: { kind }, geometry: { type: "LineString", coordinates: line },
  })));
}

map.addSource("track", { type: "geojson", data: stretches() });
map.addSource("fixes", { type: "geojson", data: collection(points.map((p, i) => pointOf(p[1], p[2], { inside: p[5], i }))) });
map.addSource("here", { type: "geojson", data: collection([]) });
const line = (kind, tone, width, dash) => map.addLayer({
  id: `track-${kind}`, type: "line", source: "track", filter: ["==", ["get", "kind"], kind],
  layout: { "line-join": "round", "line-cap": dash ? "butt" : "round" },
  paint: { "line-color": colour(tone), "line-width": width, ...(dash ? { "line-dasharray": dash } : {}) },
});
line("gap", "line-strong", 2, [1, 2]);
line("outside", "info", 3);
line("inside", "over", 5);
map.addLayer({ id: "fixes", type: "circle", source: "fixes", minzoom: 12, paint: {
  "circle-radius": 3, "circle-color": ["case", ["get", "inside"], colour("over"), colour("info")],
  "circle-stroke-color": "#ffffff", "circle-stroke-width": 1 } });
map.addLayer({ id: "here", type: "symbol", source: "here", layout: {
  "icon-image": ["get", "icon"], "icon-rotate": ["get", "dir"], "icon-rotation-alignment": "map", "icon-allow-overlap": true } });

/** Place the sign at the n-th position and say when that was. */
function place(n) {
  const [at, lon, lat, speed, direction, inside] = points[n];
  map.getSource("here").setData(collection([pointOf(lon, lat, {
    dir: direction ?? 0, icon: `${inside ? "forbidden" : "online"}-${direction === null ? "dot" : "arrow"}` })]));
  const parts = [clock.format(at), inside ? words.inside : words.outside];
  if (speed !== null) parts.push(`${speed.toFixed(1)} km/h`);
  label.textContent = parts.join(" · ");
  slider.setAttribute("aria-valuetext", label.textContent);
}

if (points.length) {
  slider.max = String(points.length - 1);
  slider.disabled = false;
  slider.addEventListener("input", () => place(Number(slider.value)));
  map.on("click", "fixes", ({ features }) => {
    slider.value = String(features[0].properties.i);
    place(Number(slider.value));
  });
  const firstInside = Math.max(points.findIndex((p) => p[5]), 0);
  slider.value = String(firstInside);
  place(firstInside);
}
document.getElementById("track-count").textContent =
  points.length === total ? words.all.replace("{n}", total) : words.some.replace("{n}", points.length).replace("{total}", total);

const reach = points.length ? points.map((p) => [p[1], p[2]]) : [[data.place[0], data.place[1]]];
const lons = reach.map(([lon]) => lon);
const lats = reach.map(([, lat]) => lat);
const low = (values) => values.reduce((a, b) => Math.min(a, b));
const high = (values) => values.reduce((a, b) => Math.max(a, b));
map.fitBounds([[low(lons), low(lats)], [high(lons), high(lats)]], { padding: 50, maxZoom: 15, duration: 0 });
map.once("idle", () => { root.dataset.drawn = "yes"; });
