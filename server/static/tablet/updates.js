// The worker that keeps the app for use without a network, and the change to a new version of it.

import { UPDATE_LOOK_MS } from "./constants.js";
import { button } from "./elements.js";
import { t } from "./words.js";

/** Register the worker, ask for lasting storage, offer a new version when it is there. */
export async function startUpdates(app) {
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => false);
  if (!("serviceWorker" in navigator)) {
    app.strip("worker", { kind: "over", text: t("This browser cannot keep the app for use without a network (HTTPS is needed).") });
    return;
  }
  const registration = await navigator.serviceWorker.register("/tablet/worker.js", { scope: "/tablet/" }).catch(() => null);
  if (!registration) return;
  app.registration = registration;
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data && event.data.version) app.version = event.data.version;
  });
  navigator.serviceWorker.ready.then((ready) => ready.active && ready.active.postMessage("version"));
  const offer = () => offerUpdate(app, registration);
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    if (coming) coming.addEventListener("statechange", () => coming.state === "installed" && offer());
  });
  window.addEventListener("hashchange", offer);
  window.addEventListener("language", offer);
  offer();
  setInterval(() => registration.update().catch(() => null), UPDATE_LOOK_MS);
}

function offerUpdate(app, registration) {
  const waiting = registration.waiting && navigator.serviceWorker.controller ? registration.waiting : null;
  if (waiting && !app.vault.unlocked) change(waiting); // at the door nothing can be lost
  else if (!waiting || app.atWork) app.strip("update", null);
  else {
    const take = button(t("Use it now"), () => change(waiting), { kind: "quiet", id: "update" });
    app.strip("update", { kind: "info", text: t("A new version of the app is ready."), action: take });
  }
}

let changing = false;

function change(waiting) {
  if (changing) return;
  changing = true;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  waiting.postMessage("take over");
}
