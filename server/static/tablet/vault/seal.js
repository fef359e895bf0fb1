// Sealing and opening with the key of the account, which is in memory only while the app is unlocked.

import { importKey } from "./keys.js";

const IV_BYTES = 12; // of AES-GCM; drawn anew for every sealing

/** Thrown where something is to be sealed or opened while the app is locked. */
export class Locked extends Error {
  constructor() {
    super("the app is locked");
    this.name = "Locked";
  }
}

/**
 * A locked vault. `seal`/`open` take values (as JSON), `sealBytes`/`openBytes` a Uint8Array; sealed: {iv, data}.
 */
export function makeVault() {
  let key = null;
  const held = () => {
    if (!key) throw new Locked();
    return key;
  };
  const vault = {
    get unlocked() {
      return key !== null;
    },
    async unlockWith(bytes) {
      key = await importKey(bytes);
    },
    lock() {
      key = null;
    },
    async sealBytes(bytes) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, held(), bytes);
      return { iv, data: new Uint8Array(data) };
    },
    async openBytes(sealed) {
      return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, held(), sealed.data));
    },
    seal(value) {
      return vault.sealBytes(new TextEncoder().encode(JSON.stringify(value)));
    },
    async open(sealed) {
      return JSON.parse(new TextDecoder().decode(await vault.openBytes(sealed)));
    },
  };
  return vault;
}
