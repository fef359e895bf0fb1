// Removing what an account has on this device: at signing out, or some days after all was sent. Never what is unsent.

import { DAY_MS } from "../constants.js";
import { deleteAccount, getMeta, openAccount, writeAll } from "../database.js";

const SENT = "sent";

/** Keys and states of what an account holds that the server has not confirmed; readable while locked. */
export async function unsentOf(account) {
  const database = await openAccount(account);
  try {
    const rows = await database.getAll("checks");
    return rows.filter((row) => row.state !== SENT).map(({ key, state, changed_ms }) => ({ key, state, changed_ms }));
  } finally {
    database.close();
  }
}

/** Whether an account's time on this device is over: so many days since the last contact, by the latest clock seen. */
export function isOver(record, nowMs) {
  return nowMs - record.lastContactMs > (record.keepDays || 7) * DAY_MS;
}

/** The name of the lock that a window holds while an account is open in it. */
export const inUse = (account) => `tablet account ${account}`;

/** Remove an account from the device; throws where anything is unsent. */
export async function wipe(device, account) {
  const unsent = await unsentOf(account);
  if (unsent.length > 0) throw new Error(`${unsent.length} checks of ${account} are not sent`);
  await deleteAccount(account);
  await device.delete("accounts", account);
}

/** Wipe every account whose time is over, that has sent everything and is open nowhere; the names of those wiped. */
export async function wipeWhatIsOver(device, nowMs) {
  const wiped = [];
  for (const record of await device.getAll("accounts")) {
    if (!isOver(record, nowMs)) continue;
    await navigator.locks.request(inUse(record.account), { ifAvailable: true }, async (free) => {
      if (!free || (await unsentOf(record.account)).length > 0) return;
      await wipe(device, record.account);
      wiped.push(record.account);
    });
  }
  return wiped;
}

/**
 * Throw a draft away, with the reason: the check and its photos go, what it was and why is kept until the server has
 * been told. Only a draft can be: what is ready or on its way belongs to the server.
 */
export async function discardDraft(database, key, subject, reason, nowMs) {
  const row = await database.get("checks", key);
  if (!row || row.state !== "draft") throw new Error("only a draft can be thrown away");
  const photos = await database.getAllKeysFromIndex("photos", "check", key);
  const told = (await getMeta(database, "discarded")) || [];
  await writeAll(database, ["checks", "photos", "contents", "meta"], (stores) => {
    stores.checks.delete(key);
    for (const id of photos) {
      stores.photos.delete(id);
      stores.contents.delete(id);
    }
    stores.meta.put({ key: "discarded", value: [...told, { key, subject, reason, at_ms: nowMs }] });
  });
  window.dispatchEvent(new CustomEvent("checks", { detail: key }));
}
