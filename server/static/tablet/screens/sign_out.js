// Signing out removes all of the account from this device; refused while anything is unsent. Drafts can be thrown away.

import { now } from "../clock.js";
import { button, field, fill, h } from "../elements.js";
import { Offline } from "../http.js";
import { SessionRefused, signOut } from "../session.js";
import { discardDraft } from "../vault/wipe.js";
import { pair, t } from "../words.js";

const REASON_LEAST = 2;

const STATES = {
  draft: () => t("draft"),
  ready: () => t("waiting to be sent"),
  sending: () => t("being sent"),
  refused: () => t("refused by the server"),
  conflict: () => t("changed by somebody else"),
};

/** What a check is about, as a list names it. */
function nameOf(record) {
  return (record.check && record.check.subject) || t("without a number");
}

function discarding(app, record, again) {
  const name = nameOf(record);
  const id = `reason-${record.key}`;
  const input = field(t("Why is it thrown away?"), { id, type: "text", maxlength: 200 });
  const throwAway = async () => {
    const reason = input.querySelector("input").value.trim();
    if (reason.length < REASON_LEAST) {
      input.querySelector("input").focus();
      app.toast(t("Say why."), "doubt");
      return;
    }
    await discardDraft(app.database, record.key, name, reason, now());
    await again();
  };
  return h("details", {}, h("summary", { class: "tap tap-quiet" }, t("Discard the draft")), input, button(t("Discard the draft"), throwAway, { kind: "danger" }));
}

function row(app, record, again) {
  return h(
    "li",
    { "data-key": record.key, "data-state": record.state },
    h("strong", {}, nameOf(record)),
    " ",
    STATES[record.state] ? STATES[record.state]() : record.state,
    record.problem ? h("p", { class: "hint" }, pair(record.problem)) : null,
    record.state === "draft" ? discarding(app, record, again) : null,
  );
}

async function leave(app) {
  try {
    await signOut(app.device, app.caller, app.record, app.database, app.version);
  } catch (fault) {
    if (fault instanceof Offline) {
      app.toast(t("Signing out needs the server: the session would live on there. Lock the app instead."), "over");
    } else if (fault instanceof SessionRefused) {
      app.toast(fault.code === "signed_out" ? t("Sign in first: the server is still to be told what was thrown away.") : pair(fault.texts), "over");
    } else throw fault;
    return;
  }
  await app.lock("signed out");
}

async function show(root, params, app) {
  async function draw() {
    const kept = (await app.checks.list()).filter((one) => one.state !== "sent");
    if (kept.length > 0) {
      fill(
        root,
        h("p", { class: "notice notice-over", role: "alert" }, t("Not on the server yet: {n}. It would be lost; send or finish it first.", { n: kept.length })),
        h("ul", { class: "rows" }, kept.map((record) => row(app, record, draw))),
      );
      return;
    }
    fill(
      root,
      h("p", { class: "lead" }, t("Everything is sent. Signing out removes all of this account from this device: checks, photos and the register.")),
      button(t("Sign out and remove"), () => leave(app), { kind: "danger", id: "sign-out" }),
    );
  }
  await draw();
}

export default { path: "/sign-out", title: () => t("Sign out"), show, up: "/" };
