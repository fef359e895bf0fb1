// The repair notice: its number out of the tablet's own range, the last day by the rule row, handed over at once.

import { tap } from "../check/controls.js";
import { noticeOf, noticePaper } from "../check/notice_paper.js";
import { stepScreen } from "../check/step_page.js";
import { now } from "../clock.js";
import { h } from "../elements.js";
import { t } from "../words.js";

export default stepScreen("notice", async (page) => {
  const { app, record, body, foot, key } = page;
  if (!record.notice?.number) {
    const number = (await app.numbers?.take?.()) ?? null;
    await page.change((one) => { one.notice = { number, due_on: null, given_ms: null }; });
  }
  const notice = noticeOf(app, record);
  if (record.notice.due_on !== notice.due_on) await page.change((one) => { one.notice.due_on = notice.due_on; });
  const waits = t("No number is left on this tablet. The bureau numbers the notice after the check is sent.");
  body.append(
    record.notice.number ? h("p", { class: "big-number" }, t("Number {number}", { number: record.notice.number }))
      : h("p", { class: "flag flag-due" }, h("span", { "aria-hidden": "true", class: "flag-sign" }, "!"), waits),
    h("p", { class: "place-words" }, notice.due_on ? t("To be repaired by {day}", { day: notice.due_on }) : ""),
    noticePaper(notice));
  foot.append(
    tap(t("Print"), () => globalThis.print(), { kind: "quiet", id: "print" }),
    tap(t("Handed over"), async () => {
      await page.change((one) => { one.notice.given_ms = now(); });
      await app.flow.next(key);
    }, { kind: "primary", id: "next" }));
});
