// Opening with the PIN, on-line or not. Several accounts can share a device; each has its own PIN and records.

import { now } from "../clock.js";
import { OFFLINE_DAYS, PIN_TRIES } from "../constants.js";
import { getMeta } from "../database.js";
import { button, fill, h } from "../elements.js";
import { pinPad } from "../pin_pad.js";
import { daysLeft, openWithPin } from "../session.js";
import { obstacle, WrongPin } from "../vault/pin.js";
import { t } from "../words.js";

const seconds = (ms) => Math.max(1, Math.ceil(ms / 1000));

/** What stands in the way of a PIN, in words. */
function told(hindrance) {
  if (hindrance.code === "revoked") return t("This tablet was revoked by an administrator. What it holds is kept; ask to be let in again, then sign in.");
  if (hindrance.code === "days") return t("Seven days without the server have passed. Sign in with the password; what is kept on this device is safe.");
  if (hindrance.code === "no_pin") return t("The PIN no longer counts. Sign in with the password and choose a new one; what is kept on this device is safe.");
  return t("Wait {n} s before the next try.", { n: seconds(hindrance.waitMs) });
}

function signInButton(app, account, kind) {
  const label = kind === "primary" ? t("Sign in with the password") : t("PIN forgotten: sign in");
  return button(label, () => app.go(`/sign-in?account=${encodeURIComponent(account)}&pin=new`), { kind, id: "forgotten" });
}

function accountPicker(records, chosen, choose) {
  if (records.length < 2) return null;
  const rows = records.map((one) =>
    button(`${one.name} (${one.account})`, () => choose(one.account), {
      kind: one === chosen ? "chosen" : "quiet",
      "aria-pressed": one === chosen ? "true" : "false",
      "data-account": one.account,
    }),
  );
  return h("div", { class: "accounts", role: "group", "aria-label": t("Account") }, rows);
}

function padOf(app, record, timers) {
  const wait = async () => {
    const fresh = await app.device.get("accounts", record.account);
    const hindrance = obstacle(fresh, now());
    if (!hindrance) {
      pad.block(false);
      pad.say("");
    } else if (hindrance.code === "wait") {
      pad.block(true);
      pad.say(told(hindrance), "doubt");
      timers.push(setTimeout(wait, 1000));
    } else app.refresh();
  };
  const pad = pinPad(t("PIN of {name}", { name: record.name }), async (pin) => {
    try {
      const found = await openWithPin(app.device, record.account, pin);
      await app.opened(found.record, found.keyBytes);
    } catch (fault) {
      if (!(fault instanceof WrongPin) && fault.name !== "SessionRefused") throw fault;
      const fresh = await app.device.get("accounts", record.account);
      const hindrance = obstacle(fresh, now());
      if (hindrance) timers.push(setTimeout(wait, 0));
      else pad.say(t("Wrong PIN. {n} tries are left.", { n: PIN_TRIES - fresh.failures }));
    }
  });
  timers.push(setTimeout(wait, 0));
  return pad;
}

async function show(root, params, app) {
  const records = await app.device.getAll("accounts");
  if (records.length === 0) return app.go("/sign-in", { replace: true });
  if (app.vault.unlocked) return app.go("/", { replace: true });
  const current = params.account || (await getMeta(app.device, "current"));
  const record = records.find((one) => one.account === current) || records[0];
  const hindrance = obstacle(record, now());
  const shut = hindrance && hindrance.code !== "wait";
  const timers = [];
  const pad = shut ? null : padOf(app, record, timers);
  fill(
    root,
    accountPicker(records, record, (account) => app.go(`/unlock?account=${encodeURIComponent(account)}`, { replace: true })),
    shut ? h("p", { class: "notice notice-doubt", role: "alert" }, `${record.name} (${record.account}): ${told(hindrance)}`) : pad.element,
    shut ? null : h("p", { class: "hint" }, t("Opens without the server for another {n} days.", { n: daysLeft(record, now(), OFFLINE_DAYS) })),
    h(
      "div",
      { class: "row" },
      signInButton(app, record.account, shut ? "primary" : "quiet"),
      button(t("Another account"), () => app.go("/sign-in"), { id: "another" }),
    ),
  );
  return () => {
    timers.forEach(clearTimeout);
    if (pad) pad.end();
  };
}

export default { path: "/unlock", title: () => t("Unlock"), show, open: true };
