// When a check took place. Pure.

/** The moment of the check as the server will have it, as far as the tablet knows, ms; rules are those of this moment. */
export function momentOf(record) {
  return record.device_at + (record.offset_ms ?? 0);
}
