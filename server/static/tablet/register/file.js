// The register file (server/tablet/register_file.py): read into tables, brought up to date by a delta, written for keeping.
// A table is { n, id: number[], <fact>: value[] ... }, its rows in the order of the plate or number.

import * as c from "./columns.js";

export const FORMAT = 1;
const BLOCK = 4096; // rows a line; a line is read in one go
const DAY_MS = 86_400_000;
const DAY_ZERO_MS = Date.UTC(1899, 11, 31);

const text = { read: (column) => c.readWords(column), write: c.writeWords };
const days = { read: (column) => c.readNumbers(column), write: c.writeNumbers };
const headed = { read: c.readHeaded, write: c.writeHeaded };
const sorted = { read: c.readSorted, write: c.writeSorted };
const sparse = { read: c.readSparse, write: c.writeSparse };
const last = { read: readLast, write: writeLast };

const SHARED = {
  category: text, fuel: text, stage: text, stage_basis: text, after_treatment: text, device: text, state: text,
  division: text, owner: text, enterprise: text, last, cases: sparse, notice: sparse, watch: sparse, permits: sparse,
};
/** How each fact is written; the first one is what the rows are sorted by. */
export const COLUMNS = {
  truck: { plate: sorted, colour: text, vin: headed, registered_on: days, ...SHARED },
  machine: {
    registration_no: sorted, pin: headed, machine_code: headed, engine_no: sparse, maker: text, model: text,
    power_kw: text, built_on: days, ...SHARED,
  },
};
export const KINDS = Object.keys(COLUMNS);

/** @param {number} day Days since 1899-12-31. @returns {string} "2026-11-24"; empty where it is not known. */
export function dayText(day) {
  return day ? new Date(DAY_ZERO_MS + day * DAY_MS).toISOString().slice(0, 10) : "";
}

// Last results are kept packed, one short string a row: a day (three signs) and the place of its word, for each.
function readLast(column, n) {
  const counts = c.readNumbers(column.n);
  if (counts.length !== n) throw new Error("register file: the last results are broken");
  const numbers = c.readNumbers(column.d);
  const what = numbers.length ? c.readWords(column) : [];
  let at = 0;
  return counts.map((count) => {
    const results = [];
    for (let day = 0, place = 0; place < count; place += 1, at += 1) {
      day = place ? Math.max(0, day - numbers[at]) : numbers[at];
      results.push(`${day} ${what[at]}`);
    }
    return results.join(",");
  });
}

function writeLast(values) {
  const counts = [];
  const numbers = [];
  const what = [];
  for (const value of values) {
    const results = value ? value.split(",") : [];
    counts.push(results.length);
    let before = null;
    for (const result of results) {
      const space = result.indexOf(" ");
      const day = Number(result.slice(0, space));
      numbers.push(before === null ? day : Math.max(0, before - day));
      before = day;
      what.push(result.slice(space + 1));
    }
  }
  return { n: c.writeNumbers(counts), d: c.writeNumbers(numbers), ...c.writeWords(what) };
}

/** @param {"truck"|"machine"} kind @returns {object} A table without rows. */
export function emptyTable(kind) {
  const table = { n: 0, id: [] };
  for (const name of Object.keys(COLUMNS[kind])) table[name] = [];
  return table;
}

function readBlock(line) {
  const table = { n: line.n, id: c.readSteps(line.id) };
  for (const [name, codec] of Object.entries(COLUMNS[line.kind])) table[name] = codec.read(line[name], line.n);
  for (const [name, column] of Object.entries(table)) {
    if (name !== "n" && column.length !== line.n) throw new Error(`register file: ${name} has too few rows`);
  }
  return table;
}

function writeBlock(kind, table, from, to) {
  const line = { kind, n: to - from, id: c.writeSteps(table.id.slice(from, to)) };
  for (const [name, codec] of Object.entries(COLUMNS[kind])) line[name] = codec.write(table[name].slice(from, to));
  return line;
}

/**
 * Read a file, whole or delta, line by line: a generator that may be left alone between two lines (see `gently`).
 * It returns {head, tables: {truck, machine}, gone: {truck: ids, machine: ids}}.
 * @param {string} file
 * @throws {Error} Where it is cut off, of another format, or broken.
 */
