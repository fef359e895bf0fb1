// Photos of checks: facts and bytes apart, both sealed, so that a list of photos reads no bytes.

import { writeAll } from "../database.js";
import { uuid7 } from "../ids.js";

/** The photos kept in `database`, sealed by `vault`. */
export function makePhotos(database, vault, now) {
  async function factsOf(row) {
    return { id: row.id, check: row.check, ...(await vault.open(row.sealed)) };
  }

  return {
    /**
     * Keep a photo: {check, purpose, name, bytes, sha256, taken_ms, lon, lat, original}; its facts, without the bytes.
     * Throws StorageFull; nothing of it is kept then.
     */
    async add({ check, bytes, ...facts }) {
      const id = uuid7(now());
      const told = { ...facts, size: bytes.length };
      const [sealed, content] = [await vault.seal(told), await vault.sealBytes(bytes)];
      await writeAll(database, ["photos", "contents"], (stores) => {
        stores.photos.put({ id, check, sealed });
        stores.contents.put({ id, ...content });
      });
      return { id, check, ...told };
    },
    /** Facts of a check's photos, in the order they were taken. */
    async of(checkKey) {
      const rows = await database.getAllFromIndex("photos", "check", checkKey);
      rows.sort((one, other) => (one.id < other.id ? -1 : 1));
      return Promise.all(rows.map(factsOf));
    },
    /** The bytes of a photo; null where they are gone. */
    async bytes(id) {
      const content = await database.get("contents", id);
      return content ? vault.openBytes(content) : null;
    },
    /** Remove a photo with its bytes. */
    remove: (id) =>
      writeAll(database, ["photos", "contents"], (stores) => {
        stores.photos.delete(id);
        stores.contents.delete(id);
      }),
    /** Remove the bytes alone: the server has them. */
    dropBytes: (id) =>
      writeAll(database, ["contents"], (stores) => {
        stores.contents.delete(id);
      }),
  };
}
