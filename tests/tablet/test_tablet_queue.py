"""How checks leave the tablet, without a browser: waits, pieces, answers, bodies, two versions, numbers, the list."""

import pytest

from tests.tablet.node import run_node

BACKOFF = 'import { inOrder, isDue, untilNext, waitMs } from "./sync/backoff.js";'
FAKE_SERVER = """
import { makeLine, sendFile } from "./sync/pieces.js";
import { sendCheck } from "./sync/send.js";
import { createHash } from "node:crypto";
const hex = async (bytes) => createHash("sha256").update(bytes).digest("hex");
// A double of /tablet/sync: pieces by hash, checks by key, and faults to be put in by the test.
function makeServer({ fault = () => null } = {}) {
  const files = new Map(), checks = new Map(), calls = [];
  const answer = (status, json, tookMs = 10) => ({ status, json, tookMs });
  async function handle(method, path, { body, json } = {}) {
    const sha = path.split("/").pop().split("?")[0];
    if (method === "GET") {
      const file = files.get(sha);
      return file ? answer(200, { received: file.data.length, bytes: file.total, complete: file.data.length === file.total }) : answer(404, { code: "not_found" });
    }
    if (method === "PUT") {
      const query = new URLSearchParams(path.split("?")[1]);
      const [offset, total] = [Number(query.get("offset")), Number(query.get("bytes"))];
      const file = files.get(sha) || { data: Buffer.alloc(0), total };
      if (offset !== file.data.length) return answer(409, { code: "offset", received: file.data.length, bytes: file.total, complete: file.data.length === file.total });
      file.data = Buffer.concat([file.data, Buffer.from(body)]);
      files.set(sha, file);
      if (file.data.length === total && (await hex(file.data)) !== sha) { files.delete(sha); return answer(422, { code: "hash", received: 0 }); }
      return answer(200, { received: file.data.length, bytes: total, complete: file.data.length === total });
    }
    if (checks.has(json.key)) return answer(200, checks.get(json.key));
    const missing = json.files.map((one) => one.sha256).filter((one) => !files.has(one) || files.get(one).data.length !== files.get(one).total);
    if (missing.length) return answer(409, { code: "files_missing", missing });
    const made = { id: checks.size + 1, number: "J-" + (checks.size + 1), version: 1, files: json.files.map((one, at) => ({ sha256: one.sha256, item_id: at + 1 })) };
    checks.set(json.key, made);
    for (const one of json.files) files.delete(one.sha256);
    return answer(201, made);
  }
  async function request(method, path, options) {
    calls.push(method + " " + path.replace(/[0-9a-f]{64}/, "*").split("?")[0]);
    const wrong = fault(calls.length, method, path);
    if (wrong && wrong.before) { if (wrong.before === "offline") throw Object.assign(new Error("offline"), { name: "Offline" }); return wrong.before; }
    const made = await handle(method, path, options);
    if (wrong && wrong.after) throw Object.assign(new Error("offline"), { name: "Offline" });
    return made;
  }
  return { request, files, checks, calls };
}
const bytesOf = (n, seed) => Uint8Array.from({ length: n }, (_, at) => (at * 31 + seed * 17) % 251);
async function makeDevice(sizes) {
  const rows = [], contents = new Map();
  for (const [at, size] of sizes.entries()) {
    const bytes = bytesOf(size, at);
    rows.push({ id: "p" + at, sha256: await hex(bytes), size, purpose: "photo", name: `p${at}.jpg`, taken_ms: 1000 });
    contents.set("p" + at, bytes);
  }
  const record = { key: "k1", photos: rows.map((row) => row.id), begun_ms: 1, device_at: 1, check: { kind: "roadside", subject: "X" } };
  const whole = new Set();
  const tools = (server) => ({ whole, request: server.request, line: makeLine("2g"), photos: { of: async () => rows, bytes: async (id) => contents.get(id) ?? null },
    digest: hex, nowMs: () => 5, tabletId: "t", unsent: 0, posting: async (files) => { record.files = files; record.posted_ms = 5; }, note: () => {} });
  return { rows, contents, record, tools };
}
"""


def test_waits_double_from_five_seconds_to_ten_minutes_with_chance() -> None:
    waits = run_node(
        BACKOFF + "const main = () => [1, 2, 3, 8, 9, 50].map((tries) => [waitMs(tries, 0), waitMs(tries, 1)]);"
    )
    assert waits == [[2500, 5000], [5000, 10000], [10000, 20000], [300000, 600000], [300000, 600000], [300000, 600000]]


def test_a_clock_put_back_does_not_make_a_check_wait_for_a_day() -> None:
    day = 24 * 3600 * 1000
    found = run_node(BACKOFF + f"const main = () => [isDue({day}, 0), isDue(300000, 0), isDue(0, 5), isDue(4, 5)];")
    assert found == [True, False, True, True]


