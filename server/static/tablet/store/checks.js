// The checks of an account: all but key, account, state and two times is sealed.

import { writeAll } from "../database.js";
import { uuid7 } from "../ids.js";

const CLEAR = ["key", "account", "state", "changed_ms", "next_try_ms"];

/** A record as it begins; `seed` fills what is known. */
export function blankCheck(seed, account, nowMs) {
  return {
    key: uuid7(nowMs),
    state: "draft",
    step: "identify",
    next_try_ms: 0,
    base: null,
    reason: "",
    device_at: null,
    offset_ms: null,
    begun_ms: nowMs,
    ended_ms: null,
    taps: 0,
    check: {},
    known: null,
    photos: [],
    notice: null,
    assignment: null,
    verdict: null,
    problem: null,
    answer: null,
    current: null,
    ...seed,
    account,
    changed_ms: nowMs,
  };
}

/** The checks kept in `database`, sealed by `vault`. */
export function makeChecks(database, vault, account, now) {
  const changed = (key) => window.dispatchEvent(new CustomEvent("checks", { detail: key }));

  async function rowOf(record) {
    const clear = Object.fromEntries(CLEAR.map((name) => [name, record[name]]));
    const rest = Object.fromEntries(Object.entries(record).filter(([name]) => !CLEAR.includes(name)));
    return { ...clear, sealed: await vault.seal(rest) };
  }

  async function recordOf(row) {
    if (!row) return null;
    const { sealed, ...clear } = row;
    return { ...clear, ...(await vault.open(sealed)) };
  }

  async function write(record) {
    const row = await rowOf(record);
    await writeAll(database, ["checks"], (stores) => {
      stores.checks.put(row);
    });
    changed(record.key);
    return record;
  }

  return {
    /** Begin a check. */
    create: (seed = {}) => write(blankCheck(seed, account, now())),
    /** The check of a key; null where there is none. */
    get: async (key) => recordOf(await database.get("checks", key)),
    /** Keep a check; throws StorageFull, and then the one kept before stands. */
    save: (record) => write({ ...record, account, changed_ms: now() }),
    /** All checks, or those in some states, newest first. */
    async list({ state } = {}) {
      const rows = state
        ? (await Promise.all(state.map((one) => database.getAllFromIndex("checks", "state", one)))).flat()
        : await database.getAll("checks");
      rows.sort((one, other) => (one.key < other.key ? 1 : -1));
      return Promise.all(rows.map(recordOf));
    },
    /** How many there are in each state: {draft: 1, sent: 4}; needs no key. */
    async counts() {
      const found = {};
      for (const row of await database.getAll("checks")) found[row.state] = (found[row.state] || 0) + 1;
      return found;
    },
    /** Remove a check; its photos are removed by whoever knows that they are sent. */
    async remove(key) {
      await writeAll(database, ["checks"], (stores) => {
        stores.checks.delete(key);
      });
      changed(key);
    },
  };
}
