// A signature on the glass: strokes with finger, glove or pen, as a PNG with nothing in it but the strokes.

import { h } from "../elements.js";
import { t } from "../words.js";

const WIDTH = 1000, HEIGHT = 400; // of the PNG; some 20 kB
const PEN_PX = 6;

/**
 * A field to sign in.
 * @param {(png: Blob) => Promise<void>} onStroke called after each stroke with the whole signature, one at a time
 * @returns {{element: HTMLCanvasElement, clear: () => void, settled: () => Promise<void>, load: (png: Blob) => Promise<void>}}
 *   `settled`: when the last stroke is kept
 */
export function signaturePad(onStroke) {
  const canvas = h("canvas", {
    class: "signature", width: WIDTH, height: HEIGHT, "data-stroke": "", role: "img", tabindex: "0",
    "aria-label": t("Field for the signature: draw with a finger"),
  });
  const pen = canvas.getContext("2d");
  let last = null, saving = Promise.resolve();
  const blank = () => {
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, WIDTH, HEIGHT);
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * WIDTH, y: ((event.clientY - box.top) / box.height) * HEIGHT };
  };
  const line = (from, to) => {
    Object.assign(pen, { lineWidth: PEN_PX, lineCap: "round", lineJoin: "round", strokeStyle: "#0b1f3a" });
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    line(last, { x: last.x + 0.1, y: last.y });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last || !event.isPrimary) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      const next = at(each);
      line(last, next);
      last = next;
    }
  });
  const end = (event) => {
    if (!last || !event.isPrimary) return;
    last = null;
    saving = saving.then(async () => onStroke(await new Promise((resolve) => canvas.toBlob(resolve, "image/png"))));
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  blank();
  return {
    element: canvas,
    clear: blank,
    settled: () => saving,
    load: async (png) => {
      const picture = await createImageBitmap(png);
      pen.drawImage(picture, 0, 0, WIDTH, HEIGHT);
      picture.close();
    },
  };
}