export function* decoding(file) {
  const lines = file.split("\n");
  if (lines.pop() !== "") throw new Error("register file: it is cut off");
  const head = JSON.parse(lines[0] ?? "{}");
  const end = JSON.parse(lines[lines.length - 1] ?? "{}");
  if (head.format !== FORMAT) throw new Error(`register file: format ${head.format} is not known`);
  if (!end.end) throw new Error("register file: it is cut off");
  const blocks = { truck: [], machine: [] };
  for (let place = 1; place < lines.length - 1; place += 1) {
    const line = JSON.parse(lines[place]);
    blocks[line.kind].push(readBlock(line));
    yield;
  }
  const tables = {};
  for (const kind of KINDS) {
    tables[kind] = inOrder(kind, yield* joining(kind, blocks[kind]));
    if (tables[kind].n !== end.end[kind]) throw new Error("register file: rows are missing");
    yield;
  }
  return { head, tables, gone: end.gone };
}

/** The same in one go. @param {string} file */
export function decode(file) {
  return atOnce(decoding(file));
}

/** Run a generator to its end. */
export function atOnce(work) {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/**
 * Run a generator to its end in short turns, so that fingers are heard between them.
 * @param {Generator} work @param {number} [turnMs]
 */
export async function gently(work, turnMs = 12) {
  for (;;) {
    const until = performance.now() + turnMs;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (performance.now() < until);
    await new Promise((go) => setTimeout(go, 0));
  }
}

function* joining(kind, blocks) {
  if (blocks.length === 1) return blocks[0];
  const table = emptyTable(kind);
  for (const name of Object.keys(table)) {
    if (name !== "n") table[name] = [].concat(...blocks.map((block) => block[name]));
    yield;
  }
  table.n = table.id.length;
  return table;
}

/** Plates are compared by code units here and by signs on the server: the same but for signs outside the basic plane. */
function inOrder(kind, table) {
  const keys = table[Object.keys(COLUMNS[kind])[0]];
  const before = (one, other) => (keys[one] < keys[other] ? -1 : keys[one] > keys[other] ? 1 : table.id[one] - table.id[other]);
  let row = 1;
  while (row < table.n && before(row - 1, row) < 0) row += 1;
  if (row >= table.n) return table;
  return gathered(table, Array.from({ length: table.n }, (_, place) => place).sort(before));
}

function gathered(table, order) {
  const out = { n: order.length };
  for (const [name, column] of Object.entries(table)) if (name !== "n") out[name] = order.map((row) => column[row]);
  return out;
}

/**
 * Tables with a delta put in: its rows go before those kept, what is gone is left out. A generator (see `gently`).
 * @param {{truck: object, machine: object}} tables What is kept. It is not changed.
 * @param {{tables: {truck: object, machine: object}, gone: {truck: number[], machine: number[]}}} delta
 */
export function* applying(tables, delta) {
  const out = {};
  for (const kind of KINDS) {
    const fresh = delta.tables[kind];
    const replaced = new Set([...fresh.id, ...delta.gone[kind]]);
    if (!replaced.size) {
      out[kind] = tables[kind];
      continue;
    }
    const old = tables[kind];
    const kept = [];
    for (let row = 0; row < old.n; row += 1) if (!replaced.has(old.id[row])) kept.push(row);
    yield;
    const both = yield* joining(kind, [gathered(old, kept), fresh]);
    yield;
    out[kind] = inOrder(kind, both);
    yield;
  }
  return out;
}

/** The same in one go. */
export function apply(tables, delta) {
  return atOnce(applying(tables, delta));
}

/**
 * Write tables as a whole file; a generator (see `gently`) that returns the text.
 * @param {object} head What the first line says: revision, made_at, city.
 * @param {{truck: object, machine: object}} tables
 */
export function* encoding(head, tables) {
  const lines = [JSON.stringify({ ...head, format: FORMAT, full: true, since: null })];
  for (const kind of KINDS) {
    const table = tables[kind];
    for (let from = 0; from < table.n; from += BLOCK) {
      lines.push(JSON.stringify(writeBlock(kind, table, from, Math.min(from + BLOCK, table.n))));
      yield;
    }
  }
  lines.push(JSON.stringify({ end: { truck: tables.truck.n, machine: tables.machine.n }, gone: { truck: [], machine: [] } }));
  return lines.map((line) => `${line}\n`).join("");
}

/** The same in one go. @returns {string} */
export function encode(head, tables) {
  return atOnce(encoding(head, tables));
}
