// What all screens of a check have: back, title with the place in the row of steps, whom it is about, the verdict, and
// one large button at the lower edge, in reach of the thumb.

import { h } from "../elements.js";
import { t, word } from "../words.js";
import { tap } from "./controls.js";
import { numberOf } from "./drafts.js";
import { stepsOf } from "./steps.js";
import { verdictStrip } from "./verdicts.js";

/** Titles of the steps. */
export const TITLES = {
  identify: () => t("Truck or machine"), known: () => t("What is known"), checklist: () => t("Checklist"),
  readings: () => t("Take readings"), photos: () => t("Photos"), officers: () => t("Officers"), party: () => t("Party"),
  notice: () => t("Repair notice"), review: () => t("Look it over"), done: () => t("Done"),
};

/**
 * A screen of the app for a step.
 * @param {string} step
 * @param {(page: object) => void|(() => void)|Promise<void|(() => void)>} draw gets `{app, record, key, body, foot,
 *   refreshVerdict, change, primary}`; what it returns is called when the screen is left
 */
export function stepScreen(step, draw) {
  return { path: `/check/:key/${step}`, title: TITLES[step], show: (root, { key }, app) => show(root, key, app, step, draw) };
}

async function show(root, key, app, step, draw) {
  let record = await app.flow.open(key);
  if (!record) return missing(root, app);
  if (step !== "done" && record.state !== "draft") return app.flow.resume(key);
  if (step !== "done" && record.placed !== "kept") app.flow.locate(); // also after the app was locked or killed
  if (record.step !== step) record = await app.flow.change(key, (one) => { one.step = step; });
  const body = h("div", { class: "check-body" });
  const foot = h("div", { class: "foot check-foot" });
  const strip = h("div", { class: "check-verdict", role: "status", "aria-live": "polite" });
  const heading = headingOf(record, step);
  root.classList.add("check", `check-${step}`);
  root.append(h("header", { class: "check-head" }, heading,
    step === "done" || !record.check.subject ? null : who(record),
    step === "done" || step === "review" ? null
      : tap("☰", () => app.flow.at(record.key, "review"), { kind: "quiet", id: "overview", name: t("Overview") })), strip, body, foot);
  const page = {
    app, record, key, body, foot,
    refreshVerdict: () => strip.replaceChildren(...verdictStrip(record.verdict)),
    change: async (edit) => {
      await app.flow.change(key, edit);
      page.refreshVerdict();
    },
    primary: (label, onTap, options = {}) => foot.append(tap(label, onTap, { kind: "primary", id: "next", ...options })),
  };
  page.refreshVerdict();
  const cleanup = await draw(page);
  setTimeout(() => heading.focus({ preventScroll: true })); // when the screen is in the page
  return cleanup;
}

/** Where one is: "3/8" for the eye, the title and the count for those who hear it. */
function headingOf(record, step) {
  const steps = stepsOf(record).filter((each) => each !== "done");
  const place = { n: steps.indexOf(step) + 1, all: steps.length };
  if (step === "done") return h("h2", { class: "check-count", tabindex: "-1" }, `✓ ${TITLES.done()}`);
  return h("h2", { class: "check-count", tabindex: "-1" },
    h("span", { class: "unseen" }, `${TITLES[step]()}. ${t("Step {n} of {all}", place)}`), h("span", { "aria-hidden": "true" }, `${place.n}/${place.all}`));
}

/** Whom the check is about, in one line. */
export function who(record) {
  const { check, known } = record;
  const isTruck = check.subject_kind !== "machine";
  const stage = known?.stage ?? check.stage;
  return h("p", { class: "check-who" },
    isTruck ? plate(check.subject, check.colour) : h("span", { class: "machine-number" }, check.subject || numberOf(known)),
    h("span", null, [
      word("subject_kind", isTruck ? "truck" : "machine"), stage ? word(isTruck ? "truck_stage" : "machine_stage", stage) : null,
      known ? null : t("not in the register"),
    ].filter(Boolean).join(" · ")));
}

/** A plate drawn as a plate in its colour, its colour in words beside it for those who cannot see it. */
export function plate(text, colour) {
  return h("span", { class: `plate plate-${colour ?? "other"}`, "aria-label": `${text} ${colour ? word("plate_colour", colour) : ""}` },
    text.length > 2 ? `${text.slice(0, 2)}·${text.slice(2)}` : text);
}

function missing(root, app) {
  root.append(
    h("h2", { tabindex: "-1" }, t("There is no such check on this tablet")),
    h("p", null, t("It was sent and cleared, or the address is wrong.")),
    tap(t("To the list"), () => app.go("/"), { kind: "primary" }));
}
