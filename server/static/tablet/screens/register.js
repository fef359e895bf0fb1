// Looking a truck or machine up without a check: its file as the tablet holds it, and a check from there.

import { button, h } from "../elements.js";
import { ageLine } from "../register/age.js";
import { factsView } from "../register/facts.js";
import { finder } from "../register/finder.js";
import { t } from "../words.js";

function fileOf(app, facts, back) {
  const start = app.flow ? button(t("Begin a check"), () => app.flow.start(facts.kind === "machine" ? "machine_spot" : "roadside", { facts }), { kind: "primary", id: "begin-check" }) : null;
  return h("div", { class: "register-file" }, factsView(facts),
    h("div", { class: "foot" }, button(t("Look up another"), back, { id: "look-up-another" }), start));
}

function show(root, params, app) {
  let found = null;
  const search = () => {
    found?.stop();
    found = finder(app, {
      kind: params.kind === "machine" ? "machine" : "truck",
      onChoose: (facts) => {
        root.replaceChildren(fileOf(app, facts, search));
        root.querySelector("button").focus({ preventScroll: true });
      },
      onUnknown: () => app.toast(t("The register of this tablet holds none that begins so."), "doubt"),
    });
    root.replaceChildren(found.element);
    found.start();
  };
  root.classList.add("screen-find");
  queueMicrotask(search);
  return () => found?.stop();
}

export default {
  path: "/register",
  title: () => t("Look up"),
  show,
  up: "/",
  tile: { order: 40, icon: "truck", label: () => t("Look up"), told: (app) => (app.register ? app.register.ready.then(() => ageLine(app.register)) : "") },
};
