// Records written together in one transaction, where one alone would leave a gap if the device stops in between.

import { now } from "../clock.js";
import { writeAll } from "../database.js";

const CLEAR = ["key", "account", "state", "changed_ms", "next_try_ms"];

async function rowOf(app, record) {
  const clear = Object.fromEntries(CLEAR.map((name) => [name, record[name]]));
  const rest = Object.fromEntries(Object.entries(record).filter(([name]) => !CLEAR.includes(name)));
  return { ...clear, sealed: await app.vault.seal(rest) };
}

const tell = (key) => window.dispatchEvent(new CustomEvent("checks", { detail: key }));

/** Keep several records, all or none; `moved`: photos that go to another check, {id: key}. */
export async function saveAll(app, records, moved = {}) {
  const rows = await Promise.all(records.map((record) => rowOf(app, { ...record, changed_ms: now() })));
  await writeAll(app.database, ["checks", "photos"], async (stores) => {
    const photos = await Promise.all(Object.keys(moved).map((id) => stores.photos.get(id)));
    for (const row of rows) stores.checks.put(row);
    for (const photo of photos) if (photo) stores.photos.put({ ...photo, check: moved[photo.id] });
  });
  for (const row of rows) tell(row.key);
}

/** Give a record another key, its photos with it, in one transaction. */
export async function rekey(app, before, record) {
  const row = await rowOf(app, { ...record, changed_ms: now() });
  await writeAll(app.database, ["checks", "photos"], async (stores) => {
    const photos = await stores.photos.index("check").getAll(before);
    stores.checks.put(row);
    stores.checks.delete(before);
    for (const photo of photos) stores.photos.put({ ...photo, check: record.key });
  });
  tell(before);
  tell(record.key);
}

/**
 * Mark a record as on its way, if it still waits: true, or false where it was opened again or is gone. Nothing sealed is
 * touched. Where the device is full the mark is left out: sending is what makes room.
 */
export async function claim(app, key) {
  const work = app.database.transaction("checks", "readwrite");
  work.done.catch(() => {}); // is waited for below; a write that fails must not be reported twice
  const row = await work.store.get(key);
  const waits = Boolean(row) && ["ready", "sending"].includes(row.state);
  try {
    if (waits) await work.store.put({ ...row, state: "sending" });
    await work.done;
  } catch (fault) {
    if (fault.name !== "QuotaExceededError" && fault.name !== "AbortError") throw fault;
    await work.done.catch(() => {});
  }
  if (waits) tell(key);
  return waits;
}
