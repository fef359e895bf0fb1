// Photos: the purposes that the outcome asks for come first; our own camera view, or the file picker where it fails.

import { chips, tap } from "../check/controls.js";
import { dropShot, keepShot } from "../check/shots.js";
import { photosWanted } from "../check/steps.js";
import { stepScreen } from "../check/step_page.js";
import { h } from "../elements.js";
import { hasCamera, openCamera } from "../photos/camera.js";
import { t, word } from "../words.js";

const PURPOSES = ["scene", "plate", "reading", "smoke", "device", "document"];
const MOST = 20;

export default stepScreen("photos", async (page) => {
  const { app, record, body, key } = page;
  const urls = new Map();
  const state = { purpose: "scene", camera: null, busy: 0 };
  const wanted = h("p", { class: "hint", role: "status" }), purposes = h("div"), shots = h("ul", { class: "shots" });
  const view = h("div", { class: "camera", hidden: true });
  const picker = h("input", { type: "file", accept: "image/*", capture: "environment", class: "unseen", id: "photo-file", tabindex: "-1", "aria-hidden": "true" });
  const gallery = h("input", { type: "file", accept: "image/*", multiple: "", class: "unseen", id: "gallery-file", tabindex: "-1", "aria-hidden": "true" });
  const actions = h("div", { class: "two" },
    tap(t("Take a photo"), () => openView(), { kind: "primary", id: "camera", className: "big" }),
    tap(t("From the gallery"), () => gallery.click(), { kind: "quiet", id: "gallery" }));
  for (const input of [picker, gallery]) {
    input.addEventListener("change", async () => {
      for (const file of [...input.files].slice(0, MOST)) await keep(file, false);
      input.value = "";
    });
  }
  body.append(wanted, actions, purposes, picker, gallery, shots, view);
  page.primary(t("Go on"), () => app.flow.next(key));

  async function keep(shot, own) {
    if (record.photos.length >= MOST) return app.toast(t("At most {n} photos.", { n: MOST }), "doubt");
    state.busy += 1;
    try {
      await keepShot(app, record, state.purpose, shot, own);
    } finally {
      state.busy -= 1;
    }
    await draw(true);
  }

  async function draw(moveOn = false) {
    const kept = (await app.photos.of(key)).filter(({ purpose }) => purpose !== "signature");
    const taken = new Set(kept.map(({ purpose }) => purpose));
    const open = photosWanted(record).filter((purpose) => !taken.has(purpose));
    if (moveOn || !kept.length) state.purpose = open[0] ?? state.purpose;
    wanted.textContent = open.length ? t("Still wanted: {what}", { what: open.map((each) => word("evidence_purpose", each)).join(", ") })
      : kept.length ? t("Photos: {n}", { n: kept.length }) : t("No photo is asked for; take some if you like.");
    const offered = [...new Set([...photosWanted(record), ...PURPOSES])];
    purposes.replaceChildren(chips(t("What does it show?"), offered.map((each) => [each, `${taken.has(each) ? "✓ " : open.includes(each) ? "! " : ""}${word("evidence_purpose", each)}`]),
      state.purpose, (purpose) => { state.purpose = purpose; }));
    view.querySelector(".camera-purpose")?.replaceChildren(word("evidence_purpose", state.purpose), ` · ${kept.length}`);
    shots.replaceChildren(...await Promise.all(kept.map(shotItem)));
  }

  async function shotItem(photo) {
    if (!urls.has(photo.id)) urls.set(photo.id, URL.createObjectURL(new Blob([await app.photos.bytes(photo.id)], { type: "image/jpeg" })));
    const name = word("evidence_purpose", photo.purpose);
    return h("li", { class: "shot" }, h("img", { src: urls.get(photo.id), alt: name, loading: "lazy" }), h("span", null, name),
      tap("✕", async () => {
        if (!await app.confirm(t("Take this photo off the check?"), t("Take off"), t("Keep it"))) return;
        await dropShot(app, record, photo.id);
        await draw();
      }, { kind: "quiet", name: t("Take the photo off: {what}", { what: name }) }));
  }

  async function openView() {
    if (!hasCamera()) return picker.click();
    const video = h("video", { class: "camera-picture", playsinline: "", muted: "" });
    try {
      state.camera = await openCamera(video);
    } catch {
      app.toast(t("The camera cannot be shown here. The tablet's own camera opens instead."), "doubt");
      return picker.click();
    }
    state.release = app.hold?.();
    const shutter = tap("", async () => {
      shutter.disabled = true;
      try {
        const shot = await state.camera.shoot();
        view.classList.add("flash");
        await keep(shot, true);
      } finally {
        view.classList.remove("flash");
        shutter.disabled = false;
      }
    }, { kind: "primary", id: "shutter", className: "shutter", name: t("Take the picture") });
    view.replaceChildren(video, h("p", { class: "camera-purpose", role: "status" }), h("div", { class: "camera-row" },
      tap(t("Close"), closeView, { kind: "quiet", id: "camera-close" }), shutter,
      state.camera.light ? tap(t("Light"), lightOf(), { kind: "quiet" }) : h("span", { class: "camera-space" })));
    view.hidden = false;
    shutter.focus();
    await draw();
  }

  function lightOf() {
    let isOn = false;
    return () => state.camera.light(isOn = !isOn);
  }

  function closeView() {
    state.camera?.stop();
    state.release?.();
    Object.assign(state, { camera: null, release: null });
    view.hidden = true;
    view.replaceChildren();
    body.querySelector("#camera")?.focus();
  }

  await draw();
  return () => {
    closeView();
    for (const url of urls.values()) URL.revokeObjectURL(url);
  };
});
