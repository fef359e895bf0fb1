// The reference file on this tablet: rules, zones, words, checklists; judged with here, refreshed when the server is there.

import { now, offsetMs } from "./clock.js";
import { DAY_MS, REFERENCE_LOOK_MS, REFERENCE_NOTED_MS, REFERENCE_OLD_MS, REFERENCE_TIMEOUT_MS } from "./constants.js";
import { Offline, request } from "./http.js";
import { said } from "./rules/context.js";
import { dayOf } from "./rules/days.js";
import { judge, judgeMethod } from "./rules/judge.js";
import { lookFor } from "./rules/look_for.js";
import { noticeText, repairDueOn } from "./rules/notice.js";
import { findRule } from "./rules/rulebook.js";
import { setCodeWords } from "./words.js";
import { banned, locate } from "./zones/locate.js";

const NAME = "reference";
const PATH = "/tablet/data/reference";

/**
 * What is read from a kept file. Nothing kept yet: `data` is null and every question has an empty answer.
 * @param {object|null} data
 * @param {() => number} clock our best knowledge of the server's clock, ms
 */
export function makeReference(data, clock) {
  const ageMs = () => (data ? Math.max(0, clock() - Date.parse(data.made_at)) : null);
  const doubt = () => {
    const age = ageMs();
    if (age === null || age <= REFERENCE_OLD_MS) return null;
    return said(data.sentences, "reference_outdated", { days: Math.floor(age / DAY_MS) });
  };
  return {
    data,
    revision: data?.revision ?? null,
    zones: data?.zones ?? [],
    /** How old the file is by the server's clock, ms; null where there is none. */
    ageMs,
    /** A sentence where the file is older than a tablet may be without the server; else null. */
    doubt,
    /** The row of a rule that held at a moment and place, or null. */
    rule: (id, atMs, area = "") => (data ? findRule(data.rules, id, dayOf(atMs), area) : null),
    /** What a check amounts to, with `doubts` of the file itself; null without a file. */
    judge(check, subject, atMs, area) {
      if (!data) return null;
      const found = judge(data, check, subject, atMs, area);
      return { ...found, doubts: [doubt()].filter(Boolean) };
    },
    /** One method, as soon as it is read; null without a file. */
    judgeMethod: (method, readings, subject, atMs, area, zoneTerms = []) =>
      data ? judgeMethod(data, method, readings, subject, atMs, area, zoneTerms) : null,
    /** Zones that a fix is in, or too near to tell. */
    locate: (lon, lat, accuracyM, atMs) => (data ? locate(data.zones, lon, lat, accuracyM, atMs) : []),
    /** Why a zone forbids a subject at a moment. */
    banned: (zone, subject, atMs, purposes = []) => (data ? banned(zone, subject, atMs, data, purposes) : []),
    /** Alerts that hold at a moment, each with its measures. */
    alerts: (atMs) => (data?.alerts ?? []).filter(({ from_at, to_at }) => Date.parse(from_at) <= atMs && !(Date.parse(to_at) <= atMs)),
    /** What to look for. */
    lookFor: (facts) => (data ? lookFor(data, facts) : []),
    /** The last day of a repair notice given at a moment, YYYY-MM-DD. */
    repairDueOn: (givenMs, area) => repairDueOn(data, givenMs, area),
    /** The wording of a repair notice. */
    noticeText: (actedMs, values) => noticeText(data, actedMs, values),
  };
}

/** Open what is kept, and keep it fresh. `app.reference.refresh()` asks the server; true: a new file came. */
export async function install(app) {
  const clock = () => now() + (offsetMs() ?? 0);
  let running = null;

  function take(data) {
    app.reference = { ...makeReference(data, clock), refresh };
    if (data) setCodeWords(data.words);
    window.dispatchEvent(new CustomEvent("reference"));
  }

  async function ask() {
    const known = app.reference.revision;
    const headers = known ? { "If-None-Match": `"${known}"` } : {};
    const answer = await request("GET", PATH, { headers, timeoutMs: REFERENCE_TIMEOUT_MS });
    if (answer.status === 304) {
      if (app.reference.ageMs() > REFERENCE_NOTED_MS) await keep({ ...app.reference.data, made_at: new Date(clock()).toISOString() });
      return false;
    }
    if (answer.status !== 200) return false;
    await keep(answer.json);
    return true;
  }

  async function keep(data) {
    await app.files.put(NAME, data.revision, data);
    take(data);
  }

  function refresh() {
    running ??= ask().finally(() => {
      running = null;
    });
    return running;
  }

  async function quietly() {
    try {
      if (app.vault.unlocked) await refresh();
    } catch (fault) {
      if (!(fault instanceof Offline) && fault.name !== "Locked") throw fault;
    }
  }

  const kept = await app.files.get(NAME);
  take(kept ? kept.value : null);
  if (!install.listening) {
    install.listening = true;
    for (const event of ["signed-in", "online"]) window.addEventListener(event, () => install.quietly());
    setInterval(() => install.quietly(), REFERENCE_LOOK_MS);
  }
  install.quietly = quietly;
}
