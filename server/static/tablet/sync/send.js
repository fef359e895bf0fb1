// One check on its way: photos first, piece by piece, then the check; what came of it is an outcome, never a guess.

import { bodyOf, filesOf } from "./body.js";
import { failureOf, outcomeOf } from "./outcomes.js";
import { sendFile } from "./pieces.js";

const ROUNDS = 3; // the server may have dropped files in between; then they are sent once more
const CHECK_RATE = 0.5; // bytes a millisecond: what a line must do for the body of a check, on top of 30 s
const CHECK_TIMEOUT_MS = 60 * 1000;

/**
 * Send the check of a record. Throws Offline, and Locked where the app is locked meanwhile.
 * @param {object} tools
 *   request(method, path, options), line (pieces.makeLine), photos {of(key), bytes(id)}, digest(bytes) -> hex,
 *   nowMs(), tabletId, unsent, posting(files) before the check itself goes, note() after each piece,
 *   whole: a Set of hashes that the server has in full, kept from try to try: what went well is not asked for again
 * @returns {Promise<{outcome: object, files: object[]}>}
 */
export async function sendCheck(tools, record) {
  const files = filesOf(record, await tools.photos.of(record.key));
  const unknown = files.filter((file) => !file.sha256);
  if (unknown.length > 0) return { outcome: damaged(unknown), files };
  const ask = Boolean(record.problem) || record.state === "sending";
  if (!record.posted_ms) {
    const failure = await sendAll(tools, files, ask);
    if (failure && failure.kind !== "damaged") return { outcome: failure, files };
  } // bytes that are gone may have gone because the server has the check: it is asked before a loss is told
  await tools.posting(files);
  for (let round = 0; round < ROUNDS; round += 1) {
    const answer = await post(tools, record, files);
    const missing = answer.status === 409 && answer.json && answer.json.code === "files_missing" ? answer.json.missing : null;
    if (!missing) return { outcome: outcomeOf(answer, files), files };
    const wanted = new Set(missing);
    for (const sha256 of missing) tools.whole.delete(sha256);
    const failure = await sendAll(tools, files.filter((file) => wanted.has(file.sha256)), true);
    if (failure) return { outcome: failure, files };
  }
  return { outcome: { kind: "wait", problem: { code: "files_missing", faults: [] } }, files };
}

function post(tools, record, files) {
  const { tabletId, unsent } = tools;
  const json = bodyOf(record, files, { tabletId, unsent, sentMs: tools.nowMs() });
  const timeoutMs = CHECK_TIMEOUT_MS + JSON.stringify(json).length / CHECK_RATE;
  return tools.request("POST", "/tablet/sync/checks", { json, timeoutMs: Math.round(timeoutMs) });
}

/** Send files; null when the server has all of them, else the failure. What can be sent is sent before a loss is told. */
async function sendAll(tools, files, ask) {
  const lost = [];
  for (const file of files) {
    if (tools.whole.has(file.sha256)) continue;
    const bytes = await bytesOf(tools, file);
    if (bytes === null) {
      if (!(await stands(tools, file))) lost.push(file);
      continue;
    }
    const sent = await sendFile(tools.request, tools.line, file.sha256, bytes, { note: tools.note, ask });
    if (!sent.ok) return failureOf(sent.answer);
    tools.whole.add(file.sha256);
  }
  return lost.length === 0 ? null : damaged(lost);
}

function damaged(files) {
  const lost = files.map(({ id, sha256, name }) => ({ id, sha256, name }));
  return { kind: "damaged", problem: { code: "photo_damaged", lost, faults: [] } };
}

/** The bytes of a file as they were kept; null where they are gone or do not give their hash any more. */
async function bytesOf(tools, file) {
  if (file.lost) return null;
  try {
    const bytes = await tools.photos.bytes(file.id);
    return bytes && (await tools.digest(bytes)) === file.sha256 ? bytes : null;
  } catch (fault) {
    if (fault.name === "OperationError") return null; // what is sealed was changed on the disk
    throw fault;
  }
}

async function stands(tools, file) {
  const answer = await tools.request("GET", `/tablet/sync/files/${file.sha256}`);
  return answer.status === 200 && Boolean(answer.json && answer.json.complete);
}