def test_what_failed_before_holds_nothing_up() -> None:
    rows = [{"key": "a", "next_try_ms": 900}, {"key": "c", "next_try_ms": 0}, {"key": "b", "next_try_ms": 0}]
    found = run_node(
        BACKOFF
        + "const main = (rows) => [inOrder(rows, 100).map((row) => row.key), inOrder(rows, 100, true).map((row) => row.key), untilNext([rows[0]], 100)];",
        rows,
    )
    assert found == [["b", "c"], ["b", "c", "a"], 800]


@pytest.mark.parametrize(
    ("rate", "least", "most"), [(1000, 262144, 262144), (30, 180_000, 262144), (5, 20_000, 45_000), (0.5, 8192, 8192)]
)
def test_pieces_fit_the_line(rate: float, least: int, most: int) -> None:
    """Rates in bytes a millisecond; on a slow line a piece ends in some ten seconds."""
    size = run_node(
        """import { makeLine } from "./sync/pieces.js";
        const main = (rate) => { const line = makeLine("3g"); for (let n = 0; n < 12; n += 1) line.took(line.size, line.size / rate); return line.size; };""",
        rate,
    )
    assert least <= size <= most


def test_a_timeout_halves_the_piece_and_lengthens_the_wait() -> None:
    found = run_node(
        """import { makeLine } from "./sync/pieces.js";
        const main = () => { const line = makeLine("4g"); line.took(262144, 8738); const before = [line.size, line.timeoutMs(line.size)];
          line.failed(); line.failed(); return [before, [line.size, line.timeoutMs(262144)]]; };"""
    )
    (size, wait), (less, longer) = found
    assert less == size // 4 // 4096 * 4096
    assert longer > wait


def test_a_file_is_gone_on_with_where_the_server_stands() -> None:
    found = run_node(
        FAKE_SERVER
        + """async function main() {
          const device = await makeDevice([100000]);
          let cut = 0;
          const server = makeServer({ fault: (n, method) => (method === "PUT" && ++cut === 3 ? { before: "offline" } : method === "PUT" && cut === 5 ? { after: true } : null) });
          const line = makeLine("2g"), sha = device.rows[0].sha256, outcomes = [];
          for (let n = 0; n < 3; n += 1) {
            try { outcomes.push((await sendFile(server.request, line, sha, device.contents.get("p0"))).ok); } catch (fault) { outcomes.push(fault.name); }
          }
          return { outcomes, right: (await hex(server.files.get(sha).data)) === sha, puts: server.calls.filter((one) => one.startsWith("PUT")).length };
        }"""
    )
    assert found["right"] and found["outcomes"][-1] is True and "Offline" in found["outcomes"]


def test_a_check_is_sent_once_though_answers_are_lost() -> None:
    """Whichever call loses its answer or its way, what arrives is one check with every hash."""
    found = run_node(
        FAKE_SERVER
        + """async function main() {
          const results = [];
          for (const kind of ["before", "after", "500"]) for (let at = 1; at <= 9; at += 1) {
            const device = await makeDevice([40000, 9000]);
            const server = makeServer({ fault: (n) => (n !== at ? null : kind === "before" ? { before: "offline" } : kind === "after" ? { after: true } : { before: { status: 500, json: { code: "broken" } } }) });
            let outcome = null, turns = 0;
            while (turns < 4 && (!outcome || outcome.kind !== "sent")) {
              turns += 1;
              try { ({ outcome } = await sendCheck(device.tools(server), device.record)); } catch (fault) { if (fault.name !== "Offline") throw fault; }
            }
            results.push([outcome.kind, server.checks.size, turns]);
          }
          return results;
        }"""
    )
    assert {(kind, count) for kind, count, _ in found} == {("sent", 1)}
    assert max(turns for *_, turns in found) == 2


def test_a_file_that_is_whole_already_is_not_sent_again_though_nobody_could_say_so() -> None:
    """The question how much stands was answered by another network's page; the first piece is told that all is there."""
    found = run_node(
        FAKE_SERVER
        + """async function main() {
          const device = await makeDevice([5000]);
          const plain = makeServer(), sha = device.rows[0].sha256, bytes = device.contents.get("p0");
          await sendFile(plain.request, makeLine(), sha, bytes);
          const portal = async (method, path, options) => (method === "GET" ? { status: 200 } : plain.request(method, path, options));
          return [(await sendFile(portal, makeLine(), sha, bytes)).ok, plain.calls.filter((one) => one.startsWith("PUT")).length];
        }"""
    )
    assert found == [True, 2]


