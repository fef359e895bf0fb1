// Finds trucks and machines in the tables while one types: plates by their first signs, numbers by any four in a row.

import { atOnce } from "./file.js";
import { factsOf } from "./subject.js";

export const LEAST = 4; // signs of a plate or number before anything is offered
export const MOST = 40;
const TAIL = 8; // signs of a VIN that one types: year, works and serial number
const TURN = 4096; // rows between two looks at the clock
const ROWS = 2 ** 20; // more than a table has; with an id it makes a number that is exact
const HAN = /\p{Script=Han}/u;
const BREAK = "\n"; // between the texts of a searched string; no number holds it

/** @param {string} text @returns {string} As plates and numbers are kept: upper case, half width, no spaces, dots of plates. */
export function plain(text) {
  return text.normalize("NFKC").toUpperCase().replace(/[\s·•・]/g, "");
}

/** @param {string} text @returns {string} Signs that are taken for each other made one: O is 0, I is 1. */
export function folded(text) {
  return text.replaceAll("O", "0").replaceAll("I", "1");
}

/** Texts of rows in one string, so that a search is one pass of the engine's own. A row may have several texts. */
class Searched {
  /** @param {string[][]} columns @param {number} n @param {(text: string) => string} [shown] What is searched of a text. */
  static *making(columns, n, shown = (text) => text) {
    const made = new Searched();
    made.n = n;
    made.starts = new Int32Array(n + 1);
    const parts = new Array(n);
    let length = 1;
    for (let row = 0; row < n; row += 1) {
      let text = BREAK;
      for (const column of columns) if (column[row]) text += shown(column[row]).replaceAll(BREAK, " ") + BREAK;
      parts[row] = text;
      made.starts[row] = length - 1;
      length += text.length;
      if (row % TURN === TURN - 1) yield;
    }
    made.starts[n] = length;
    made.text = parts.join("");
    return made;
  }

  /** Rows that hold `needle`, in order, up to `most`. */
  rows(needle, most) {
    const found = [];
    let at = this.text.indexOf(needle);
    while (at >= 0 && found.length < most) {
      const row = this.rowAt(at);
      found.push(row);
      at = this.text.indexOf(needle, this.starts[row + 1]);
    }
    return found;
  }

