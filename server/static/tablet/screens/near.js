// Watched trucks and machines near by: the nearest first, where, how old, why. Without the server it says so plainly.

import { NEAR_REFRESH_MS, PLACE_TIMEOUT_MS } from "../constants.js";
import { button, fill, h } from "../elements.js";
import { Offline } from "../http.js";
import { t } from "../words.js";
import { distance, minutes, point } from "../work/compass.js";
import { reasonMarks, subjectName } from "../work/views.js";

const POINTS = {
  N: () => t("north"), NE: () => t("north-east"), E: () => t("east"), SE: () => t("south-east"),
  S: () => t("south"), SW: () => t("south-west"), W: () => t("west"), NW: () => t("north-west"),
};
const KINDS = { truck: "roadside", machine: "machine_spot" };

class NoPlace extends Error {
  constructor(denied) {
    super(denied ? "denied" : "unavailable");
    this.name = "NoPlace";
    this.denied = denied;
  }
}

function position() {
  if (!navigator.geolocation) return Promise.reject(new NoPlace(false));
  return new Promise((done, fail) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done({ lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy) }),
      (fault) => fail(new NoPlace(fault.code === 1)),
      { enableHighAccuracy: true, maximumAge: 10000, timeout: PLACE_TIMEOUT_MS },
    );
  });
}

function arrow(bearing) {
  const drawn = h("span", { class: "near-arrow", "aria-hidden": "true" }, "↑");
  drawn.style.transform = `rotate(${bearing}deg)`;
  return drawn;
}

function row(app, one) {
  const far = distance(one.distance_m);
  const where = t("{far} to the {point}", { far: `${far.value} ${far.unit}`, point: POINTS[point(one.bearing_deg)]() });
  const moving = one.speed_kmh > 3 ? t("moving at {speed} km/h", { speed: Math.round(one.speed_kmh) }) : t("standing");
  return h(
    "li",
    { class: "near-row", "data-subject": `${one.kind}:${one.subject_id}` },
    h("div", { class: "near-where" }, arrow(one.bearing_deg), h("strong", { class: "figures" }, where)),
    h("div", { class: "near-who" }, subjectName(one), reasonMarks(one.reasons)),
    one.note ? h("p", {}, one.note) : null,
    h("p", { class: "hint" }, t("seen {n} min ago", { n: minutes(one.age_s) }), " · ", moving),
    button(t("Check it"), () => app.work.begin(KINDS[one.kind], one), { "aria-label": t("Check {number}", { number: one.text }) }),
  );
}

function answerView(app, told, place) {
  const about = t("Watched, seen in the last {age} minutes, within {km} km. Your position is good to {m} m.", { age: told.age_min, km: told.radius_km, m: place.accuracy_m });
  const rows = told.items.map((one) => row(app, one));
  return [
    h("p", { class: "hint" }, about),
    rows.length ? h("ol", { class: "rows", id: "near-list" }, rows) : h("p", { class: "empty", id: "near-none" }, t("Nobody on the watch list is near. Only those with a terminal can be seen.")),
  ];
}

function faultView(fault) {
  if (fault instanceof Offline) return [t("Off-line: where they are now is known to the server alone."), t("The watch list itself is on this tablet: a plate you type is still checked against it.")];
  if (fault instanceof NoPlace) {
    return fault.denied
      ? [t("This app may not read your position."), t("Allow it in the settings of the browser, then refresh.")]
      : [t("The tablet does not know where it is."), t("Go into the open, wait a little, then refresh.")];
  }
  return [t("The server gave no answer that can be used."), t("Sign in again, or try later.")];
}

async function show(root, params, app) {
  const list = h("div", { "aria-live": "polite" }, h("p", {}, t("Asking where you are…")));
  let running = null;
  async function ask() {
    try {
      const place = await position();
      fill(list, answerView(app, await app.work.near(place), place));
    } catch (fault) {
      if (!(fault instanceof Offline || fault instanceof NoPlace || fault.name === "NotAnswered")) throw fault;
      const [what, next] = faultView(fault);
      fill(list, h("div", { class: "notice notice-doubt", role: "status", id: "near-fault" }, what), h("p", {}, next));
    }
  }
  const refresh = () => {
    running ??= ask().finally(() => {
      running = null;
    });
    return running;
  };
  root.append(list, h("div", { class: "row" }, button(t("Refresh"), refresh, { id: "refresh-near" })));
  refresh();
  const timer = setInterval(() => document.visibilityState === "visible" && refresh(), NEAR_REFRESH_MS);
  window.addEventListener("online", refresh);
  window.addEventListener("offline", refresh);
  return () => {
    clearInterval(timer);
    window.removeEventListener("online", refresh);
    window.removeEventListener("offline", refresh);
  };
}

export default {
  path: "/near",
  title: () => t("Watched and near"),
  tile: { order: 50, icon: "watch", label: () => t("Watched and near") },
  show,
};
