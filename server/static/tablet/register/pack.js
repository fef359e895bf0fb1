// Text as bytes for keeping, gzipped where the browser can: a register takes a third of the room, and of the sealing.

const isGzip = (bytes) => bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;

async function through(bytes, stream) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** @param {string} text @returns {Promise<Uint8Array>} */
export async function packed(text) {
  const bytes = new TextEncoder().encode(text);
  return typeof CompressionStream === "function" ? through(bytes, new CompressionStream("gzip")) : bytes;
}

/** @param {Uint8Array} bytes @returns {Promise<string>} */
export async function unpacked(bytes) {
  return new TextDecoder().decode(isGzip(bytes) ? await through(bytes, new DecompressionStream("gzip")) : bytes);
}
