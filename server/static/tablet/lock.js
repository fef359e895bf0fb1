// Locking: by the button, or when nobody touched the tablet for a while; never in the middle of a photo or signature.

import { IDLE_LOCK_MS, SAVE_BEFORE_LOCK_MS } from "./constants.js";
import { button, fill, h } from "./elements.js";
import { pathOf } from "./router.js";
import { t } from "./words.js";

let touchedMs = Date.now();

/** Watch for touches and lock when there were none for IDLE_LOCK_MS. */
export function startLock(app) {
  const touched = () => {
    touchedMs = Date.now();
  };
  touched();
  for (const kind of ["pointerdown", "keydown", "input"]) window.addEventListener(kind, touched, { capture: true, passive: true });
  setInterval(() => lockIfIdle(app), 5000);
  document.addEventListener("visibilitychange", () => lockIfIdle(app));
}

function lockIfIdle(app) {
  if (app.holds > 0) touchedMs = Date.now(); // the time begins anew when the camera or signature is done
  else if (!covered && Date.now() - touchedMs >= IDLE_LOCK_MS) app.lock("idle");
}

const sending = (app) => Boolean(app.sync) && app.sync.state === "sending";
let covered = false;

/**
 * While checks are being sent the key is still needed: the screen is covered at once, the lock follows when all is sent
 * or somebody wants to go on. A tablet laid aside on a slow line sends what it has.
 */
function cover(app) {
  covered = true;
  const end = () => lockSoon(app, "idle");
  const told = h("p", {}, t("Locked. Still sending: {n}.", { n: app.sync.unsent }));
  const dialog = h("dialog", { class: "cover" }, told, button(t("Unlock"), end, { kind: "primary", id: "uncover" }));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  window.addEventListener("sync", () => {
    if (sending(app)) fill(told, t("Locked. Still sending: {n}.", { n: app.sync.unsent }));
    else end();
  });
  document.body.append(dialog);
  dialog.showModal();
}

let locking = false;

/**
 * Lock: screens save (the event "before-lock" takes promises by `event.detail.wait(promise)`), then the page is loaded
 * anew, and with it everything that was in memory is gone. One comes back to the same screen.
 */
export async function lockSoon(app, reason = "button") {
  if (locking) return;
  if (["button", "idle"].includes(reason) && !covered && sending(app)) {
    cover(app);
    return;
  }
  locking = true;
  const waits = [];
  window.dispatchEvent(new CustomEvent("before-lock", { detail: { reason, wait: (promise) => waits.push(promise) } }));
  const late = new Promise((done) => {
    setTimeout(done, SAVE_BEFORE_LOCK_MS);
  });
  await Promise.race([Promise.allSettled(waits), late]);
  app.vault.lock();
  if (app.session && reason !== "signed out") {
    sessionStorage.setItem(`wanted ${app.session.account}`, pathOf(location.hash));
  }
  history.replaceState(null, "", reason === "signed out" ? "#/sign-in" : "#/unlock");
  location.reload();
}
