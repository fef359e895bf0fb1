// app.numbers: numbers of notices reserved for this tablet, given out without a network, each of them once.

import { now } from "../clock.js";
import { writing } from "../database.js";
import { request } from "../http.js";
import { t } from "../words.js";
import { EMPTY, putBack, strays, takeNumber, topUp } from "./number_book.js";

const KEY = "numbers";
const SERIES = "repair_notice";
const WANT = 20; // more notices than a team writes in a day
const LOW = 12; // below it more are asked for
const STRAY_MS = 24 * 60 * 60 * 1000; // by then whoever took it has written it down, or stopped before

/** The numbers of the account that is open. */
export function makeNumbers(app) {
  let askedNow = false; // since the app was opened: the server may have settled some meanwhile

  /** Read and write the book in one transaction that is on the disk when it ends. */
  function change(edit) {
    return writing(async () => {
      const work = app.database.transaction("meta", "readwrite", { durability: "strict" });
      work.done.catch(() => {}); // is waited for below; a write that fails must not be reported twice
      const row = await work.store.get(KEY);
      const [book, found] = edit((row && row.value) || EMPTY);
      await work.store.put({ key: KEY, value: book });
      await work.done;
      return found;
    });
  }

  async function book() {
    const row = await app.database.get("meta", KEY);
    return (row && row.value) || EMPTY;
  }

  async function voided(number, reason) {
    return request("POST", "/tablet/sync/numbers/void", { json: { tablet: app.session.tabletId, number, reason } });
  }

  async function voidStrays() {
    const found = await book();
    if (strays(found, new Set(), now(), STRAY_MS).length === 0) return;
    const held = new Set((await app.checks.list()).map((record) => record.notice && record.notice.number));
    for (const number of strays(found, held, now(), STRAY_MS)) {
      await voided(number, t("Taken on the tablet, but no check holds it"));
    }
  }

  const numbers = {
    /** How many may be given out now. */
    available: async () => (await book()).free.length,
    /** A number for a notice; null where there is none. It is on the disk as taken before it is given. */
    async take() {
      try {
        return await change((found) => takeNumber(found, now()));
      } catch (fault) {
        if (fault.name === "StorageFull") return null;
        throw fault;
      }
    },
    /** A number that was taken and is not used after all. */
    giveBack: (number) => change((found) => [putBack(found, number), null]),
    /** Top the reserve up. Throws Offline. */
    async refresh() {
      if (askedNow && (await book()).free.length >= LOW) return;
      await voidStrays();
      const answer = await request("POST", "/tablet/sync/numbers", {
        json: { tablet: app.session.tabletId, series: SERIES, want: WANT },
      });
      if (answer.status !== 200 || !answer.json || !Array.isArray(answer.json.numbers)) return;
      askedNow = true;
      await change((found) => [topUp(found, answer.json.numbers), null]);
      window.dispatchEvent(new CustomEvent("numbers"));
    },
  };
  window.addEventListener("before-sign-out", (event) => {
    if (event.detail.signedIn) event.detail.wait(voided(null, t("Signed out on the tablet")));
  });
  return numbers;
}
