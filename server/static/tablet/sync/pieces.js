// A photo in pieces: how large on this line, how long to wait for each, and going on where the server stands.

const KIB = 1024;
export const LARGEST_PIECE = 256 * KIB; // the server takes 1 MiB; a cut line loses a quarter of it at most
export const SMALLEST_PIECE = 8 * KIB; // below it the headers cost more than the bytes
const AIM_MS = 8 * 1000; // a piece should take so long: it ends before a truck has passed under the bridge
const SHORTEST_TIMEOUT_MS = 25 * 1000; // 2G needs seconds for the first byte
const LONGEST_TIMEOUT_MS = 150 * 1000;
const SLOWEST_RATE = 1; // bytes a millisecond (about 1 KB/s): slower is no line
const BEGIN = { "slow-2g": 16 * KIB, "2g": 32 * KIB, "3g": 128 * KIB };
const HASH_TRIES = 2;
const OFFSET_TRIES = 5;

const whole = (bytes) => Math.max(SMALLEST_PIECE, Math.min(LARGEST_PIECE, Math.floor(bytes / (4 * KIB)) * 4 * KIB));

/**
 * What is known of the line, and what follows from it.
 * @param {string} [kind] "slow-2g" | "2g" | "3g" | "4g", as the browser names it
 */
export function makeLine(kind = "4g") {
  let size = BEGIN[kind] || LARGEST_PIECE;
  let rate = null; // bytes a millisecond
  return {
    /** Bytes of the next piece. */
    get size() {
      return size;
    },
    /** How long to wait for the answer to so many bytes: four times what the line took so far. */
    timeoutMs(bytes) {
      const usual = bytes / (rate === null ? SLOWEST_RATE * 4 : Math.max(SLOWEST_RATE, rate / 4));
      return Math.round(Math.min(LONGEST_TIMEOUT_MS, Math.max(SHORTEST_TIMEOUT_MS, usual)));
    },
    /** A piece of so many bytes was answered after so long. */
    took(bytes, ms) {
      const seen = bytes / Math.max(1, ms);
      rate = rate === null ? seen : rate * 0.5 + seen * 0.5;
      if (bytes < size / 2) return; // the end of a file says little about the line
      size = whole(Math.min(size * 2, rate * AIM_MS));
    },
    /** No answer in time: half as much next. */
    failed() {
      size = whole(size / 2);
      if (rate !== null) rate /= 2;
    },
  };
}

const isCount = (value, most) => Number.isInteger(value) && value >= 0 && value <= most;

/**
 * Send a file; {ok: true}, or {ok: false, answer, why} with the answer that was in the way. Throws Offline.
 * @param {(method: string, path: string, options?: object) => Promise<object>} request
 * @param {ReturnType<typeof makeLine>} line
 * @param {string} sha256 @param {Uint8Array} bytes
 * @param {{note?: () => void, ask?: boolean}} [how] note: called after each piece that was kept; ask: whether a part may be
 *   there already. Without the question the first piece is answered with what stands: a round less on a slow line.
 */
export async function sendFile(request, line, sha256, bytes, { note = () => {}, ask = true } = {}) {
  const path = `/tablet/sync/files/${sha256}`;
  const total = bytes.length;
  const asked = ask ? await request("GET", path, { timeoutMs: line.timeoutMs(0) }) : { status: 404 };
  if (asked.status !== 200 && asked.status !== 404) return { ok: false, answer: asked };
  let at = asked.status === 200 && isCount(asked.json && asked.json.received, total - 1) ? asked.json.received : 0;
  if (asked.status === 200 && asked.json && asked.json.complete && asked.json.bytes === total) return { ok: true };
  let [hashes, offsets] = [0, 0];
  for (;;) {
    const piece = bytes.subarray(at, at + line.size);
    const answer = await sendPiece(request, line, `${path}?offset=${at}&bytes=${total}`, piece);
    const told = answer.json || {};
    if ([200, 409].includes(answer.status) && told.complete === true && told.bytes === total) return { ok: true };
    if (answer.status === 200 && isCount(told.received, total - 1) && told.received > at) {
      at = told.received;
      note();
    } else if (answer.status === 409 && told.code === "offset" && isCount(told.received, total - 1) && offsets < OFFSET_TRIES) {
      at = told.received;
      offsets += 1;
    } else if (answer.status === 422 && told.code === "hash" && hashes < HASH_TRIES) {
      at = 0;
      hashes += 1;
    } else {
      return { ok: false, answer };
    }
  }
}

async function sendPiece(request, line, path, piece) {
  try {
    const options = { body: piece, headers: { "Content-Type": "application/octet-stream" }, timeoutMs: line.timeoutMs(piece.length) };
    const answer = await request("PUT", path, options);
    if (answer.status === 200) line.took(piece.length, answer.tookMs);
    else if (answer.status === 413) line.failed();
    return answer;
  } catch (fault) {
    line.failed();
    throw fault;
  }
}
