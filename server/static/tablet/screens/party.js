// The party: what is laid before them, what they say, and their signature on the glass.

import { chips, tap, textField } from "../check/controls.js";
import { dropSignature, keepSignature } from "../check/shots.js";
import { signaturePad } from "../check/signature.js";
import { isClean } from "../check/steps.js";
import { stepScreen } from "../check/step_page.js";
import { judgementCard } from "../check/verdicts.js";
import { h } from "../elements.js";
import { t, word } from "../words.js";

const BLANK = { name: "", phone: "", signature: "absent", statement: "" };

export default stepScreen("party", async (page) => {
  const { app, record, body, key, foot } = page;
  const clean = isClean(record.verdict);
  const fault = h("p", { class: "fault", role: "alert" });
  const choice = h("div");
  const put = (values) => page.change((one) => { one.check.party = { ...BLANK, ...one.check.party, ...values }; });
  const field = (name, label, options) => textField(label, record.check.party?.[name] ?? "", (value) => put({ [name]: value, ...(record.check.party ? {} : { signature: "absent" }) }), { id: `party-${name}`, ...options });
  const chosen = () => (record.chosen_signature ? record.check.party?.signature ?? null : null);
  const choose = async (signature) => {
    fault.textContent = "";
    if (signature !== "signed") {
      await pad.settled();
      await dropSignature(app, record);
      pad.clear();
    }
    await page.change((one) => {
      one.check.party = { ...BLANK, ...one.check.party, signature };
      one.chosen_signature = true;
    });
    drawChoice();
  };
  const pad = signaturePad(async (png) => {
    app.flow.stroke();
    await keepSignature(app, record, png);
    if (record.check.party?.signature !== "signed" || !record.chosen_signature) await choose("signed");
    drawFoot();
  });
  const drawChoice = () => {
    choice.replaceChildren(chips(t("The party has"), ["signed", "refused", "absent"].map((code) => [code, word("signature", code)]), chosen(), choose));
    drawFoot();
  };
  const leave = async () => {
    await pad.settled();
    const signed = (await app.photos.of(key)).some(({ purpose }) => purpose === "signature");
    if (chosen() === "signed" && !signed) {
      fault.textContent = t("Have them sign in the field, or choose that they refused or are absent.");
      return;
    }
    if (!clean && !chosen()) {
      fault.textContent = t("Say whether the party signed, refused or is absent.");
      return;
    }
    await app.flow.next(key);
  };
  const drawFoot = () => {
    const label = !clean || record.base ? t("Go on") : chosen() || record.check.party ? t("Finish") : t("Finish without signature");
    foot.replaceChildren(tap(label, leave, { kind: "primary", id: "next" }));
  };
  const pads = h("div", { class: "signature-frame" }, pad.element,
    tap(t("Clear the signature"), async () => {
      await pad.settled();
      await dropSignature(app, record);
      pad.clear();
      drawFoot();
    }, { kind: "quiet", id: "signature-clear" }));
  body.append(
    record.verdict ? h("section", { class: "sheet" }, h("h2", null, t("What they sign")), ...record.verdict.judgements.map(judgementCard)) : "",
    h("div", { class: "two" }, field("name", t("Full name"), { most: 100 }), field("phone", t("Phone"), { mode: "tel", most: 40 })),
    field("statement", t("Statement of the party"), { lines: 2, most: 2000 }),
    choice, pads, fault);
  drawChoice();
  const kept = (await app.photos.of(key)).find(({ purpose }) => purpose === "signature");
  if (kept) await pad.load(new Blob([await app.photos.bytes(kept.id)], { type: "image/png" }));
});
