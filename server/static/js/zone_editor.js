// Draws and edits a zone on the map. The coordinate list in the text area is the one truth: the map writes into it
// and reads from it, the form sends it, and who cannot use the map types into it.

import { collection, colour, fitTo, openMap } from "./zone_map.js";
import { areaKm2, bounds, feature, features, format, kinks, middles, parse, vertices } from "./zone_shape.js";

const MIDDLES_UP_TO = 1500;
const KINKS_UP_TO = 8000;
const NUDGE = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

class ZoneEditor {
  constructor(root, map) {
    this.root = root;
    this.map = map;
    this.list = root.querySelector("[data-coordinates]");
    this.words = JSON.parse(root.querySelector("[data-words]").textContent);
    this.past = [];
    this.future = [];
    this.drawing = null; // [polygon, ring] that a click adds to
    this.chosen = null; // address of the chosen vertex
    this.faults = JSON.parse(root.querySelector("[data-faults]")?.textContent ?? "[]");
    this.read();
    this.addLayers();
    this.listen();
    this.show();
    fitTo(map, bounds(this.polygons));
  }

  // --- state -------------------------------------------------------------------------------------------------

  read() {
    const { polygons, faults } = parse(this.list.value);
    this.polygons = polygons;
    this.unread = faults;
  }

  /** Keep what was, so that undo can bring it back. */
  remember() {
    this.past.push(this.list.value);
    if (this.past.length > 200) this.past.shift();
    this.future = [];
  }

  write() {
    this.list.value = format(this.polygons);
    this.faults = [];
    this.list.form.dispatchEvent(new Event("input")); // kept like anything typed (frame.js)
    this.show();
  }

  change(edit) {
    this.remember();
    edit();
    this.polygons = this.polygons.filter((rings) => rings[0]?.length);
    for (const rings of this.polygons) {
      for (let r = rings.length - 1; r > 0; r -= 1) if (!rings[r].length && !this.isDrawing(rings[r])) rings.splice(r, 1);
    }
    this.write();
  }

  isDrawing(ring) {
    return this.drawing !== null && this.polygons[this.drawing[0]]?.[this.drawing[1]] === ring;
  }

  step(from, to) {
    if (!from.length) return;
    to.push(this.list.value);
    this.list.value = from.pop();
    this.drawing = null;
    this.chosen = null;
    this.read();
    this.show();
  }

  ring([p, r]) {
    return this.polygons[p][r];
  }

  // --- what the officer does ---------------------------------------------------------------------------------

  startPolygon() {
    this.finish();
    this.drawing = [this.polygons.length, 0];
    this.say("draw");
  }

  startHole() {
    this.finish();
    if (!this.polygons.length) return this.say("no_polygon");
    const p = this.chosen ? this.chosen[0] : this.polygons.length - 1;
    this.drawing = [p, this.polygons[p].length];
    this.say("draw_hole");
  }

  addVertex(place) {
    this.change(() => {
      const [p, r] = this.drawing;
      this.polygons[p] ??= [[]];
      this.polygons[p][r] ??= [];
      this.polygons[p][r].push(place);
      this.chosen = [p, r, this.polygons[p][r].length - 1];
    });
  }

  finish() {
    if (this.drawing) this.say("finished");
    this.drawing = null;
    this.show();
  }

  deleteVertex() {
    if (!this.chosen) return this.say("choose_first");
    const address = this.chosen;
    this.chosen = null;
    this.change(() => this.ring(address).splice(address[2], 1));
  }

  deleteRing() {
    if (!this.chosen) return this.say("choose_first");
    const [p, r] = this.chosen;
    this.chosen = null;
    this.drawing = null;
    this.change(() => (r === 0 ? this.polygons.splice(p, 1) : this.polygons[p].splice(r, 1)));
  }

