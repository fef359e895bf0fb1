// Two versions of one inspection side by side: what differs, and one version put together from both. Pure.

const NAMES = [
  "kind", "subject", "colour", "subject_kind", "stage", "fuel", "category", "power_kw", "rated_power_kw", "place",
  "lon", "lat", "officers", "weather", "checklist", "party", "instrument_ids", "note",
];

const empty = (value) =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0) ||
  (typeof value === "object" && !Array.isArray(value) && Object.values(value).every(empty));

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.keys(value).filter((name) => !empty(value[name])).sort();
  return Object.fromEntries(kept.map((name) => [name, sorted(value[name])]));
}

/** Whether two values say the same; what is empty in one form is empty in the other. */
export function same(one, other) {
  if (empty(one) || empty(other)) return empty(one) && empty(other);
  if (typeof one === "number" && typeof other === "number") return Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one));
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** What stands where a reading was left out: {method: {field: default}}, of the fields of the reference file. */
export function defaultsOf(fields) {
  const told = (rows) => Object.fromEntries(rows.filter((one) => !empty(one.default)).map((one) => [one.name, one.default]));
  return Object.fromEntries(Object.entries(fields || {}).map(([method, rows]) => [method, told(rows)]));
}

/**
 * The fields of two checks: [{path: ["place"] | ["methods", method, field], mine, theirs, differs}], those that are
 * empty in both left out. `defaults` of defaultsOf: the server fills them in, the tablet may leave them out.
 */
export function compare(mine, theirs, defaults = {}) {
  const rows = [];
  const add = (path, one, other) => {
    if (!empty(one) || !empty(other)) rows.push({ path, mine: one ?? null, theirs: other ?? null, differs: !same(one, other) });
  };
  const [ours, others] = [mine.methods || {}, theirs.methods || {}];
  for (const name of NAMES.slice(0, 9)) add([name], mine[name], theirs[name]);
  for (const method of [...new Set([...Object.keys(others), ...Object.keys(ours)])]) {
    const [one, other] = [ours, others].map((all) => all[method] && { ...defaults[method], ...all[method] });
    if (one === undefined || other === undefined) rows.push({ path: ["methods", method], mine: one ?? null, theirs: other ?? null, differs: true });
    else for (const field of [...new Set([...Object.keys(other), ...Object.keys(one)])]) add(["methods", method, field], one[field], other[field]);
  }
  for (const name of NAMES.slice(9)) add([name], mine[name], theirs[name]);
  return rows;
}

function put(check, path, value) {
  const [name, method, field] = path;
  if (path.length === 1) check[name] = value;
  else if (path.length === 2) {
    if (value === null) delete check.methods[method];
    else check.methods[method] = value;
  } else if (value === null) delete check.methods[method][field];
  else check.methods[method] = { ...check.methods[method], [field]: value };
}

/**
 * One check of both: theirs, with the rows of `taken` ("a.b.c" of the path) from mine.
 * @param {object} mine @param {object} theirs @param {Set<string>} taken
 */
export function merged(mine, theirs, taken) {
  const check = structuredClone(theirs);
  check.methods = check.methods || {};
  for (const row of compare(mine, theirs)) {
    if (row.differs && taken.has(row.path.join("."))) put(check, row.path, structuredClone(row.mine));
  }
  if (same(check.lon, mine.lon) && same(check.lat, mine.lat) && mine.accuracy_m !== undefined) check.accuracy_m = mine.accuracy_m;
  return check;
}
