// The first step of a check: which truck or machine it is.

import { finder } from "../register/finder.js";
import { t } from "../words.js";

let left = null; // what was typed when the screen was left, as when the language is changed

async function show(root, { key }, app) {
  const record = await app.flow.open(key);
  if (!record) return app.go("/", { replace: true });
  if (record.state !== "draft") return app.flow.resume(key);
  if (record.step !== "identify") await app.flow.change(key, (one) => { one.step = "identify"; });
  const { check } = record;
  const begun = { kind: check.subject_kind ?? (check.kind === "machine_spot" ? "machine" : "truck"), text: check.subject };
  const found = finder(app, {
    ...(left?.key === key && !check.subject ? left : begun),
    onChoose: (facts, given) => app.flow.identified(key, facts, given),
    onUnknown: (given) => app.flow.identified(key, null, given),
  });
  root.append(found.element);
  root.classList.add("screen-find");
  queueMicrotask(() => found.start()); // once the screen is on the page: the field gets the focus
  return () => {
    left = { key, ...found.typed() };
    found.stop();
  };
}

export default { path: "/check/:key/identify", title: () => t("Identify"), show };