  nudge(step, far) {
    const { lng, lat } = this.map.getCenter();
    const a = this.map.unproject(this.map.project([lng, lat]).add({ x: far ? 10 : 1, y: 0 }));
    const unit = a.lng - lng;
    this.change(() => {
      const place = this.ring(this.chosen)[this.chosen[2]];
      this.ring(this.chosen)[this.chosen[2]] = [place[0] + step[0] * unit, place[1] + step[1] * unit];
    });
  }

  // --- page --------------------------------------------------------------------------------------------------

  say(word) {
    this.root.querySelector("[data-hint]").textContent = this.words[word] ?? "";
  }

  listen() {
    const actions = {
      polygon: () => this.startPolygon(),
      hole: () => this.startHole(),
      finish: () => this.finish(),
      "delete-vertex": () => this.deleteVertex(),
      "delete-ring": () => this.deleteRing(),
      undo: () => this.step(this.past, this.future),
      redo: () => this.step(this.future, this.past),
      fit: () => fitTo(this.map, bounds(this.polygons)),
    };
    for (const button of this.root.querySelectorAll("[data-action]")) {
      button.addEventListener("click", () => actions[button.dataset.action]());
    }
    this.list.addEventListener("beforeinput", () => this.rememberTyping());
    this.list.addEventListener("input", () => {
      this.faults = [];
      this.drawing = null;
      this.chosen = null;
      this.read();
      this.show();
    });
    this.map.getCanvas().addEventListener("keydown", (event) => this.onKey(event));
    this.map.on("click", (event) => this.onClick(event));
    this.map.on("dblclick", (event) => {
      if (!this.drawing) return;
      event.preventDefault();
      this.finish();
    });
    this.map.on("mousedown", "draft-points", (event) => this.startDrag(event, "mousemove", "mouseup"));
    this.map.on("touchstart", "draft-points", (event) => {
      if (event.points.length === 1) this.startDrag(event, "touchmove", "touchend");
    });
    for (const [name, cursor] of [["mouseenter", "move"], ["mouseleave", ""]]) {
      this.map.on(name, "draft-points", () => {
        this.map.getCanvas().style.cursor = cursor;
      });
    }
  }

  /** One step of undo for a burst of typing. */
  rememberTyping() {
    const now = performance.now();
    if (now - (this.typedAt ?? -1e9) > 800) this.remember();
    this.typedAt = now;
  }