def test_bytes_that_lost_their_hash_are_told_and_the_rest_is_sent() -> None:
    found = run_node(
        FAKE_SERVER
        + """async function main() {
          const device = await makeDevice([5000, 5000, 5000]);
          device.contents.get("p1")[7] ^= 1;
          const server = makeServer();
          const first = await sendCheck(device.tools(server), device.record);
          device.record.without = first.outcome.problem.lost;
          const second = await sendCheck(device.tools(server), device.record);
          return [first.outcome.kind, first.outcome.problem.lost.map((one) => one.id), server.checks.size, second.outcome.kind, second.outcome.answer.files.length];
        }"""
    )
    assert found == ["damaged", ["p1"], 1, "sent", 2]


def test_a_lost_answer_is_asked_for_without_the_bytes() -> None:
    """The bytes went after the confirmation, the note of it did not reach the disk: the server says it again."""
    found = run_node(
        FAKE_SERVER
        + """async function main() {
          const device = await makeDevice([5000, 6000]);
          const server = makeServer();
          await sendCheck(device.tools(server), device.record);
          device.contents.clear();
          device.tools(server).whole.clear();
          const { outcome } = await sendCheck(device.tools(server), device.record);
          return [outcome.kind, server.checks.size, server.calls.filter((one) => one.startsWith("PUT")).length];
        }"""
    )
    assert found == ["sent", 1, 2]


def test_bytes_gone_without_a_note_are_no_loss_where_the_server_has_the_check() -> None:
    """The device was full: neither that it was posted nor that it is sent could be written down, the bytes were removed."""
    found = run_node(
        FAKE_SERVER
        + """async function main() {
          const device = await makeDevice([5000, 6000]);
          const server = makeServer();
          const tools = { ...device.tools(server), posting: async () => {} };
          await sendCheck(tools, device.record);
          device.contents.clear();
          tools.whole.clear();
          const { outcome } = await sendCheck(tools, device.record);
          return [outcome.kind, server.checks.size];
        }"""
    )
    assert found == ["sent", 1]


def test_a_photo_of_which_nothing_is_known_is_never_left_out_silently() -> None:
    found = run_node(
        FAKE_SERVER
        + """async function main() {
          const device = await makeDevice([5000]);
          device.record.photos.push("gone");
          const server = makeServer();
          const { outcome } = await sendCheck(device.tools(server), device.record);
          return [outcome.kind, outcome.problem.lost.map((one) => one.id), server.checks.size];
        }"""
    )
    assert found == ["damaged", ["gone"], 0]


def test_a_photo_kept_but_not_on_the_record_goes_along() -> None:
    """The device stopped between the photo and the record that was to list it."""
    found = run_node(
        """import { filesOf } from "./sync/body.js";
        const main = () => filesOf({ photos: ["b"] }, [{ id: "a", sha256: "1", size: 1 }, { id: "b", sha256: "2", size: 2 }]).map((file) => file.id);"""
    )
    assert found == ["b", "a"]


ANSWERS = [
    (201, {"id": 1, "number": "J", "files": [{"sha256": "a", "item_id": 3}, {"sha256": "b", "item_id": 4}]}, "sent", "sent"),
    (200, {"id": 1, "number": "J", "files": [{"sha256": "a", "item_id": 3}]}, "wait", "ready"),
    (200, None, "wait", "ready"),
    (401, {"code": "signed_out"}, "signed_out", "ready"),
    (401, {"code": "other_account"}, "signed_out", "ready"),
    (403, {"code": "revoked", "zh": "停", "en": "revoked"}, "revoked", "ready"),
    (403, {"code": "not_permitted"}, "barred", "ready"),
    (409, {"code": "conflict", "current": {"id": 1, "version": 2}}, "conflict", "conflict"),
    (409, {"code": "other_content", "current": {"id": 1, "version": 1}}, "conflict", "conflict"),
    (422, {"code": "refused", "faults": [{"path": "check.place", "zh": "长", "en": "long"}]}, "refused", "refused"),
    (429, {"code": "too_many_files"}, "wait", "ready"),
    (500, None, "wait", "ready"),
    (503, {"code": "unavailable"}, "wait", "ready"),
    (507, {"code": "store_full"}, "wait", "ready"),
    (404, None, "wait", "ready"),
    (418, {"strange": True}, "wait", "ready"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "json", "kind", "state"), ANSWERS)
def test_what_an_answer_means(status: int, json: object, kind: str, state: str) -> None:
    found = run_node(
        """import { outcomeOf, settled } from "./sync/outcomes.js";
        const main = ({ status, json }) => { const outcome = outcomeOf({ status, json: json ?? undefined }, [{ sha256: "a" }, { sha256: "b" }]);
          const record = settled({ key: "k", state: "sending", check: { subject: "X" } }, outcome, 1000, 1); return { outcome, record }; };""",
        {"status": status, "json": json},
    )
    assert (found["outcome"]["kind"], found["record"]["state"]) == (kind, state)
    assert found["record"]["check"] == {"subject": "X"}
    waits = found["record"]["next_try_ms"]
    assert waits == (6000 if kind == "wait" else 0)