  rowAt(place) {
    let low = 0;
    let high = this.n - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** First row whose key is not below `key`; keys are in the order of code units. */
function firstNotBelow(keys, key) {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rowsBeginning(keys, text, most) {
  const found = [];
  for (let row = firstNotBelow(keys, text); row < keys.length && found.length < most; row += 1) {
    if (!keys[row].startsWith(text)) break;
    found.push(row);
  }
  return found;
}

/** Rows whose plate holds an O or I: the standard gives those to no plate, so they are few and typed in by mistake. */
function oddRows(plates) {
  const rows = [];
  for (let row = 0; row < plates.length; row += 1) if (folded(plates[row]) !== plates[row]) rows.push(row);
  return rows;
}

/** Rows with a reason to be watched for, today or on another day. */
function watchedRows(table) {
  const rows = [];
  for (let row = 0; row < table.n; row += 1) if (table.watch[row] || table.cases[row] || table.state[row] !== "active") rows.push(row);
  return rows;
}

/** Rows in the order of their ids: both in one number, since numbers alone are sorted without a call for each pair. */
function byId(table) {
  const both = Float64Array.from({ length: table.n }, (_, row) => table.id[row] * ROWS + row);
  return Int32Array.from(both.sort(), (one) => one % ROWS);
}

/** The register in memory, ready to be asked. */
export class Lookup {
  /**
   * Made in short turns (a generator, see `gently` in file.js): putting the texts together takes a cheap tablet a second.
   * @param {{truck: object, machine: object}} tables @param {() => number} now Milliseconds since 1970.
   */
  static *making(tables, now) {
    const { truck, machine } = tables;
    const made = new Lookup();
    made.tables = tables;
    made.now = now;
    made.order = {};
    for (const kind of ["truck", "machine"]) {
      made.order[kind] = byId(tables[kind]);
      yield;
    }
    const numbers = [machine.registration_no, machine.pin, machine.machine_code, machine.engine_no];
    made.odd = oddRows(truck.plate);
    made.watched = { truck: watchedRows(truck), machine: watchedRows(machine) };
    yield;
    made.plates = yield* Searched.making([truck.plate], truck.n);
    made.vins = yield* Searched.making([truck.vin], truck.n, (vin) => vin.slice(-TAIL));
    made.machines = yield* Searched.making(numbers, machine.n);
    made.machinesFolded = yield* Searched.making(numbers, machine.n, folded);
    return made;
  }

  /** The same in one go. */
  static of(tables, now) {
    return atOnce(Lookup.making(tables, now));
  }

  /**
   * Candidates for what was typed, the likeliest first: plates that begin so, plates and VINs that hold it, then the
   * same with O for 0 and I for 1; machines in the same way.
   * @param {string} typed
   * @param {{limit?: number, kind?: "truck"|"machine"}} [wanted]
   * @returns {object[]} Facts; empty below four signs.
   */
  lookup(typed, { limit = MOST, kind = undefined } = {}) {
    const text = plain(typed);
    if (text.length < LEAST) return [];
    const found = [];
    if (kind !== "machine") this.#trucks(text, limit).forEach((row) => found.push(["truck", row]));
    if (kind !== "truck" && found.length < limit) {
      this.#machines(text, limit - found.length).forEach((row) => found.push(["machine", row]));
    }
    return found.map(([of, row]) => this.#facts(of, row));
  }

  #trucks(text, limit) {
    const { plate } = this.tables.truck;
    const loose = folded(text);
    const rows = new Set(rowsBeginning(plate, text, limit));
    const further = [
      () => (loose === text ? [] : rowsBeginning(plate, loose, limit)),
      () => this.odd.filter((row) => folded(plate[row]).startsWith(loose)),
    ];
    if (!HAN.test(text[0])) further.push(...this.#within(text, loose, limit)); // a plate has its province in front
    for (const look of further) if (rows.size < limit) look().forEach((row) => rows.size < limit && rows.add(row));
    return [...rows];
  }

  #within(text, loose, limit) {
    const { plate } = this.tables.truck;
    return [
      () => this.plates.rows(text, limit),
      () => this.#vins(text, limit),
      () => (loose === text ? [] : this.plates.rows(loose, limit)),
      () => this.odd.filter((row) => folded(plate[row]).includes(loose)),
      () => (loose === text ? [] : this.#vins(loose, limit)), // a VIN has neither O nor I
    ];
  }

  /** VINs that hold the text near their end; a longer text is part of a VIN that was copied. */
  #vins(text, limit) {
    if (text.length <= TAIL) return this.vins.rows(text, limit);
    const rows = [];
    const { vin, n } = this.tables.truck;
    for (let row = 0; row < n && rows.length < limit; row += 1) if (vin[row].includes(text)) rows.push(row);
    return rows;
  }

  #machines(text, limit) {
    const rows = new Set(rowsBeginning(this.tables.machine.registration_no, text, limit));
    const further = [() => this.machines.rows(text, limit), () => this.machinesFolded.rows(folded(text), limit)];
    for (const look of further) if (rows.size < limit) look().forEach((row) => rows.size < limit && rows.add(row));
    return [...rows];
  }

  /**
   * Who is watched for today among those whose plate or number begins so (machines: holds it).
   * @param {string} typed @param {{kind: "truck"|"machine", limit?: number}} wanted
   * @returns {object[]} Facts; empty below four signs.
   */
  hits(typed, { kind, limit = MOST }) {
    const text = plain(typed);
    const { truck, machine } = this.tables;
    const fits = kind === "truck"
      ? (row) => truck.plate[row].startsWith(text)
      : (row) => [machine.registration_no, machine.pin, machine.machine_code].some((column) => column[row].includes(text));
    const found = [];
    if (text.length < LEAST) return found;
    for (const row of this.watched[kind]) {
      if (found.length >= limit) break;
      const facts = fits(row) ? this.#facts(kind, row) : null;
      if (facts && facts.watch.length) found.push(facts);
    }
    return found;
  }

  /** @param {"truck"|"machine"} kind @param {number} id @returns {object|null} */
  get(kind, id) {
    const table = this.tables[kind];
    const order = this.order[kind];
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (table.id[order[middle]] < id) low = middle + 1;
      else high = middle;
    }
    return low < order.length && table.id[order[low]] === id ? this.#facts(kind, order[low]) : null;
  }

  /**
   * The one truck with this plate (in this colour, where it is given), else the one machine with this number.
   * @param {string} number @param {string} [colour]
   * @returns {object|null} null also where several are meant.
   */
  byNumber(number, colour = "") {
    const text = plain(number);
    if (!text) return null;
    const { truck, machine } = this.tables;
    const trucks = [];
    for (let row = firstNotBelow(truck.plate, text); truck.plate[row] === text; row += 1) {
      if (!colour || truck.colour[row] === colour) trucks.push(row);
    }
    if (trucks.length) return trucks.length === 1 ? this.#facts("truck", trucks[0]) : null;
    const numbered = [machine.registration_no, machine.pin, machine.machine_code, machine.engine_no];
    const rows = this.machines.rows(BREAK + text + BREAK, 2);
    const meant = rows.filter((row) => numbered.some((column) => column[row] === text));
    return meant.length === 1 ? this.#facts("machine", meant[0]) : null;
  }

  #facts(kind, row) {
    return factsOf(kind, this.tables[kind], row, this.now());
  }
}
