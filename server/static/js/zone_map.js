// Maps of the zone pages: the platform's quiet base with zones, numbered versions and marked faults on it.

import { collection, colour, getJson, makeMap, showCoordinates } from "./map_base.js";

export { collection, colour };

/** The map of a frame: its settings stand in a JSON script inside it. */
export async function openMap(frame) {
  const data = JSON.parse(frame.querySelector("[data-map-data]").textContent);
  const map = await makeMap(frame.querySelector("[data-map]"), data, { zones: false });
  const out = frame.querySelector("[data-place]");
  if (out) showCoordinates(map, out);
  return map;
}

/** Zones as light fills with a clear edge and their name. */
export function addZones(map, name, data, tone = "action", opacity = 0.15) {
  map.addSource(name, { type: "geojson", data });
  map.addLayer({ id: `${name}-fill`, type: "fill", source: name, paint: { "fill-color": colour(tone), "fill-opacity": opacity } });
  map.addLayer({ id: `${name}-edge`, type: "line", source: name, paint: { "line-color": colour(tone), "line-width": 2 } });
  map.addLayer({
    id: `${name}-names`,
    type: "symbol",
    source: name,
    layout: { "text-field": ["coalesce", ["get", "name"], ""], "text-size": 13 },
    paint: { "text-color": colour("action-deep"), "text-halo-color": "#ffffff", "text-halo-width": 1.6 },
  });
}

/** Faults as red rings. */
export function addFaults(map, name, places) {
  const point = ([lon, lat]) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [lon, lat] } });
  map.addSource(name, { type: "geojson", data: collection(places.map(point)) });
  map.addLayer({
    id: name,
    type: "circle",
    source: name,
    paint: { "circle-radius": 11, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": colour("over"), "circle-stroke-width": 3 },
  });
}

/** Show these bounds, [[west, south], [east, north]]. */
export function fitTo(map, bounds, padding = 40) {
  if (bounds) map.fitBounds(bounds, { padding, maxZoom: 15, duration: 0 });
}

/** The bounds of GeoJSON features; null for none. */
export function boundsOf({ features }) {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (part) => {
    if (typeof part[0] !== "number") return part.forEach(walk);
    [west, east] = [Math.min(west, part[0]), Math.max(east, part[0])];
    [south, north] = [Math.min(south, part[1]), Math.max(north, part[1])];
  };
  for (const one of features) walk(one.geometry.coordinates);
  return west > east ? null : [[west, south], [east, north]];
}

export { getJson };
