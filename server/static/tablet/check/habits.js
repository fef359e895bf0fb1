// What the last checks of this account had: second officer, instruments, weather, usual methods. Sealed like a check.

const NAME = "habits";
const WEATHER_MS = 2 * 3600_000; // the temperature of two hours ago is not that of the measurement
const BLANK = { second: null, instruments: {}, weather: null, weather_ms: 0, counts: {} };

/** The habits of the account on this tablet. */
export async function readHabits(app) {
  const kept = await app.files.get(NAME);
  return kept ? { ...BLANK, ...kept.value } : structuredClone(BLANK);
}

/** Note what a finished check had. */
export async function noteHabits(app, record, nowMs) {
  const habits = await readHabits(app);
  const { check } = record;
  const kinds = new Map((app.reference.data?.instruments ?? []).map(({ id, kind }) => [id, kind]));
  habits.second = check.officers[1] ?? null;
  for (const id of check.instrument_ids) if (kinds.has(id)) habits.instruments[kinds.get(id)] = id;
  if (check.weather) Object.assign(habits, { weather: check.weather, weather_ms: nowMs });
  const counts = { ...habits.counts[check.kind] };
  for (const method of Object.keys(check.methods)) counts[method] = (counts[method] ?? 0) + 1;
  habits.counts = { ...habits.counts, [check.kind]: counts };
  await app.files.put(NAME, nowMs, habits);
}

/** The weather that still stands; null where it is too old. */
export function freshWeather(habits, nowMs) {
  return habits.weather && nowMs - habits.weather_ms < WEATHER_MS ? habits.weather : null;
}
