// One list of what the device holds and what the server holds, each check once. Pure.

const DAY_MS = 24 * 60 * 60 * 1000;
const BEIJING_MS = 8 * 60 * 60 * 1000;
const ORDER = { conflict: 0, refused: 0, draft: 1, sending: 2, ready: 2, sent: 3 };

/** The Beijing day of a time, "2026-11-24". */
export const dayOf = (ms) => new Date(ms + BEIJING_MS).toISOString().slice(0, 10);

/** A time in Beijing, "2026-11-24 08:15". */
export function timeText(ms) {
  return Number.isFinite(ms) ? new Date(ms + BEIJING_MS).toISOString().slice(0, 16).replace("T", " ") : "–";
}

/** When a record took place, by the server's clock as far as it is known. */
export function momentOf(record) {
  if (record.answer && record.answer.at) return Date.parse(record.answer.at);
  return (record.device_at ?? record.begun_ms) + (record.offset_ms || 0);
}

function ofDevice(record) {
  const { key, state, check, verdict, answer, base } = record;
  return {
    to: `/record/${key}`, key, id: (answer && answer.id) || null, state, at: momentOf(record), subject: check.subject || "", colour: check.colour || null,
    kind: check.kind, place: check.place || "", number: (answer && answer.number) || (base && base.number) || "", correction: Boolean(base),
    outcome: (answer && answer.outcome) || (verdict && verdict.outcome) || null, problem: record.problem,
  };
}

function ofServer(row) {
  return {
    to: `/record/server/${row.id}`, key: null, id: row.id, state: "sent", at: Date.parse(row.at), subject: row.subject_text, colour: row.colour, kind: row.kind,
    place: row.place || "", number: row.number, correction: row.version > 1, outcome: row.outcome, problem: null, withdrawn: row.status === "withdrawn",
  };
}

/**
 * What the list shows: what waits for a decision, drafts, what waits for the line, then the rest by age. A check of the
 * device that arrived is its server's row where that is kept; nothing unsent is ever left out.
 */
export function listed(records, rows, nowMs, days = 14) {
  const known = new Set(rows.map((row) => row.id));
  const mine = records.map(ofDevice).filter((item) => item.state !== "sent" || !known.has(item.id));
  const young = (item) => item.state !== "sent" || nowMs - item.at < days * DAY_MS;
  const all = [...mine, ...rows.map(ofServer)].filter(young);
  return all.sort((one, other) => ORDER[one.state] - ORDER[other.state] || other.at - one.at);
}

/** Those that hold every word that was typed, in number, plate or place. */
export function searched(items, text) {
  const words = text.trim().toUpperCase().split(/\s+/).filter(Boolean);
  return items.filter((item) => words.every((one) => `${item.subject} ${item.number} ${item.place}`.toUpperCase().includes(one)));
}

/** Bytes as people read them. */
export function bytesText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}
