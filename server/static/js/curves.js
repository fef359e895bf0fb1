// The curves of a terminal, and its track: one time axis, gaps stay gaps, the cursor of each moves the other.

import { collection, colour, getJson, makeMap, pageData, pointOf, showCoordinates } from "./map_base.js";

const data = pageData("map-data");
const { words, names } = data;
const count = document.getElementById("curves-count");
const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });
const PANELS = [
  ["speed_kmh"], ["engine_speed_rpm"], ["nox_upstream_ppm", "nox_downstream_ppm"], ["reagent_level_pct"],
  ["scr_inlet_c", "scr_outlet_c", "coolant_c"], ["opacity_m1"],
];
const TONES = ["info", "over", "lead"];

async function read() {
  try {
    return (await getJson(data.samples)).body;
  } catch (fault) {
    count.textContent = words.failed;
    throw fault;
  }
}

/** One grid below the other on a shared axis; a panel without any value is left out. */
function options(found) {
  const panels = PANELS.map((keys) => keys.filter((key) => found.curves[key]?.length)).filter((keys) => keys.length);
  const height = 100 / Math.max(panels.length, 1);
  const grid = [], xAxis = [], yAxis = [], series = [], titles = [];
  panels.forEach((keys, at) => {
    const last = at === panels.length - 1;
    grid.push({ left: 62, right: 18, top: `${at * height * 0.9 + 5}%`, height: `${height * 0.9 - 6}%` });
    titles.push({ text: keys.map((key) => names[key][0]).join(" / "), left: 62, top: `${at * height * 0.9 + 1}%`,
      textStyle: { fontSize: 12, fontWeight: 600, color: colour("ink") } });
    xAxis.push({ type: "time", gridIndex: at, axisLabel: { show: last, hideOverlap: true, formatter: (t) => clock.format(t).slice(11, 16) },
      axisTick: { show: last }, splitLine: { show: true, lineStyle: { color: colour("line") } } });
    yAxis.push({ type: "value", gridIndex: at, scale: true, name: names[keys[0]][1], nameLocation: "middle", nameGap: 44,
      splitLine: { lineStyle: { color: colour("line") } }, axisLabel: { fontSize: 11 } });
    keys.forEach((key, n) => series.push({
      name: `${names[key][0]} ${names[key][1]}`, type: "line", xAxisIndex: at, yAxisIndex: at, data: found.curves[key], showSymbol: false,
      connectNulls: false, animation: false, lineStyle: { width: 1.4, type: ["solid", "dashed", "dotted"][n] }, color: colour(TONES[n]),
    }));
  });
  return {
    title: titles, grid, xAxis, yAxis, series, animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    axisPointer: { link: [{ xAxisIndex: "all" }], label: { formatter: ({ value }) => (value > 1e11 ? clock.format(value) : Number(value).toFixed(1)) } },
    tooltip: { trigger: "axis", confine: true, formatter: (items) => lines(items) },
    dataZoom: [{ type: "slider", xAxisIndex: panels.map((_, i) => i), bottom: 4, height: 18, labelFormatter: (t) => clock.format(t).slice(11) },
      { type: "inside", xAxisIndex: panels.map((_, i) => i), zoomOnMouseWheel: "ctrl" }],
  };
}

function lines(items) {
  const shown = items.filter(({ value }) => value[1] !== null);
  const box = document.createElement("div");
  box.append(clock.format(items[0].value[0]));
  for (const { seriesName, value } of shown) {
    const line = document.createElement("div");
    line.textContent = `${seriesName}: ${value[1]}`;
    box.append(line);
  }
  return box;
}

/** Stretches of the track coloured by speed; a row of nulls begins a new one, a dotted line bridges it. */
function stretches(track) {
  const parts = [];
  for (let i = 1; i < track.length; i += 1) {
    const [a, b] = [track[i - 1], track[i]];
    if (b[0] === null) continue;
    const gap = a[0] === null;
    const from = gap ? track[i - 2] : a;
    if (!from || from[0] === null) continue;
    parts.push({ type: "Feature", properties: { gap, speed: b[3] ?? 0 },
      geometry: { type: "LineString", coordinates: [[from[1], from[2]], [b[1], b[2]]] } });
  }
  return collection(parts);
}

/** The index of the fix nearest in time (the track is sorted; gap rows are skipped). */
function nearest(fixes, at) {
  let [low, high] = [0, fixes.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fixes[middle][0] < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - fixes[low - 1][0] < fixes[low][0] - at ? low - 1 : low;
}

const plot = document.getElementById("curves");
const root = document.getElementById("curves-map");
const [map, found] = await Promise.all([makeMap(root, data), read()]);
showCoordinates(map, document.getElementById("map-coordinates"));
const filled = (text) => text.replace("{n}", found.n.toLocaleString("en"));
count.textContent = found.n === 0 ? words.none : filled(found.thinned ? words.thinned : words.all);

const fixes = found.track.filter(([at]) => at !== null);
map.addSource("track", { type: "geojson", data: stretches(found.track) });
map.addSource("here", { type: "geojson", data: collection([]) });
map.addLayer({ id: "gap", type: "line", source: "track", filter: ["get", "gap"], paint: { "line-color": colour("line-strong"), "line-width": 2, "line-dasharray": [1, 2] } });
map.addLayer({ id: "track", type: "line", source: "track", filter: ["!", ["get", "gap"]], layout: { "line-cap": "round" }, paint: {
  "line-width": 4, "line-color": ["interpolate", ["linear"], ["get", "speed"], 0, "#7fb2e0", 40, colour("info"), 90, colour("frame-deep")] } });
map.addLayer({ id: "here", type: "circle", source: "here", paint: { "circle-radius": 8, "circle-color": colour("over"), "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } });
const place = (fix) => fix && map.getSource("here").setData(collection([pointOf(fix[1], fix[2], {})]));

const hasCurves = Object.values(found.curves).some((points) => points.length);
if (hasCurves) {
  const chart = window.echarts.init(plot, null, { renderer: "canvas" });
  chart.setOption(options(found));
  chart.on("updateAxisPointer", ({ axesInfo }) => {
    const time = axesInfo?.find(({ axisDim }) => axisDim === "x");
    if (time && fixes.length) place(fixes[nearest(fixes, time.value)]);
  });
  map.on("mousemove", ({ lngLat }) => {
    if (!fixes.length) return;
    let best = 0;
    let least = Infinity;
    fixes.forEach((fix, i) => {
      const d = (fix[1] - lngLat.lng) ** 2 + (fix[2] - lngLat.lat) ** 2;
      if (d < least) [least, best] = [d, i];
    });
    if (map.project([fixes[best][1], fixes[best][2]]).dist(map.project(lngLat)) > 25) return;
    place(fixes[best]);
    const x = chart.convertToPixel({ xAxisIndex: 0 }, fixes[best][0]);
    chart.dispatchAction({ type: "showTip", x, y: 40 });
  });
  new ResizeObserver(() => chart.resize()).observe(plot);
} else {
  plot.textContent = words.none;
  plot.classList.add("empty");
}
if (fixes.length) {
  const lons = fixes.map((fix) => fix[1]);
  const lats = fixes.map((fix) => fix[2]);
  const low = (values) => values.reduce((a, b) => Math.min(a, b));
  const high = (values) => values.reduce((a, b) => Math.max(a, b));
  map.fitBounds([[low(lons), low(lats)], [high(lons), high(lats)]], { padding: 40, maxZoom: 15, duration: 0 });
  place(fixes.at(-1));
}
plot.dataset.drawn = "yes";
