// SHA-256 of what the camera gave, at the moment it gave it.

/** Lower-case hex of the bytes' SHA-256. */
export async function sha256Hex(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (value) => value.toString(16).padStart(2, "0")).join("");
}
