// Whole files of the server kept for use without it ("register", "reference", "work"), sealed.

import { writeAll } from "../database.js";

/** The files kept in `database`, sealed by `vault`. */
export function makeFiles(database, vault, now) {
  return {
    /** Keep a file: a Uint8Array or any value; throws StorageFull, and then the one kept before stands. */
    async put(name, revision, value) {
      const raw = value instanceof Uint8Array;
      const sealed = raw ? await vault.sealBytes(value) : await vault.seal(value);
      const row = { name, revision, put_ms: now(), raw, ...sealed };
      await writeAll(database, ["files"], (stores) => {
        stores.files.put(row);
      });
    },
    /** {revision, value, put_ms}; null where there is none. */
    async get(name) {
      const row = await database.get("files", name);
      if (!row) return null;
      const value = row.raw ? await vault.openBytes(row) : await vault.open(row);
      return { revision: row.revision, value, put_ms: row.put_ms };
    },
    /** Remove a file. */
    remove: (name) =>
      writeAll(database, ["files"], (stores) => {
        stores.files.delete(name);
      }),
  };
}
