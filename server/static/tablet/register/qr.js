// Reads QR codes from the camera and from photos: with what the browser has (BarcodeDetector), else with jsQR.

const LIBRARY = new URL("../../vendor/jsqr.js", import.meta.url).href;
const LOOK_EVERY_MS = 150;
const WIDTHS = [800, 1600, 480]; // a label fills a photo or a corner of it: read at several sizes
let loading = null;

/** jsQR is no module: it is run as a script, when first needed. */
function library() {
  if (globalThis.jsQR) return Promise.resolve(globalThis.jsQR);
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = LIBRARY;
    script.onload = () => resolve(globalThis.jsQR);
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error("the reader of QR codes cannot be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

async function detector() {
  if (typeof globalThis.BarcodeDetector !== "function") return null;
  try {
    const formats = await globalThis.BarcodeDetector.getSupportedFormats();
    return formats.includes("qr_code") ? new globalThis.BarcodeDetector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

function pixels(source, width, height, most) {
  const scale = Math.min(1, most / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

async function read(source, width, height, widths) {
  const own = await detector();
  if (own) {
    const found = await own.detect(source).catch(() => []);
    if (found.length) return found[0].rawValue;
  }
  const jsQR = await library();
  for (const most of widths) {
    const image = pixels(source, width, height, most);
    const found = jsQR(image.data, image.width, image.height, { inversionAttempts: "attemptBoth" });
    if (found && found.data) return found.data;
  }
  return null;
}

/**
 * The text of the QR code in a photo.
 * @param {Blob} photo
 * @returns {Promise<string|null>} null where there is none that can be read.
 */
export async function readPhoto(photo) {
  const image = await createImageBitmap(photo);
  try {
    return await read(image, image.width, image.height, WIDTHS);
  } finally {
    image.close();
  }
}

/** Whether the browser has a camera to ask for at all. */
export function hasCamera() {
  return Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
}

/**
 * Show the camera in a video and read until a code is found or `signal` says stop; the camera is off afterwards.
 * @param {HTMLVideoElement} video @param {AbortSignal} signal
 * @returns {Promise<string|null>} null when stopped.
 * @throws {DOMException} NotAllowedError, NotFoundError: there is no camera, or it may not be used.
 */
export async function readCamera(video, signal) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" } }, audio: false });
  try {
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      if (video.videoWidth) {
        const text = await read(video, video.videoWidth, video.videoHeight, WIDTHS.slice(0, 1));
        if (text) return text;
      }
      await new Promise((go) => setTimeout(go, LOOK_EVERY_MS));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
