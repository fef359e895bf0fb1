// What the browser keeps: one database for the device, one for each account on it. What an account's holds is sealed.

import { deleteDB, openDB } from "../vendor/idb.js";

const DEVICE = "tablet-device";
const ACCOUNT = "tablet-account-";

/** Thrown where the browser has no room left; what was kept stays as it was. */
export class StorageFull extends Error {
  constructor(cause) {
    super("no room left on the device");
    this.name = "StorageFull";
    this.cause = cause;
  }
}

const isFull = (fault) => Boolean(fault) && (fault.name === "QuotaExceededError" || isFull(fault.inner));

/** Do a write; a full device becomes StorageFull. */
export async function writing(work) {
  try {
    return await work();
  } catch (fault) {
    throw isFull(fault) ? new StorageFull(fault) : fault;
  }
}

/** Do a write that may be left out on a full device: what it notes is known in memory, and sending makes room first. */
export async function ifRoom(work) {
  try {
    await writing(work);
  } catch (fault) {
    if (fault.name !== "StorageFull") throw fault;
  }
}

/**
 * Write several records in one transaction that is on the disk when it ends, all of them or none:
 * writeAll(database, ["checks", "photos"], (stores) => { stores.checks.put(row); stores.photos.delete(id); })
 */
export function writeAll(database, names, put) {
  return writing(async () => {
    const work = database.transaction(names, "readwrite", { durability: "strict" });
    const done = work.done;
    done.catch(() => {}); // is waited for below; a request's own failure must not be reported twice
    try {
      const waits = [];
      const stores = Object.fromEntries(names.map((name) => [name, collecting(work.objectStore(name), waits)]));
      await put(stores);
      await Promise.all(waits);
    } catch (fault) {
      try {
        work.abort();
      } catch {
        // it ended by itself
      }
      await done.catch(() => {});
      throw work.error || fault;
    }
    await done;
  });
}

function collecting(store, waits) {
  const noted = (request) => {
    waits.push(request);
    return request;
  };
  return {
    put: (row) => noted(store.put(row)),
    delete: (key) => noted(store.delete(key)),
    get: (key) => store.get(key),
    index: (name) => store.index(name),
  };
}

/** A value of a database's `meta` store; undefined where there is none. */
export async function getMeta(database, key) {
  const row = await database.get("meta", key);
  return row && row.value;
}

/** Keep a value in `meta`; it is not sealed. */
export function putMeta(database, key, value) {
  return writing(() => database.put("meta", { key, value }));
}

/** The database of the device: accounts (keyPath "account"), meta (keyPath "key"). */
export function openDevice() {
  return openDB(DEVICE, 1, {
    upgrade(database) {
      database.createObjectStore("accounts", { keyPath: "account" });
      database.createObjectStore("meta", { keyPath: "key" });
    },
  });
}

/**
 * The database of an account: meta, checks (index "state"), photos (index "check"; facts), contents (bytes of photos
 * by their id), files.
 */
export function openAccount(account) {
  return openDB(ACCOUNT + account, 1, {
    upgrade(database) {
      database.createObjectStore("meta", { keyPath: "key" });
      database.createObjectStore("checks", { keyPath: "key" }).createIndex("state", "state");
      database.createObjectStore("photos", { keyPath: "id" }).createIndex("check", "check");
      database.createObjectStore("contents", { keyPath: "id" });
      database.createObjectStore("files", { keyPath: "name" });
    },
    blocking(_, __, event) {
      event.target.close(); // another window wipes or renews it
    },
  });
}

/** Remove all that an account has on this device. */
export function deleteAccount(account) {
  return deleteDB(ACCOUNT + account);
}
