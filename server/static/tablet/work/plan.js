// The plan of the days ahead, from what the server sent and what this tablet has done since. Pure.

const DAY_MS = 24 * 3600 * 1000;
const BEIJING_MS = 8 * 3600 * 1000; // no summer time since 1991
const DONE = new Set(["ready", "sending", "sent", "refused", "conflict"]); // a draft is not done yet

/** The Beijing day of a moment: "2026-11-24". */
export function dayOf(ms) {
  return new Date(ms + BEIJING_MS).toISOString().slice(0, 10);
}

/** How many days after `today` a day lies; negative before. */
export function daysAhead(day, today) {
  return Math.round((Date.parse(day) - Date.parse(today)) / DAY_MS);
}

/**
 * Assignments from today on, by day, each with what this tablet has done for it since the file was made:
 * {...assignment, done, own, subjects: [{..., done, own}]}. `own` counts checks that the server's file does not know yet.
 * @param {object[]} assignments of the file  @param {object[]} records local checks  @param {string} today
 * @param {number} madeMs when the file came: an earlier check that was sent is counted in it already
 */
export function planned(assignments, records, today, madeMs) {
  const mine = records.filter((record) => record.assignment && DONE.has(record.state) && !record.base);
  const since = mine.filter((record) => record.state !== "sent" || (record.sent_ms ?? record.changed_ms) > madeMs);
  return assignments
    .filter((one) => one.day >= today)
    .sort((one, other) => one.day.localeCompare(other.day) || one.id - other.id)
    .map((one) => withOwn(one, since.filter((record) => record.assignment.id === one.id)));
}

function withOwn(one, records) {
  const subjects = one.subjects.map((subject) => {
    const own = !subject.done && records.some((record) => isAbout(record, subject));
    return { ...subject, own, done: subject.done || own };
  });
  return { ...one, subjects, own: records.length, done: one.done + records.length };
}

/** Whether a check is about a named subject: by the file's number, else by its plate or number. */
export function isAbout(record, subject) {
  if (record.assignment.subject_id === subject.id) return true;
  if (record.known && subject.subject_id && record.known.kind === subject.kind) return record.known.id === subject.subject_id;
  return record.check.subject === subject.text;
}

/** {done, of} of an assignment: checks wanted, else subjects named; `of` 0 where neither was said. */
export function progress(one) {
  if (one.wanted) return { done: one.done, of: one.wanted };
  if (one.subjects.length) return { done: one.subjects.filter((subject) => subject.done).length, of: one.subjects.length };
  return { done: one.done, of: 0 };
}

/** Why a subject is named: codes of the watch list, or words as they were typed. */
export function whyOf(why, isCode) {
  const parts = why.split(",");
  return why && parts.every(isCode) ? { codes: parts, text: "" } : { codes: [], text: why };
}
