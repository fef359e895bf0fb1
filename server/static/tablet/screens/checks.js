// The list of checks: what is unsent first, then those of the last fourteen days, from this device and from the server.

import { now } from "../clock.js";
import { button, fill, h } from "../elements.js";
import { listed, searched } from "../sync/list.js";
import { itemRow } from "../sync/rows_shown.js";
import { t } from "../words.js";

const AT_ONCE = 60; // rows drawn; more with a tap

async function show(root, params, app) {
  const list = h("ul", { class: "rows", id: "checks" });
  const more = h("div", { class: "row" });
  const found = h("p", { class: "hint", id: "found", role: "status", "aria-live": "polite" });
  const search = h("input", { id: "search", type: "search", enterkeyhint: "search", autocomplete: "off", value: params.q || "" });
  let most = AT_ONCE;
  let items = [];
  let loading = 0;

  function draw() {
    const shown = searched(items, search.value);
    fill(found, t("{n} checks", { n: shown.length }));
    if (shown.length === 0) {
      const text = search.value ? t("None holds what was typed. The list has the last 14 days.") : t("No check yet. Begin one on the first screen.");
      fill(list, h("li", { class: "empty" }, text));
    } else fill(list, shown.slice(0, most).map((item) => itemRow(app, item)));
    const rest = shown.length - most;
    fill(more, rest > 0 ? button(t("{n} more", { n: rest }), () => draw((most += AT_ONCE)), { id: "more" }) : null);
  }
  async function load() {
    const number = (loading += 1);
    const [records, rows] = [await readable(app), await app.inspections.rows()];
    if (number !== loading) return;
    items = listed(records, rows, now());
    draw();
  }
  search.addEventListener("input", draw);
  await load();
  root.append(h("div", { class: "field" }, h("label", { for: "search" }, t("Plate, number or place")), search), found, list, more);
  const events = ["checks", "inspections"];
  for (const name of events) window.addEventListener(name, load);
  return () => events.forEach((name) => window.removeEventListener(name, load));
}

/** The records that can be opened; one that cannot must not take the others with it. */
export async function readable(app, state) {
  try {
    return await app.checks.list(state ? { state } : {});
  } catch (fault) {
    if (fault.name !== "OperationError") throw fault;
  }
  const found = [];
  for (const key of await app.database.getAllKeys("checks")) {
    const record = await app.checks.get(key).catch(() => null);
    if (record && (!state || state.includes(record.state))) found.push(record);
  }
  return found;
}

export default {
  path: "/checks",
  title: () => t("Checks"),
  up: "/",
  show,
  tile: { order: 20, icon: "inspection", label: () => t("Checks") },
};
