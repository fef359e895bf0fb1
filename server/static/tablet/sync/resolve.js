// What an inspector decides about two versions, or about a photo that is lost. Nothing is overwritten: what is set aside
// is recorded as a version of its own first.

import { now } from "../clock.js";
import { uuid7 } from "../ids.js";
import { t } from "../words.js";
import { compare, merged } from "./conflicts.js";
import { rekey, saveAll } from "./rows.js";

const REASON_MOST = 500;
const READY = { state: "ready", problem: null, current: null, next_try_ms: 0 };
const short = (text) => text.trim().slice(0, REASON_MOST);

/** The version of the server that a record in conflict stands against, with its content; null where it is unknown. */
export async function theirsOf(app, record) {
  const { current } = record;
  if (!current || !current.id) return null;
  if (current.check) return current;
  await app.inspections.refresh({ atOnce: true }).catch(() => {});
  return (await app.inspections.get(current.id)) || current;
}

/** Take the server's first, then mine on top: a version more, with the reason. `check`: what mine is to say. */
export async function sendMine(app, record, theirs, reason, check = record.check) {
  const base = { id: theirs.id, number: theirs.number, version: theirs.version };
  const made = { ...record, ...READY, base, reason: short(reason), check, compared: compared(record, theirs) };
  if (record.problem && record.problem.code === "other_content") return renewed(app, record, made);
  await saveAll(app, [made]);
  return made.key;
}

/** Row by row: what is in `taken` from mine, the rest from theirs. */
export function sendMerged(app, record, theirs, reason, taken) {
  return sendMine(app, record, theirs, reason, merged(record.check, theirs.check, taken));
}

/**
 * An earlier state of this very check arrived under its key: what it says now gets a key of its own. Its photos may be
 * evidence there already and their bytes gone from here, so the check goes first and the server says what it lacks.
 */
async function renewed(app, record, made) {
  const more = { ...made, key: uuid7(now()), notice: null, posted_ms: now() };
  await rekey(app, record.key, more);
  return more.key;
}

/**
 * Keep theirs. Mine is put on file as a version first, with its photos, and theirs on top of it again: two records that
 * go one after the other. Where mine says nothing else there is nothing to put on file.
 */
export async function keepTheirs(app, record, theirs, reason) {
  const photos = await app.photos.of(record.key);
  const said = compare(record.check, theirs.check || {}).some((row) => row.differs);
  if (!said && photos.length === 0 && theirs.check) {
    const answer = { id: theirs.id, number: theirs.number, version: theirs.version, files: [] };
    await saveAll(app, [{ ...record, ...READY, state: "sent", answer, compared: compared(record, theirs) }]);
    return record.key;
  }
  const aside = short(t("Put on file and set aside: version {version} is kept. {reason}", { version: theirs.version, reason }));
  const mineKey = await sendMine(app, record, theirs, aside);
  const mine = await app.checks.get(mineKey);
  await app.checks.create({
    ...mine, ...READY, key: uuid7(now()), after: mineKey, posted_ms: null, files: null, photos: [], notice: null, assignment: null, verdict: null,
    base: { ...mine.base, version: theirs.version + 1 },
    reason: short(t("Version {version} is kept. {reason}", { version: theirs.version, reason })),
    check: { ...theirs.check, at: theirs.at },
  });
  return mineKey;
}

const compared = (record, theirs) => ({ at_ms: now(), mine: record.check, theirs: { version: theirs.version, check: theirs.check || null } });

/** Send a check without photos that are lost; its note says which. */
export async function sendWithoutLost(app, record) {
  const lost = record.problem.lost;
  const names = lost.map((file) => `${file.name}${file.sha256 ? ` (SHA-256 ${file.sha256.slice(0, 16)}…)` : ""}`).join(", ");
  const note = [record.check.note, t("Photos lost on the tablet before they could be sent: {names}", { names })].filter(Boolean).join("\n");
  const without = [...(record.without || []), ...lost];
  await saveAll(app, [{ ...record, ...READY, without, check: { ...record.check, note: note.slice(0, 2000) } }]);
}
