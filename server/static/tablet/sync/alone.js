// One runner a device: two windows never send the same check at once.

import { uuid7 } from "../ids.js";

const LEASE = "sync lease";
const LEASE_MS = 40 * 1000; // a window that died is waited for no longer
const RENEW_MS = 10 * 1000;

/**
 * Do work while no other window of this account does; false where one does. With Web Locks the browser itself frees the
 * lock of a window that died; without them a lease in the database does, renewed while the work lasts.
 */
export async function alone(app, work, locks = navigator.locks) {
  const name = `tablet sync ${app.session.account}`;
  if (!locks) return leased(app, work);
  return locks.request(name, { ifAvailable: true }, async (lock) => {
    if (!lock) return false;
    await work();
    return true;
  });
}

async function leased(app, work) {
  const holder = uuid7();
  if (!(await lease(app, holder, LEASE_MS))) return false;
  const renewing = setInterval(() => lease(app, holder, LEASE_MS).catch(() => {}), RENEW_MS);
  try {
    await work();
  } finally {
    clearInterval(renewing);
    await lease(app, holder, 0).catch(() => {});
  }
  return true;
}

/** Take or renew the lease; false where another holds it. Read and written in one transaction. */
async function lease(app, holder, forMs) {
  const work = app.database.transaction("meta", "readwrite");
  work.done.catch(() => {}); // is waited for below; a write that fails must not be reported twice
  const row = await work.store.get(LEASE);
  const nowMs = Date.now();
  const held = row && row.value.holder !== holder && row.value.untilMs > nowMs && row.value.untilMs - nowMs <= LEASE_MS;
  if (!held) await work.store.put({ key: LEASE, value: { holder, untilMs: nowMs + forMs } });
  await work.done;
  return !held;
}
