// Signing in on-line: the first time, after seven days, with a forgotten PIN, or where the session has ended.

import { button, field, fill, h } from "../elements.js";
import { Offline } from "../http.js";
import { SessionRefused, signIn } from "../session.js";
import { pair, t } from "../words.js";

function textOf(fault) {
  if (fault instanceof Offline) return t("No connection to the server. Signing in needs one; what is kept on this device is safe.");
  if (fault instanceof SessionRefused) return pair(fault.texts);
  throw fault;
}

async function goOn(app, found, wantsPin) {
  if (app.vault.unlocked) {
    app.record = found.record;
    Object.assign(app.session, { csrf: found.csrf, signedIn: true });
    window.dispatchEvent(new CustomEvent("signed-in"));
    return app.go("/", { replace: true });
  }
  if (wantsPin || !found.record.wrap || found.record.failures > 0) {
    app.pending = found;
    return app.go("/pin", { replace: true });
  }
  return app.opened(found.record, found.keyBytes, { csrf: found.csrf, online: true });
}

/** `#/sign-in?account=…&pin=new`: the user name filled in; a new PIN is set afterwards. */
async function show(root, params, app) {
  const own = app.session ? app.session.account : null;
  const told = h("p", { class: "fault", role: "alert", id: "sign-in-fault" });
  const name = { id: "username", name: "username", value: own || params.account || "", readonly: own !== null, required: true };
  const form = h(
    "form",
    { class: "sheet", novalidate: true },
    field(t("User name"), { ...name, autocomplete: "username", autocapitalize: "none", spellcheck: "false" }),
    field(t("Password"), { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true }),
    told,
  );
  const send = async () => {
    told.textContent = "";
    const [username, password] = [form.username.value.trim(), form.password.value];
    if (!username || !password) {
      told.textContent = t("Fill in the user name and the password.");
      (username ? form.password : form.username).focus();
      return;
    }
    try {
      await goOn(app, await signIn(app.device, app.caller, username, password, app.version), params.pin === "new");
    } catch (fault) {
      told.textContent = textOf(fault);
      form.password.value = "";
      form.password.focus();
    }
  };
  const tap = button(t("Sign in"), send, { kind: "primary", id: "sign-in" });
  form.append(tap);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tap.click();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") {
      event.preventDefault();
      tap.click();
    }
  });
  const known = app.vault.unlocked ? [] : await app.device.getAll("accounts");
  fill(
    root,
    h("p", { class: "lead" }, t("Inspections at the roadside, with or without a network. Signing in needs one; afterwards the PIN opens the app for seven days.")),
    form,
    known.length > 0 ? button(t("To the PIN"), () => app.go("/unlock"), { id: "to-unlock" }) : null,
  );
}

export default { path: "/sign-in", title: () => t("Sign in"), show, open: true };