def test_tries_are_counted_and_since_when_is_kept() -> None:
    found = run_node(
        """import { settled } from "./sync/outcomes.js";
        const main = () => { const wait = { kind: "wait", problem: { code: "server", status: 500 } };
          const one = settled({ state: "sending" }, wait, 1000, 1); const two = settled(one, wait, 9000, 1);
          return [two.problem.tries, two.problem.since_ms, two.problem.at_ms, two.next_try_ms]; };"""
    )
    assert found == [2, 1000, 9000, 19000]


THEIRS = {
    "kind": "roadside", "subject": "辽NA1234", "place": "甲路", "lon": 120.4, "lat": 41.5, "note": "", "weather": None,
    "methods": {"free_acceleration": {"peaks": [1.1, 1.2, 1.3], "idle_rpm": 750}, "fuel_check": {"seal": "yes"}},
}  # fmt: skip
MINE = {
    "kind": "roadside", "subject": "辽NA1234", "place": "乙路", "lon": 120.4, "lat": 41.5, "weather": {"sky": None}, "note": "新",
    "methods": {"free_acceleration": {"peaks": [1.1, 1.2, 1.9], "idle_rpm": 750}},
}  # fmt: skip


def test_two_versions_field_by_field() -> None:
    rows = run_node(
        'import { compare } from "./sync/conflicts.js"; const main = ([mine, theirs]) => compare(mine, theirs);',
        [MINE, THEIRS],
    )
    differs = {".".join(row["path"]) for row in rows if row["differs"]}
    assert differs == {"place", "note", "methods.free_acceleration.peaks", "methods.fuel_check"}


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], THEIRS),
        (["place"], {**THEIRS, "place": "乙路"}),
        (["methods.fuel_check"], {**THEIRS, "methods": {"free_acceleration": THEIRS["methods"]["free_acceleration"]}}),
        (
            ["methods.free_acceleration.peaks"],
            {**THEIRS, "methods": {**THEIRS["methods"], "free_acceleration": MINE["methods"]["free_acceleration"]}},
        ),
    ],
)
def test_one_version_of_both(taken: list[str], expected: dict[str, object]) -> None:
    found = run_node(
        'import { merged } from "./sync/conflicts.js"; const main = ([mine, theirs, taken]) => merged(mine, theirs, new Set(taken));',
        [MINE, THEIRS, taken],
    )
    assert found == expected


def test_numbers_are_given_out_once() -> None:
    found = run_node(
        """import { EMPTY, putBack, strays, takeNumber, topUp } from "./sync/number_book.js";
        const main = () => {
          let book = topUp(EMPTY, ["W3", "W1", "W2"]), one, two;
          [book, one] = takeNumber(book, 100);
          book = topUp(book, ["W1", "W2", "W3", "W4"]); // the server names those taken too: they are not used yet
          [book, two] = takeNumber(book, 100);
          const returned = putBack(book, two), foreign = putBack(book, "W9");
          const used = topUp(book, ["W3", "W4"]);
          return { one, two, left: book.free, back: returned.free, foreign: foreign.free, used, stray: strays(book, new Set(["W1"]), 5000, 1000), none: takeNumber(EMPTY, 0)[1] };
        }"""
    )
    assert (found["one"], found["two"], found["left"], found["none"]) == ("W1", "W2", ["W3", "W4"], None)
    assert found["back"] == ["W2", "W3", "W4"] and found["foreign"] == ["W3", "W4"]
    assert found["used"] == {"free": ["W3", "W4"], "taken": {}}
    assert found["stray"] == ["W2"]


def test_the_list_shows_each_check_once_and_what_is_unsent_always() -> None:
    day = 24 * 3600 * 1000
    device = [
        {"key": "1", "state": "sent", "check": {"subject": "A", "kind": "roadside"}, "answer": {"id": 7, "number": "J7", "at": "2026-11-20T00:00:00+00:00"}},
        {"key": "2", "state": "ready", "check": {"subject": "B", "kind": "roadside"}, "device_at": -40 * day},
        {"key": "3", "state": "conflict", "check": {"subject": "C", "kind": "roadside"}, "device_at": 0},
    ]  # fmt: skip
    server = [
        {
            "id": 7,
            "number": "J7",
            "version": 1,
            "at": "2026-11-20T00:00:00+00:00",
            "subject_text": "A",
            "kind": "roadside",
        }
    ]
    found = run_node(
        """import { listed, searched } from "./sync/list.js";
        const main = ([device, server, now]) => { const all = listed(device, server, now); return [all.map((one) => one.subject), searched(all, "j7").map((one) => one.subject)]; };""",
        [device, server, 1795000000000],
    )
    assert found == [["C", "B", "A"], ["A"]]
