// Reading the code of a machine's label: the camera at once, a photo where there is no camera or it may not be used.

import { button, h } from "../elements.js";
import { t } from "../words.js";
import { hasCamera, readCamera, readPhoto } from "./qr.js";

/**
 * @param {object} app
 * @param {(text: string) => void} onText What the code says.
 * @param {() => void} onBack
 * @returns {{element: HTMLElement, stop: () => void}}
 */
export function scanView(app, onText, onBack) {
  const stopper = new AbortController();
  const release = app.hold ? app.hold() : () => {};
  const video = h("video", { class: "scan-video", muted: true, playsinline: true, "aria-label": t("Camera picture") });
  const told = h("p", { class: "scan-told", role: "status" }, t("Hold the code of the label before the camera."));
  const photo = h("input", { type: "file", id: "scan-photo", class: "unseen", accept: "image/*", capture: "environment" });
  const stop = () => {
    stopper.abort();
    release();
  };
  photo.addEventListener("change", async () => {
    const [file] = photo.files;
    photo.value = "";
    if (!file) return;
    told.textContent = t("Reading the photo …");
    const text = await readPhoto(file).catch(() => null);
    if (stopper.signal.aborted) return;
    if (text) found(text);
    else told.textContent = t("No code was found in the photo. Go nearer, without a shadow, or type the number.");
  });
  const found = (text) => {
    stop();
    onText(text);
  };
  const element = h("section", { class: "scan", id: "scan" },
    video, told,
    h("div", { class: "row row-even" },
      h("label", { class: "tap", for: "scan-photo" }, t("From a photo")), photo,
      button(t("Type the number"), () => { stop(); onBack(); }, { id: "scan-back" })));
  if (hasCamera()) {
    readCamera(video, stopper.signal).then((text) => text && found(text), (fault) => {
      video.hidden = true;
      told.textContent = fault.name === "NotAllowedError"
        ? t("The camera may not be used: allow it in the browser's settings, or take a photo.")
        : t("There is no camera that can be used. Take a photo of the label.");
    });
  } else {
    video.hidden = true;
    told.textContent = t("There is no camera that can be used. Take a photo of the label.");
  }
  return { element, stop };
}
