// A quiet map for the zone pages: outlines of the areas with their names, a tile source if one is set, scale, and
// zones given as GeoJSON. Settings stand in data attributes of the container.

import { LngLatBounds, Map as MapView, NavigationControl, ScaleControl, setWorkerUrl } from "../vendor/maplibre-gl/maplibre-gl.mjs";

setWorkerUrl(new URL("../vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href);

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const FONT = ["Noto Sans Regular"];

/** The map of a container, when its base layer stands. */
export async function openMap(container, options = {}) {
  const { tiles, credit, outlines } = container.dataset;
  const map = new MapView({
    container,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#eef1f4" } }] },
    center: [120.2, 41.5],
    zoom: 7.5,
    attributionControl: credit ? { customAttribution: credit } : false,
    localIdeographFontFamily: colour("--bs-body-font-family") || "sans-serif",
    locale: {},
    ...options,
  });
  map.addControl(new NavigationControl({ visualizePitch: false, showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
  map.dragRotate.disable();
  map.touchZoomRotate.disableRotation();
  await new Promise((done) => map.once("load", done));
  if (tiles) {
    map.addSource("tiles", { type: "raster", tiles: [tiles], tileSize: 256 });
    map.addLayer({ id: "tiles", type: "raster", source: "tiles" });
  }
  if (outlines) addOutlines(map, outlines);
  return map;
}

function addOutlines(map, address) {
  map.addSource("outlines", { type: "geojson", data: address });
  const line = (level, width, dash) => ({
    id: `outlines-${level}`,
    type: "line",
    source: "outlines",
    filter: ["==", ["get", "level"], level],
    paint: { "line-color": colour("--line-strong"), "line-width": width, ...(dash ? { "line-dasharray": dash } : {}) },
  });
  map.addLayer(line("county", 1, [3, 2]));
  map.addLayer(line("city", 1.6));
  map.addLayer({
    id: "outline-names",
    type: "symbol",
    source: "outlines",
    filter: ["==", ["get", "level"], "county"],
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12 },
    paint: { "text-color": colour("--ink-soft"), "text-halo-color": "#ffffff", "text-halo-width": 1.2 },
  });
}

/** Zones as light fills with a clear edge and their name. `look` names the colour variable. */
export function addZones(map, name, data, look = "--action", opacity = 0.15) {
  map.addSource(name, { type: "geojson", data });
  const tint = ["coalesce", ["get", "colour"], colour(look)];
  map.addLayer({ id: `${name}-fill`, type: "fill", source: name, paint: { "fill-color": tint, "fill-opacity": opacity } });
  map.addLayer({ id: `${name}-edge`, type: "line", source: name, paint: { "line-color": tint, "line-width": 2 } });
  map.addLayer({
    id: `${name}-names`,
    type: "symbol",
    source: name,
    layout: { "text-field": ["coalesce", ["get", "name"], ""], "text-font": FONT, "text-size": 13 },
    paint: { "text-color": colour("--ink"), "text-halo-color": "#ffffff", "text-halo-width": 1.6 },
  });
}

/** Show these bounds, [[west, south], [east, north]]. */
export function fitTo(map, bounds, padding = 40) {
  if (bounds) map.fitBounds(new LngLatBounds(...bounds), { padding, maxZoom: 15, duration: 0 });
}

/** The bounds of GeoJSON features; null for none. */
export function boundsOf(collection) {
  const box = new LngLatBounds();
  const walk = (part) => (typeof part[0] === "number" ? box.extend(part) : part.forEach(walk));
  for (const one of collection.features) walk(one.geometry.coordinates);
  return box.isEmpty() ? null : box.toArray();
}
