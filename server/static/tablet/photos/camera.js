// The tablet's own camera in the page: one tap a photo, without the camera app's "keep or retake".

const WANTED = { audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1440 } } };

/** Whether the browser offers a camera at all (HTTPS or the machine itself). */
export function hasCamera() {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

/**
 * Show the camera in a video element. Raises what getUserMedia raises (NotAllowedError, NotFoundError ...).
 * @param {HTMLVideoElement} video
 * @returns {Promise<{shoot: () => Promise<Blob>, stop: () => void, light: null|((on: boolean) => Promise<void>)}>}
 */
export async function openCamera(video) {
  const stream = await navigator.mediaDevices.getUserMedia(WANTED);
  const [track] = stream.getVideoTracks();
  video.srcObject = stream;
  video.muted = true;
  video.playsInline = true;
  try {
    await video.play();
  } catch (fault) {
    for (const each of stream.getTracks()) each.stop();
    throw fault;
  }
  const canLight = track.getCapabilities?.().torch === true;
  return {
    shoot: () => frameOf(video),
    stop: () => {
      for (const each of stream.getTracks()) each.stop();
      video.srcObject = null;
    },
    light: canLight ? (on) => track.applyConstraints({ advanced: [{ torch: on }] }) : null,
  };
}

async function frameOf(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  if (!canvas.width) throw new DOMException("no frame yet", "InvalidStateError");
  canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  canvas.width = canvas.height = 0; // gives the memory back at once
  return blob;
}
