// A zone's page and the preview of an import: the shapes on the map; a link in the list beside it shows its place.

import { addFaults, addZones, boundsOf, collection, fitTo, getJson, openMap } from "./zone_map.js";

for (const frame of document.querySelectorAll("[data-zone-view]")) {
  const map = await openMap(frame);
  const { body } = frame.dataset.shapes
    ? await getJson(frame.dataset.shapes)
    : { body: JSON.parse(frame.querySelector("[data-shapes-here]").textContent) };
  const chosen = frame.dataset.chosen;
  const others = body.features.filter((one) => chosen && String(one.properties.id) !== chosen);
  const shown = body.features.filter((one) => !others.includes(one));
  addZones(map, "others", collection(others), "ink-soft", 0.05);
  addZones(map, "shown", collection(shown));
  const faults = JSON.parse(frame.querySelector("[data-faults]")?.textContent ?? "[]");
  addFaults(map, "faults", faults);
  fitTo(map, boundsOf(shown.length ? collection(shown) : body));
  for (const button of document.querySelectorAll("[data-go]")) {
    button.addEventListener("click", () => {
      const [lon, lat] = button.dataset.go.split(",").map(Number);
      map.easeTo({ center: [lon, lat], zoom: 15 });
    });
  }
  frame.dataset.ready = "yes";
}
