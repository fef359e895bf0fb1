// app.inspections: what the server holds of the last days, kept for the list and for corrections without a network.

import { now } from "../clock.js";
import { request } from "../http.js";

const FILE = "inspections";
const DAYS_MS = 14 * 24 * 60 * 60 * 1000; // what the server sends; older is looked up at the bureau
const MOST = 400;
const AGAIN_MS = 60 * 1000;

/** The rows kept, with those that changed put over them; the newest first, none older than two weeks. */
export function joined(kept, changed, nowMs) {
  const rows = new Map([...kept, ...changed].map((row) => [row.id, row]));
  const young = [...rows.values()].filter((row) => nowMs - Date.parse(row.at) < DAYS_MS);
  return young.sort((one, other) => Date.parse(other.at) - Date.parse(one.at)).slice(0, MOST);
}

/** The list of the account that is open. */
export function makeServerList(app) {
  let askedMs = -AGAIN_MS;
  async function load() {
    const file = await app.files.get(FILE);
    return file || { value: [], revision: null };
  }
  return {
    /** The rows kept on the device. */
    rows: async () => (await load()).value,
    /** The row of an inspection; null where it is not kept. */
    get: async (id) => (await load()).value.find((row) => row.id === Number(id)) || null,
    /** Ask for what changed; at most once a minute unless `at once`. Throws Offline. */
    async refresh({ atOnce = false } = {}) {
      if (!atOnce && performance.now() - askedMs < AGAIN_MS) return;
      const { value, revision } = await load();
      const since = revision ? `?since=${encodeURIComponent(revision)}` : "";
      const answer = await request("GET", `/tablet/sync/inspections${since}`, { timeoutMs: 90 * 1000 });
      if (answer.status !== 200 || !answer.json || !Array.isArray(answer.json.items)) return;
      askedMs = performance.now();
      await app.files.put(FILE, answer.json.asked_at, joined(value, answer.json.items, now()));
      window.dispatchEvent(new CustomEvent("inspections"));
    },
  };
}
