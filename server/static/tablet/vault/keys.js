// The key of what an account has on this device: AES-GCM, 256 bits, made here, kept by the server too (escrow).

/** 32 bytes of chance. */
export function makeKeyBytes() {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** The key for use; it cannot be read out again. */
export function importKey(bytes) {
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** A key that never leaves the browser: without its database a PIN opens nothing. */
export function makeDeviceKey() {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** Bytes as base64. */
export function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Base64 as bytes. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}
