// The register of the app: opened from what is kept, brought up to date on-line, asked by the screens.
//
// Kept are the whole file as it was last written ("register") and one delta against it ("register-delta"). The server
// is always asked since the whole file, so that the newest delta takes the place of the one before; when it has grown,
// both are written as a new whole file. Whatever fails, what was there before goes on being used.

import { now, offsetMs } from "../clock.js";
import { Offline, request } from "../http.js";
import { applying, decoding, emptyTable, encoding, gently } from "./file.js";
import { numbersOf } from "./label.js";
import { Lookup } from "./lookup.js";
import { packed, unpacked } from "./pack.js";

const EVERY_MS = 15 * 60 * 1000; // the records of a shift are on every tablet within a quarter of an hour
const SOON_MS = 60 * 1000; // after a fault
const TIMEOUT_MS = 10 * 60 * 1000; // three megabytes on an old network
const LONG_DELTA = 256 * 1024; // signs: from here on reading it at every start costs more than a new whole file
const WHOLE = "register";
const DELTA = "register-delta";

/** The time that days are reckoned by: the device's clock, put right by what the server last said. */
function rightNow() {
  return now() + (offsetMs() ?? 0);
}

/**
 * What a label's text or a typed number means in a lookup.
 * @param {Lookup} lookup @param {string} text
 * @returns {object|null} Facts.
 */
function byLabel(lookup, text) {
  for (const number of numbersOf(text)) {
    const facts = lookup.byNumber(number);
    if (facts) return facts;
  }
  return null;
}

/** The register as screens know it (`app.register`), with what keeps it up to date. */
export class Register {
  /** @param {{files: object, session: object}} app */
  constructor(app) {
    this.app = app;
    this.head = null; // of the file in use: revision, made_at, city
    this.base = null; // revision of the whole file that is kept
    this.tables = { truck: emptyTable("truck"), machine: emptyTable("machine") };
    this.found = Lookup.of(this.tables, rightNow);
    this.made_ms = null; // when the server last said that this is how things stand
    this.fault = ""; // why the last refresh came to nothing: "offline", or what is wrong
    this.isOpen = false;
    this.running = null;
  }

  get size() {
    return { trucks: this.tables.truck.n, machines: this.tables.machine.n };
  }

  get revision() {
    return this.head ? this.head.revision : null;
  }

  lookup(text, options) {
    return this.found.lookup(text, options);
  }

  hits(text, options) {
    return this.found.hits(text, options);
  }

  get(kind, id) {
    return this.found.get(kind, id);
  }

  byNumber(text, colour) {
    return this.found.byNumber(text, colour ?? "");
  }

  byQr(text) {
    return byLabel(this.found, text);
  }

  /** Take up what is kept; a kept file that cannot be read is left for the next whole one. */
  async open() {
    try {
      const whole = await this.app.files.get(WHOLE);
      if (whole) {
        const file = await gently(decoding(await unpacked(whole.value)));
        this.base = file.head.revision;
        const delta = await this.#keptDelta();
        const tables = delta ? await gently(applying(file.tables, delta.file)) : file.tables;
        await this.#use(delta ? delta.file.head : file.head, tables, (delta ?? whole).madeMs ?? whole.put_ms);
      }
    } catch (fault) {
      this.base = null;
      this.fault = String(fault.message);
    }
    this.isOpen = true;
    this.#tell();
  }

  async #keptDelta() {
    const kept = await this.app.files.get(DELTA);
    if (!kept) return null;
    const file = await gently(decoding(await unpacked(kept.value)));
    return file.head.since === this.base ? { file, madeMs: kept.put_ms } : null;
  }

  /** Fetch what changed; one at a time. Never throws: `fault` says what was wrong. */
  refresh() {
    this.running ??= this.#fetched().finally(() => {
      this.running = null;
      this.#tell();
    });
    return this.running;
  }

  async #fetched() {
    try {
      const query = this.base ? `?since=${encodeURIComponent(this.base)}` : "";
      const answer = await request("GET", `/tablet/data/register${query}`, { timeoutMs: TIMEOUT_MS });
      if (answer.status !== 200) throw new Error(`the server answered ${answer.status}`);
      const text = new TextDecoder().decode(answer.bytes);
      const file = await gently(decoding(text));
      await this.#takeUp(file, text, Date.parse(answer.headers.get("X-Register-At")) || rightNow());
      this.fault = "";
    } catch (fault) {
      this.fault = fault instanceof Offline ? "offline" : String(fault.message);
    }
  }

  async #takeUp(file, text, madeMs) {
    if (file.head.full) {
      await this.#use(file.head, file.tables, madeMs);
      await this.#keepWhole(text);
      return;
    }
    if (file.head.since !== this.base) throw new Error("the delta is not against the file that is kept");
    if (file.head.revision === this.revision) {
      this.made_ms = madeMs;
      return;
    }
    await this.#use(file.head, await gently(applying(this.tables, file)), madeMs);
    if (text.length > LONG_DELTA) await this.#keepWhole(await gently(encoding(file.head, this.tables)));
    else await this.app.files.put(DELTA, file.head.revision, await packed(text));
  }

  async #use(head, tables, madeMs) {
    const found = await gently(Lookup.making(tables, rightNow));
    Object.assign(this, { head, tables, found, made_ms: madeMs });
  }

  async #keepWhole(text) {
    await this.app.files.put(WHOLE, this.revision, await packed(text));
    this.base = this.revision; // a delta against the file before is passed over when it is read again
    await this.app.files.remove(DELTA);
  }

  #tell() {
    window.dispatchEvent(new CustomEvent("register"));
  }
}

/** Give the app its register; what is kept is read while the first screen shows. */
export function install(app) {
  const register = new Register(app);
  const session = app.session;
  app.register = register;
  let timer = 0;
  const turn = async () => {
    clearTimeout(timer);
    if (app.register !== register || app.session !== session) return; // another account was opened
    if (navigator.onLine && session.signedIn) await register.refresh();
    timer = setTimeout(turn, register.fault ? SOON_MS : EVERY_MS);
  };
  register.ready = register.open().then(() => turn());
  for (const event of ["online", "signed-in"]) window.addEventListener(event, () => register.isOpen && turn());
}
