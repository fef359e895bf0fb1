// The strip on every screen: what is not on the server yet and why, as text; never a window in the way.

import { button } from "../elements.js";
import { t } from "../words.js";

/** What the strip says: {kind, text, sign_in?, to?}; null where all is well. Pure but for the words. */
export function stripOf({ state, unsent, broken = [] }, counts) {
  const decide = (counts.refused || 0) + (counts.conflict || 0);
  const n = unsent;
  if (broken.length > 0) return { kind: "over", text: t("{n} checks cannot be opened on this device. They are kept; tell the administrator.", { n: broken.length }), to: "/unsent" };
  if (state === "signed_out") return { kind: "doubt", text: t("Sign in to send ({n} waiting).", { n }), signIn: true };
  if (state === "barred") return { kind: "over", text: t("The server does not take checks of this tablet or account. {n} are kept here.", { n }), to: "/unsent" };
  if (state === "offline") return n > 0 ? { kind: "info", text: t("No connection. {n} kept on this tablet, sent later by themselves.", { n }), to: "/unsent" } : { kind: "info", text: t("No connection. You can go on working.") };
  if (decide > 0) return { kind: "over", text: t("{n} checks need a decision.", { n: decide }), to: "/unsent" };
  if (state === "sending") return { kind: "info", text: t("Sending: {n} left.", { n }), to: "/unsent" };
  if (n > 0) return { kind: "doubt", text: t("{n} not sent yet.", { n }), to: "/unsent" };
  return null;
}

/** Keep the strip up to date. */
export function showState(app) {
  async function draw() {
    if (!app.vault.unlocked) return;
    const count = (state) => app.database.countFromIndex("checks", "state", state).catch(() => 0);
    const strip = stripOf(app.sync, { refused: await count("refused"), conflict: await count("conflict") });
    if (!strip) return app.strip("sync", null);
    const action = strip.signIn
      ? button(t("Sign in"), () => app.go("/sign-in"), { id: "strip-sign-in", kind: "primary" })
      : strip.to && location.hash !== `#${strip.to}`
        ? button(t("Show"), () => app.go(strip.to), { id: "strip-unsent" })
        : null;
    return app.strip("sync", { kind: strip.kind, text: strip.text, action });
  }
  let drawing = null;
  let again = false;
  async function soon() {
    if (drawing) {
      again = true;
      return;
    }
    drawing = draw().finally(() => {
      drawing = null;
      if (again) {
        again = false;
        soon();
      }
    });
  }
  for (const name of ["sync", "checks", "language", "hashchange", "signed-in", "signed-out"]) window.addEventListener(name, soon);
  soon();
}
