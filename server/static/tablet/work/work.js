// The account's work and the watch list of its city, kept for use without the server; who is near, asked of the server.

import { now } from "../clock.js";
import { WORK_REFRESH_MS } from "../constants.js";
import { Offline, request } from "../http.js";

const NAME = "work";
const EMPTY = { revision: "", assignments: [], watch: [] };

/** Thrown where the server answered, but not with what was asked for. */
export class NotAnswered extends Error {
  constructor(answer) {
    super(`the server answered ${answer.status}`);
    this.name = "NotAnswered";
    this.status = answer.status;
  }
}

class Work {
  constructor(app) {
    Object.assign(this, { app, file: EMPTY, made_ms: null, fault: "", running: null });
  }

  get assignments() {
    return this.file.assignments;
  }

  get watch() {
    return this.file.watch;
  }

  /** What was kept on the device. */
  async read() {
    const kept = await this.app.files.get(NAME);
    if (kept) Object.assign(this, { file: kept.value, made_ms: kept.put_ms });
    this.#tell();
  }

  /** Fetch it anew, one at a time. Never throws: `fault` says what was wrong ("offline" or the reason). */
  refresh() {
    this.running ??= this.#fetched().finally(() => {
      this.running = null;
      this.#tell();
    });
    return this.running;
  }

  async #fetched() {
    try {
      const known = this.file.revision ? { "If-None-Match": `"${this.file.revision}"` } : {};
      const answer = await request("GET", "/tablet/data/work", { headers: known });
      if (answer.status === 200) this.file = answer.json;
      else if (answer.status !== 304) throw new NotAnswered(answer);
      await this.app.files.put(NAME, this.file.revision, this.file);
      this.made_ms = now();
      this.fault = "";
    } catch (fault) {
      if (fault.name === "Locked") throw fault;
      this.fault = fault instanceof Offline ? "offline" : String(fault.message);
    }
  }

  /**
   * Watched trucks and machines near a place: {age_min, radius_km, at, items: [{kind, subject_id, text, colour, reasons,
   * note, lon, lat, age_s, distance_m, bearing_deg}]}, the nearest first. Throws Offline, NotAnswered.
   */
  async near({ lon, lat }) {
    const answer = await request("GET", `/tablet/data/near?lon=${lon.toFixed(6)}&lat=${lat.toFixed(6)}`);
    if (answer.status !== 200) throw new NotAnswered(answer);
    return answer.json;
  }

  /** Begin a check of a subject {kind, subject_id, text, colour}; `assignment` {id, subject_id} where it is made for one. */
  async begin(kindOfCheck, subject, assignment = null) {
    const { register, flow } = this.app;
    const facts = (subject.subject_id && register.get(subject.kind, subject.subject_id)) || register.byNumber(subject.text, subject.colour ?? "");
    if (facts) return flow.start(kindOfCheck, { assignment, facts });
    const record = await flow.start(kindOfCheck, { assignment });
    return flow.identified(record.key, null, { kind: subject.kind, text: subject.text, colour: subject.colour });
  }

  #tell() {
    window.dispatchEvent(new CustomEvent("work"));
  }
}

/** Give the app its work; what is kept is read at once, the rest comes when the server can be reached. */
export async function install(app) {
  const work = new Work(app);
  const session = app.session;
  app.work = work;
  let timer = 0;
  const turn = async () => {
    clearTimeout(timer);
    if (app.work !== work || app.session !== session) return; // another account was opened
    if (navigator.onLine && session.signedIn) await work.refresh();
    timer = setTimeout(turn, WORK_REFRESH_MS);
  };
  await work.read().catch(() => {}); // a file that does not open is fetched anew
  window.addEventListener("signed-in", turn);
  window.addEventListener("online", turn);
  turn();
}