  onKey(event) {
    const step = NUDGE[event.key];
    if (step && this.chosen) this.nudge(step, event.shiftKey);
    else if (event.key === "Enter") this.finish();
    else if (event.key === "Escape") this.finish();
    else if (event.key === "Delete" || event.key === "Backspace") this.deleteVertex();
    else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
      if (event.shiftKey) this.step(this.future, this.past);
      else this.step(this.past, this.future);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  onClick(event) {
    const [hit] = this.map.queryRenderedFeatures(event.point, { layers: ["draft-points"] });
    if (hit && !hit.properties.middle) {
      const address = JSON.parse(hit.properties.address);
      if (this.drawing && address[2] === 0 && this.ring(address).length > 2) return this.finish();
      this.chosen = address;
      this.say("chosen");
      return this.show();
    }
    if (this.drawing) this.addVertex([event.lngLat.lng, event.lngLat.lat]);
    else if (!hit) {
      this.chosen = null;
      this.show();
    }
  }

  startDrag(event, moving, ending) {
    const [hit] = this.map.queryRenderedFeatures(event.point, { layers: ["draft-points"] });
    if (!hit) return;
    event.preventDefault();
    const address = JSON.parse(hit.properties.address);
    let begun = false;
    const move = ({ lngLat }) => {
      if (!begun) {
        begun = true;
        this.remember();
        if (hit.properties.middle) this.ring(address).splice(address[2], 0, [lngLat.lng, lngLat.lat]);
      }
      this.ring(address)[address[2]] = [lngLat.lng, lngLat.lat];
      this.chosen = address;
      this.show();
    };
    this.map.on(moving, move);
    this.map.once(ending, () => {
      this.map.off(moving, move);
      if (begun) this.write();
    });
  }

  // --- map ---------------------------------------------------------------------------------------------------

  addLayers() {
    const accent = colour("action");
    const red = colour("over");
    for (const name of ["fill", "edge", "points", "faults"]) {
      this.map.addSource(`draft-${name}`, { type: "geojson", data: collection([]) });
    }
    const add = (id, type, paint, extra = {}) =>
      this.map.addLayer({ id: `draft-${id}`, type, source: `draft-${extra.from ?? id}`, paint, ...extra.layer });
    add("fill", "fill", { "fill-color": accent, "fill-opacity": 0.15 });
    add("edge", "line", { "line-color": accent, "line-width": 2 });
    add("points", "circle", {
      "circle-radius": ["case", ["get", "chosen"], 8, ["get", "middle"], 4, 6],
      "circle-color": ["case", ["get", "chosen"], accent, "#ffffff"],
      "circle-opacity": ["case", ["get", "middle"], 0.7, 1],
      "circle-stroke-color": accent,
      "circle-stroke-width": ["case", ["get", "middle"], 1, 2],
    });
    add("faults", "circle", {
      "circle-radius": 11,
      "circle-color": "rgba(0,0,0,0)",
      "circle-stroke-color": red,
      "circle-stroke-width": 3,
    });
  }

  show() {
    const { fills, edges } = features(this.polygons);
    const all = vertices(this.polygons);
    const between = all.length > MIDDLES_UP_TO ? [] : middles(this.polygons);
    const chosen = JSON.stringify(this.chosen);
    const dot = ({ place, address }, middle) => {
      const name = JSON.stringify(address);
      return feature("Point", place, { address: name, middle, chosen: !middle && name === chosen });
    };
    this.set("fill", fills);
    this.set("edge", edges);
    this.set("points", [...between.map((one) => dot(one, true)), ...all.map((one) => dot(one, false))]);
    this.showFaults(all.length > KINKS_UP_TO ? [] : kinks(this.polygons));
    this.root.querySelector("[data-summary]").textContent = this.words.summary
      .replace("{polygons}", this.polygons.length)
      .replace("{vertices}", all.length)
      .replace("{area}", areaKm2(this.polygons).toFixed(3));
  }

  /** Crossings found here and faults named by the server: a red ring on the map, a line in the list beside it. */
  showFaults(crossings) {
    const known = (place) => this.faults.some((one) => Math.hypot(one.lon - place[0], one.lat - place[1]) < 1e-6);
    const here = crossings.filter((place) => !known(place)).map((place) => ({ lon: place[0], lat: place[1], text: this.words.crossing }));
    const unread = this.unread.map((fault) => ({ text: this.words.unread.replace("{line}", fault.line) }));
    const all = [...unread, ...here, ...this.faults];
    this.set("faults", all.filter((fault) => fault.lon != null).map((fault) => feature("Point", [fault.lon, fault.lat])));
    const list = this.root.querySelector("[data-fault-list]");
    list.replaceChildren(...all.map((fault) => this.faultLine(fault)));
    list.hidden = all.length === 0;
  }

  faultLine(fault) {
    const line = document.createElement("li");
    if (fault.lon == null) line.textContent = fault.text;
    else {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-link p-0 text-start";
      button.textContent = `${fault.text} (${fault.lon.toFixed(6)}, ${fault.lat.toFixed(6)})`;
      button.addEventListener("click", () => this.map.easeTo({ center: [fault.lon, fault.lat], zoom: 15 }));
      line.append(button);
    }
    return line;
  }

  set(name, found) {
    this.map.getSource(`draft-${name}`).setData(collection(found));
  }
}

for (const root of document.querySelectorAll("[data-zone-editor]")) {
  openMap(root).then((map) => {
    map.doubleClickZoom.disable();
    root.zoneEditor = new ZoneEditor(root, map);
    root.dataset.ready = "yes";
  });
}
