// app.flow: a check from "new" to "done". Every change is saved at once; one writer a record, the newest state wins.

import { now, offsetMs } from "../clock.js";
import { uuid7 } from "../ids.js";
import { judge } from "../rules/judge.js";
import { t } from "../words.js";
import { correctionOf, correctionOfSent, identify, seed, subjectOf } from "./drafts.js";
import { noteHabits, readHabits } from "./habits.js";
import { createLocator, isBetter } from "./location.js";
import { momentOf } from "./moment.js";
import { placeWords } from "./places.js";
import { reopen } from "./reopen.js";
import { after, before, lacking, owesNotice } from "./steps.js";

const ROUTE = /^#\/check\/([^/]+)\/([a-z]+)/;

/** Put the flow into the app. */
export function install(app) {
  app.flow = createFlow(app);
  document.addEventListener("click", app.flow.countTap, { capture: true });
  window.addEventListener("hashchange", app.flow.routed);
  window.addEventListener("before-lock", (event) => event.detail.wait(app.flow.idle()));
}

/** See the contract: start, open, identified, change, next, back, at, finish, judge. */
export function createFlow(app) {
  const records = new Map();
  const writing = new Map();
  let pendingTaps = 0;
  const locator = createLocator((fix) => placed(fix));

  // --- the record in hand
  async function open(key) {
    if (!records.has(key)) {
      const record = await app.checks.get(key);
      if (!record) return null;
      records.clear(); // one check is open at a time
      records.set(key, record);
    }
    return records.get(key);
  }

  /** Save the newest state; while one save runs, later changes wait for the next and go together. */
  function save(record) {
    const running = writing.get(record.key);
    if (running) {
      running.again = true;
      return running.promise;
    }
    const entry = { again: false, promise: null };
    entry.promise = (async () => {
      try {
        do {
          entry.again = false;
          record.changed_ms = now();
          await app.checks.save(record);
        } while (entry.again);
        app.strip("full", null);
        return true;
      } catch (fault) {
        if (fault.name !== "StorageFull") throw fault;
        app.strip("full", { kind: "over", text: t("The tablet's storage is full. Nothing that was saved is lost: go on-line so that finished checks are sent and make room, then go on.") });
        return false;
      } finally {
        writing.delete(record.key);
      }
    })();
    writing.set(record.key, entry);
    return entry.promise;
  }

  /** A verdict that cannot be made keeps nobody from saving: the server judges again in any case. */
  function judged(record) {
    const { check } = record;
    if (!Object.keys(check.methods).length || !app.reference.data) return null;
    try {
      return judge(app.reference.data, check, subjectOf(record), momentOf(record), app.session.division);
    } catch (fault) {
      app.toast(t("It cannot be judged here ({text}). It is kept, and the server judges it.", { text: fault.message }), "doubt");
      return null;
    }
  }

  /** Edit a record and save it; `kept` is false where the device is full: then it lives on in memory alone. */
  async function put(key, edit) {
    const record = await open(key);
    if (!record) return { record: null, kept: false };
    edit(record);
    record.taps += takeTaps();
    record.verdict = judged(record);
    return { record, kept: await save(record) };
  }
  const change = async (key, edit) => (await put(key, edit)).record;

  /** A finished check that was not sent yet is opened again; one that is on its way stays as it is. */
  async function edit(key) {
    records.clear();
    if (await reopen(app, key)) await at(key, "review");
    else app.toast(t("It is being sent. Correct it afterwards."), "doubt");
  }

  // --- taps
  function takeTaps() {
    const taken = pendingTaps;
    pendingTaps = 0;
    return taken;
  }
  function countTap(event) {
    const isStroke = event.target instanceof Element && event.target.closest("[data-stroke]");
    if (ROUTE.test(location.hash) && !isStroke) pendingTaps += 1;
  }

  // --- the place
  function placed(fix) {
    const record = [...records.values()][0];
    if (record?.state === "draft" && isBetter(record, fix)) {
      change(record.key, (one) => {
        Object.assign(one.check, { lon: fix.lon, lat: fix.lat, accuracy_m: fix.accuracy_m });
        Object.assign(one, { placed: "device", fix_ms: fix.at_ms });
        one.check.place = placeWords(app, one);
      }).then(() => window.dispatchEvent(new Event("position")));
    }
  }
  function routed() {
    const found = ROUTE.exec(location.hash);
    if (!found || found[2] === "done") locator.stop();
  }

  // --- the ways in
  /** A check that was opened and left before anything was said of it is gone on with, not doubled. */
  async function untouched(kind) {
    const drafts = await app.checks.list({ state: ["draft"] });
    return drafts.find((one) => one.check.kind === kind && !one.check.subject && !one.base && !one.photos.length) ?? null;
  }

  async function blank(kind, assignment) {
    const habits = await readHabits(app);
    const { name, card } = app.session;
    const officers = [{ name, card_number: card ?? "" }, ...(habits.second ? [habits.second] : [])];
    const kept = assignment ? { id: assignment.id, subject_id: assignment.subject_id ?? null } : null;
    return seed({ key: uuid7(now()), account: app.session.account, kind, nowMs: now(), offsetMs: offsetMs(), officers, assignment: kept });
  }

  async function start(kind, { assignment = null, correction = null, facts = null, replace = false } = {}) {
    pendingTaps = 1; // the tap that opened the check
    const left = correction ? null : await untouched(kind);
    let record = await blank(kind ?? correction?.kind ?? "roadside", assignment);
    if (left) record.key = left.key;
    if (correction) record = await corrected(correction, record);
    else if (facts) {
      identify(record, facts, {}, now(), offsetMs());
      record.step = "known";
    }
    record.taps = takeTaps();
    record.verdict = judged(record);
    await app.checks.create(record);
    records.clear();
    records.set(record.key, await app.checks.get(record.key));
    if (!correction) locator.start();
    app.go(`/check/${record.key}/${record.step}`, { replace });
    return record;
  }

  /** `correction` is a row of the server's list, or the local record of a check that was sent. */
  async function corrected(correction, record) {
    if (correction.answer) return correctionOfSent(correction, record);
    const facts = await app.register?.byNumber?.(correction.subject_text, correction.colour ?? undefined);
    return correctionOf({ ...correction, instrument_ids: instrumentIds(app, correction) }, record, facts ?? null);
  }

  async function identified(key, facts, given = {}) {
    await change(key, (record) => {
      identify(record, facts, given, now(), offsetMs());
      record.step = "known";
    });
    app.go(`/check/${key}/known`);
  }

  // --- from step to step
  async function at(key, step) {
    await change(key, (record) => { record.step = step; });
    app.go(`/check/${key}/${step}`);
  }
  async function next(key) {
    const record = await open(key);
    const step = after(record, record.step);
    if (step === "done") return finish(key);
    return at(key, step);
  }
  async function back(key) {
    const record = await open(key);
    const step = before(record, record.step);
    return step ? at(key, step) : app.go("/");
  }

  /** Ready to be sent; or the step where something is lacking, with why. */
  async function finish(key) {
    const record = await open(key);
    const missing = lacking(record);
    if (missing.length) {
      app.toast(lackingWords(missing[0].code), "over");
      return record.step === missing[0].step ? null : at(key, missing[0].step);
    }
    const spare = record.notice && !owesNotice(record.verdict) ? record.notice.number : null;
    const before = { step: record.step, state: record.state, ended_ms: record.ended_ms, notice: record.notice, problem: record.problem };
    const { kept } = await put(key, (one) => {
      if (one.notice && !owesNotice(one.verdict)) one.notice = null;
      Object.assign(one, { step: "done", state: "ready", ended_ms: now(), next_try_ms: 0, problem: null });
    });
    if (!kept) return Object.assign(record, before); // said on the screen; the check stays open with all of it
    if (spare) await app.numbers?.giveBack?.(spare);
    locator.stop();
    records.clear(); // from here on it is the queue's
    await noteHabits(app, record, now()).catch(() => {}); // a convenience for the next check, not worth losing this one's end
    app.go(`/check/${key}/done`);
    app.sync?.run?.();
    return record;
  }

  /** Throw a check away that was never finished; its number goes back. */
  async function discard(key) {
    const record = await open(key);
    if (record.state !== "draft") return;
    if (record.notice?.number) await app.numbers?.giveBack?.(record.notice.number);
    for (const photo of await app.photos.of(key)) await app.photos.remove(photo.id);
    await app.checks.remove(key);
    records.clear();
    locator.stop();
    app.go("/");
  }

  return {
    start, open, identified, change, edit, next, back, at, finish, discard, countTap, routed,
    resume: async (key) => {
      const record = await open(key);
      if (!record) return;
      if (record.state === "draft") locator.start();
      app.go(`/check/${key}/${record.step}`, { replace: true });
    },
    locate: () => locator.start(),
    position: () => locator.state(),
    stroke: () => { pendingTaps += 1; },
    forget: () => records.clear(),
    idle: () => Promise.all([...writing.values()].map(({ promise }) => promise)),
    habits: () => readHabits(app),
  };
}

/** Why a check cannot be finished, in words. */
export function lackingWords(code) {
  return {
    subject: () => t("Say first which truck or machine it is."),
    subject_kind: () => t("Choose truck or machine."),
    methods: () => t("Record at least one reading, or “looked at only”."),
    officers: () => t("Say who inspected."),
    place: () => t("Say where it is: wait for the position or set the place by hand."),
    reason: () => t("Say why it is corrected, in at least four characters."),
  }[code]();
}

function instrumentIds(app, row) {
  const used = (row.content?.instruments ?? []).map(({ kind, serial }) => `${kind} ${serial}`);
  return (app.reference.data?.instruments ?? []).filter(({ kind, serial }) => used.includes(`${kind} ${serial}`)).map(({ id }) => id);
}
