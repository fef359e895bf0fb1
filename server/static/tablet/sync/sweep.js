// Bytes that a stop left behind after the server had confirmed them.

/** Remove the bytes of photos of sent checks, of those alone whose hash the server named. */
export async function sweep(app) {
  for (const row of await app.database.getAllFromIndex("checks", "state", "sent")) {
    const ids = await app.database.getAllKeysFromIndex("photos", "check", row.key);
    const left = new Set();
    for (const id of ids) if ((await app.database.count("contents", id)) > 0) left.add(id);
    if (left.size === 0) continue;
    const record = await app.checks.get(row.key);
    const confirmed = new Set(((record.answer && record.answer.files) || []).map((file) => file.sha256));
    for (const photo of await app.photos.of(row.key)) {
      if (left.has(photo.id) && confirmed.has(photo.sha256)) await app.photos.dropBytes(photo.id);
    }
  }
}
