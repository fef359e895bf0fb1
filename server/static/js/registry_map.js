// The small map of a subject's last position.

import { collection, makeMap, pageData, pointOf, showCoordinates } from "./map_base.js";

const root = document.getElementById("registry-map");
if (root) {
  const data = pageData("map-data");
  const map = await makeMap(root, data);
  showCoordinates(map, document.getElementById("map-coordinates"));
  map.addSource("here", { type: "geojson", data: collection([pointOf(...data.place, { dir: data.direction ?? 0 })]) });
  map.addLayer({ id: "here", type: "symbol", source: "here", layout: {
    "icon-image": `${data.line}-${data.direction === null ? "dot" : "arrow"}`, "icon-rotate": ["get", "dir"],
    "icon-rotation-alignment": "map", "icon-allow-overlap": true } });
}
