// The form of an inspection: shows the methods and checklist of the kind and the readings of the chosen methods; a click
// on the map sets the place.

import { collection, makeMap, pageData, pointOf } from "./map_base.js";

const form = document.getElementById("inspection-form");
const methodsOf = JSON.parse(form.dataset.methods);

function showMethods() {
  const offered = methodsOf[form.elements.kind.value] ?? [];
  for (const label of form.querySelectorAll("[data-method]")) {
    const box = label.querySelector("input");
    label.hidden = !offered.includes(label.dataset.method);
    if (label.hidden) box.checked = false;
    const readings = form.querySelector(`[data-readings="${label.dataset.method}"]`);
    readings.hidden = readings.disabled = !box.checked;
  }
}

function showPoints() {
  const kind = form.elements.kind.value;
  for (const point of form.querySelectorAll("[data-kinds]")) {
    const isOffered = !kind || point.dataset.kinds.split(" ").includes(kind);
    point.hidden = !isOffered && !point.querySelector("select").value; // what was answered stays in sight
  }
}
for (const show of [showMethods, showPoints]) {
  form.addEventListener("change", show);
  show();
}

const { lon, lat } = form.elements;
const placed = () => (lon.value && lat.value ? [Number(lon.value), Number(lat.value)] : null);
const map = await makeMap(document.getElementById("inspection-map"), pageData("map-data"));
map.addSource("place", { type: "geojson", data: collection([]) });
map.addLayer({ id: "place", type: "circle", source: "place",
  paint: { "circle-radius": 7, "circle-color": "#b3261e", "circle-stroke-width": 2, "circle-stroke-color": "#ffffff" } });

function drawPlace() {
  const point = placed();
  map.getSource("place").setData(collection(point?.every(Number.isFinite) ? [pointOf(...point, {})] : []));
}
function setPlace(east, north) {
  lon.value = east.toFixed(6);
  lat.value = north.toFixed(6);
  drawPlace();
  lon.dispatchEvent(new Event("change", { bubbles: true }));
}
map.on("click", (event) => setPlace(event.lngLat.lng, event.lngLat.lat));
for (const input of [lon, lat]) input.addEventListener("change", drawPlace);
document.getElementById("here").addEventListener("click", () => {
  navigator.geolocation?.getCurrentPosition(({ coords }) => setPlace(coords.longitude, coords.latitude));
});
drawPlace();
