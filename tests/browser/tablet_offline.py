"""A tablet far from a network and its way back: a line that fails as told, checks in bulk, and what arrived."""

import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, text

from server.db import transaction
from tests.browser.tablet_checks import PLACE
from tests.browser.tablet_pages import at, unlock
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.server.conftest import PASSWORD

MANY_S = 240  # a deadline against hanging, not a measure

Fault = Callable[[str, str, int], str | None]


class Line:
    """The application behind a line that fails as `fault(method, path, n)` says.

    "500": the server breaks before it did anything; "lost": it did the work, its answer never arrives; "portal": a
    page of somebody else's network. `n` counts the calls below /tablet/sync/.
    """

    def __init__(self, app: Flask) -> None:
        self.app, self.fault, self.calls, self.met = app, None, 0, Counter[str]()
        self.lock = threading.Lock()

    fault: Fault | None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        found = None
        if path.startswith("/tablet/sync/") and self.fault is not None:
            with self.lock:
                self.calls += 1
                found = self.fault(method, path, self.calls)
        if found is not None:
            self.met[found] += 1
        if found == "500":
            start_response("500 Internal Server Error", [("Content-Type", "text/html")])
            return [b"<h1>broken</h1>"]
        if found == "portal":
            start_response("200 OK", [("Content-Type", "text/html")])
            return [b"<h1>Welcome to the hotel</h1>"]
        answer = self.app(environ, start_response)
        if found == "lost":
            body = b"".join(answer)
            if hasattr(answer, "close"):
                answer.close()
            with suppress(OSError):
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return [body]
        return answer


def device(browser: Browser, folder: Path, **more: Any) -> BrowserContext:
    """A tablet whose storage outlives its browser."""
    return browser.browser_type.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, viewport={"width": 800, "height": 1280},
        has_touch=True, geolocation=PLACE, permissions=["geolocation"], **more,
    )  # fmt: skip


