// A finished check is opened again only while it waits: read and written in one transaction, so that it cannot be on its
// way to the server at the same moment (sync/rows.js claims it the same way).

const WAITS = new Set(["draft", "ready", "refused"]);

/** Make it a draft again; false where it is on its way, sent or gone. Nothing sealed is touched. */
export async function reopen(app, key) {
  const work = app.database.transaction("checks", "readwrite");
  work.done.catch(() => {}); // is waited for below; a write that fails must not be reported twice
  const row = await work.store.get(key);
  const waits = Boolean(row) && WAITS.has(row.state);
  if (waits && row.state !== "draft") await work.store.put({ ...row, state: "draft" });
  await work.done;
  return waits;
}
