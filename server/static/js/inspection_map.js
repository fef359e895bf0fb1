// The place of an inspection on a small map.

import { collection, makeMap, pageData, pointOf } from "./map_base.js";

const data = pageData("map-data");
const map = await makeMap(document.getElementById("inspection-map"), data);
map.addSource("place", { type: "geojson", data: collection([pointOf(...data.place, {})]) });
map.addLayer({ id: "place", type: "circle", source: "place",
  paint: { "circle-radius": 7, "circle-color": "#b3261e", "circle-stroke-width": 2, "circle-stroke-color": "#ffffff" } });
