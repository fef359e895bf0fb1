// The form of an assignment: a click on the map sets the place.

import { collection, makeMap, pageData, pointOf } from "./map_base.js";

const { lon, lat } = document.getElementById("assignment-form").elements;
const map = await makeMap(document.getElementById("assignment-map"), pageData("map-data"));
map.addSource("place", { type: "geojson", data: collection([]) });
map.addLayer({ id: "place", type: "circle", source: "place",
  paint: { "circle-radius": 7, "circle-color": "#b3261e", "circle-stroke-width": 2, "circle-stroke-color": "#ffffff" } });

function drawPlace() {
  const point = lon.value && lat.value ? [Number(lon.value), Number(lat.value)] : [];
  map.getSource("place").setData(collection(point.length && point.every(Number.isFinite) ? [pointOf(...point, {})] : []));
}
map.on("click", (event) => {
  lon.value = event.lngLat.lng.toFixed(6);
  lat.value = event.lngLat.lat.toFixed(6);
  drawPlace();
  lon.dispatchEvent(new Event("change", { bubbles: true }));
});
for (const input of [lon, lat]) input.addEventListener("change", drawPlace);
drawPlace();