def kill(folder: Path) -> None:
    """End the browser of this folder as a flat battery does."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if f"--user-data-dir={folder}".encode() in command:
                os.kill(int(entry.name), signal.SIGKILL)


APP = "import('/static/tablet/app.js').then(({ app }) => { window.app = app; })"
MAKE = """async ({ count, photos, size, from, withDays, plate }) => {
  const { app } = await import("/static/tablet/app.js");
  window.app = app;
  const base = await new Promise((done) => { const c = document.createElement("canvas"); c.width = c.height = size;
    const g = c.getContext("2d"); const noise = g.createImageData(size, size); crypto.getRandomValues(new Uint8Array(noise.data.buffer.slice(0, 1)));
    for (let at = 0; at < noise.data.length; at += 1) noise.data[at] = at % 4 === 3 ? 255 : Math.floor(Math.random() * 256);
    g.putImageData(noise, 0, 0); c.toBlob(async (blob) => done(new Uint8Array(await blob.arrayBuffer())), "image/jpeg", 0.9); });
  const hex = async (bytes) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((one) => one.toString(16).padStart(2, "0")).join("");
  const one = () => { // the same picture with a comment of its own: other bytes, another hash
    const mark = crypto.getRandomValues(new Uint8Array(24));
    const segment = Uint8Array.from([0xff, 0xfe, 0, 26, ...mark]);
    const bytes = new Uint8Array(base.length + segment.length);
    bytes.set(base.subarray(0, 2)); bytes.set(segment, 2); bytes.set(base.subarray(2), 2 + segment.length);
    return bytes;
  };
  const made = [];
  for (let n = 0; n < count; n += 1) {
    const { session } = app;
    if (withDays) window.shiftMs = -(7 * 86400e3) + ((7 * 86400e3 - 60e3) * (from + n)) / withDays;
    const at = Date.now();
    let record = await app.checks.create({ device_at: at, offset_ms: app.offsetMs(), begun_ms: at, ended_ms: at + 45000, step: "photos",
      check: { kind: "roadside", subject: plate + String(from + n).padStart(3, "0"), colour: "yellow", subject_kind: "truck", stage: "5", fuel: "diesel", lon: 120.45, lat: 41.57,
        accuracy_m: 8, place: "国道101线", methods: { free_acceleration: { peaks: [0.8, 0.9, 1.0], purged: "yes" } }, officers: [{ name: "王一", card_number: "061" }], checklist: [], note: "" } });
    const sums = [];
    for (let p = 0; p < photos; p += 1) {
      const bytes = one();
      const sha256 = await hex(bytes);
      const { id } = await app.photos.add({ check: record.key, purpose: "scene", name: `scene-${p + 1}.jpg`, bytes, sha256, taken_ms: at, lon: 120.45, lat: 41.57, original: null });
      record = await app.checks.save({ ...record, photos: [...record.photos, id] });
      sums.push(sha256);
    }
    record = await app.checks.save({ ...record, state: "ready", step: "done", next_try_ms: 0 });
    made.push({ key: record.key, subject: record.check.subject, at, files: sums });
  }
  return made;
}"""


def make(
    page: Page, count: int, photos: int = 3, size: int = 120, start: int = 0, plate: str = "辽NS", days: int = 0
) -> list[dict[str, Any]]:
    """Checks made by the functions of the app: {key, subject, at, files: hashes}. `days`: of how many in all."""
    given = {"count": count, "photos": photos, "size": size, "from": start, "withDays": days, "plate": plate}
    found: list[dict[str, Any]] = page.evaluate(MAKE, given)
    return found


def states(page: Page) -> dict[str, int]:
    """How many checks the tablet holds in each state."""
    found: dict[str, int] = page.evaluate("async () => (await import('/static/tablet/app.js')).app.checks.counts()")
    return found


def records(page: Page) -> list[dict[str, Any]]:
    """All checks of the tablet, newest first."""
    found: list[dict[str, Any]] = page.evaluate("async () => (await import('/static/tablet/app.js')).app.checks.list()")
    return found


def run_all(page: Page) -> None:
    """Everything that waits is tried now; ends with the pass."""
    page.evaluate("async () => (await import('/static/tablet/app.js')).app.sync.run({ all: true })")


def until_sent(page: Page, count: int, turns: int = 40) -> None:
    """Wait until so many are sent and nothing waits; what the line broke is tried again by a tap on "send all"."""
    for _ in range(turns):
        found = states(page)
        if found.get("sent", 0) == count and sum(found.values()) == count:
            return
        run_all(page)
        page.wait_for_timeout(200)  # another window may be at it
    raise AssertionError((states(page), [one["problem"] for one in records(page) if one["state"] != "sent"][:3]))


def until_some(page: Page, count: int) -> None:
    """Wait until so many are sent, by themselves."""
    for _ in range(MANY_S * 10):
        if states(page).get("sent", 0) >= count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(states(page))


def opened_again(context: BrowserContext, address: str) -> Page:
    """The app after a start of the browser: opened with the PIN."""
    page = context.new_page()
    page.goto(f"{address}/tablet/")
    unlock(page)
    at(page, "/")
    return page


def sign_in_again(page: Page) -> None:
    """By the strip, as the account of the tablet, whose session has ended."""
    page.click("#strip-sign-in")
    at(page, "/sign-in")
    page.fill("#password", PASSWORD)
    page.click("#sign-in")
    expect(page.locator('main:not([data-path="/sign-in"])')).to_be_attached()


def arrived(engine: Engine, subjects: str) -> dict[str, dict[str, Any]]:
    """What the server holds of plates like this: by key, with the number of rows and the sorted hashes."""
    with transaction(engine) as connection:
        rows = connection.execute(
            text(
                "SELECT c.key::text AS key, i.subject_text AS subject, i.inspected_at AS at, c.offset_used_ms AS used,"
                " c.offset_at_check_ms AS at_check, c.offset_at_send_ms AS at_send, i.id,"
                " (SELECT count(*) FROM inspections x WHERE x.subject_text = i.subject_text) AS times,"
                " ARRAY(SELECT encode(f.sha256, 'hex') FROM evidence_items e JOIN evidence_files f ON f.id = e.file_id"
                "   WHERE e.owner_kind = 'inspection' AND e.owner_id = i.id ORDER BY 1) AS files"
                " FROM inspections i JOIN tablet_checks c ON c.inspection_id = i.id WHERE i.subject_text LIKE :like"
            ),
            {"like": f"{subjects}%"},
        )
        return {row["key"]: dict(row) for row in rows.mappings()}


def check_all(engine: Engine, made: list[dict[str, Any]], subjects: str) -> None:
    """All are there once, with every hash."""
    found = arrived(engine, subjects)
    assert set(found) == {one["key"] for one in made}
    for one in made:
        row = found[one["key"]]
        assert (row["subject"], row["times"], row["files"]) == (one["subject"], 1, sorted(one["files"]))


def no_bytes_left(page: Page) -> None:
    """Nothing of a photo is kept once the server has confirmed it."""
    left = page.evaluate(
        "async () => { const { app } = await import('/static/tablet/app.js'); return app.database.count('contents'); }"
    )
    assert left == 0


def strip(page: Page) -> Any:
    """The strip of the queue."""
    return expect(page.locator('[data-strip="sync"]'))
