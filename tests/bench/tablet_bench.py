"""The tablet: how large its register is, how long the server takes for it, how fast it is asked, how soon the app opens.

The app is opened in Chromium as a tablet does, once with the CPU as it is and once slowed four times; times in the
browser are its own (performance.now). The register is that of tablet_city.py.
"""

import gzip
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import tablet_city
from flask import Flask
from ingest_bench import Place
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Connection, Engine, text

from server import db
from server.app import create_app
from server.config import load
from server.db import transaction
from server.flows import rule_book
from server.flows.load_reference import load_reference
from server.flows.manage_accounts import Draft, create_account
from server.flows.refresh_tablet_register import codes_of
from server.launch import databases
from server.store import organisations, tablet_register
from server.store.audit import PLATFORM
from server.tablet.register_file import gzipped, lines
from tests.browser.tablet_pages import at, enrolled, unlock
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.server.conftest import PASSWORD
from tests.server.served import served

CITY = "2113"
ASKED = 3000
CHANGED = 500
SLOWED = 4
TABLET = Path(__file__).resolve().parents[2] / "server" / "static" / "tablet"
Row = tuple[str, float, str, str]

# Plates as they are typed, from the fourth sign to the last; and four to six signs out of the middle of a number.
ASK = """
function ask(lookup, plates, vins, asked) {
  let seed = 7;
  const dice = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const timed = (texts) => texts.map((text) => {
    const begun = performance.now();
    lookup.lookup(text, { limit: 40 });
    return performance.now() - begun;
  });
  const typed = Array.from({ length: asked }, (_, n) => plates[dice(plates.length)].slice(0, 4 + (n % 4)));
  const inside = Array.from({ length: asked }, (_, n) => { const vin = vins[dice(vins.length)]; return vin.slice(17 - 4 - (n % 3)); });
  timed(typed.slice(0, 200));
  return { plates: timed(typed), numbers: timed(inside) };
}
"""
IN_NODE = """
import { readFileSync } from "node:fs";
import { decode } from "./register/file.js";
import { Lookup } from "./register/lookup.js";
const text = readFileSync(process.argv[1], "utf8");
let begun = performance.now();
const { tables } = decode(text);
const decoded = performance.now() - begun;
begun = performance.now();
const lookup = Lookup.of(tables, () => Date.now());
const made = performance.now() - begun;
console.log(JSON.stringify({ decoded, made, ...ask(lookup, tables.truck.plate, tables.truck.vin, ASKED) }));
"""


def measure(place: Place) -> list[Row]:
    """Fill a city, then time the server, node and the browser."""
    url = databases.prepare(place.cluster, "bench_tablet")
    db.migrate(url)
    store = tempfile.mkdtemp(prefix="bench-tablet-")
    app = create_app(load({"DATABASE_URL": url, "SECRET_KEY": "b" * 40, "EVIDENCE_DIR": store}))
    engine: Engine = app.extensions["engine"]
    try:
        load_reference(engine)
        with transaction(engine) as connection:
            organisation = organisations.organisation_ids(connection)["211300-ecology"]
            draft = Draft("inspector", "检查员", organisation, frozenset({"inspector"}))
            create_account(connection, PLATFORM, draft, PASSWORD)
            tablet_city.fill(connection, organisation)
        rows, file = _server(engine)
        return rows + _node(file) + _browser(app)
    finally:
        engine.dispose()


def _timed(work: Any) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = work()
    return (time.perf_counter() - begun) * 1000, found


def _server(engine: Engine) -> tuple[list[Row], bytes]:
    beside = (
        f"{tablet_city.TRUCKS:,} trucks, {tablet_city.MACHINES:,} machines, {tablet_city.INSPECTIONS:,} inspections"
    )
    subjects = tablet_city.TRUCKS + tablet_city.MACHINES
    with transaction(engine) as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        first_ms, _ = _timed(lambda: _refresh(connection))
    with transaction(engine) as connection:
        again_ms, _ = _timed(lambda: _refresh(connection))
        before = tablet_register.find_mark(connection)
        full_ms, file = _timed(lambda: _file(connection, None))
    with transaction(engine) as connection:
        _change(connection)
        changed_ms, changed = _timed(lambda: _refresh(connection))
        delta_ms, delta = _timed(lambda: _file(connection, before.revision if before else 0))
    entropy = _numbers_bytes(file)
    return [
        ("tablet.register_bytes", len(file), "bytes", f"{beside}, gzipped"),
        ("tablet.register_bytes_a_subject", len(file) / subjects, "bytes", "everything, VINs and product numbers too"),
        (
            "tablet.register_bytes_but_numbers",
            (len(file) - entropy) / subjects,
            "bytes",
            "without VINs and product numbers",
        ),
        ("tablet.refresh_first_ms", first_ms, "ms", f"{beside}, all new"),
        ("tablet.refresh_unchanged_ms", again_ms, "ms", "the same, nothing changed"),
        ("tablet.refresh_changed_ms", changed_ms, "ms", f"{changed:,} subjects changed"),
        ("tablet.full_ms", full_ms, "ms", "the whole file made"),
        ("tablet.delta_ms", delta_ms, "ms", f"{changed:,} subjects"),
        ("tablet.delta_bytes", len(delta), "bytes", f"{changed:,} subjects, gzipped"),
    ], file


def _refresh(connection: Connection) -> int:
    return tablet_register.refresh(connection, codes_of(rule_book.current(connection)))


def _file(connection: Connection, since: int | None) -> bytes:
    gone = tablet_register.find_gone(connection, CITY, since) if since is not None else []
    head = {"revision": f"{CITY}-1-bench", "city": CITY, "full": since is None, "since": None}
    return gzipped(lines(head, tablet_register.stream(connection, CITY, since), gone))


def _change(connection: Connection) -> None:
    dice = random.Random(3)
    ids = dice.sample(range(1, tablet_city.TRUCKS), min(CHANGED, tablet_city.TRUCKS // 2))
    connection.execute(text("UPDATE trucks SET owner = '改名' || id WHERE id = ANY (:ids)"), {"ids": ids[::2]})
    connection.execute(
        text(
            "INSERT INTO repair_notices (number, truck_id, subject_text, division, organisation_id, failed_items, issued_on, due_on,"
            " rule_key) SELECT 'WX-' || id, id, plate, division, (SELECT min(id) FROM organisations), '[]', '2026-11-24',"
            " '2026-12-14', 'x@2026-01-01' FROM trucks WHERE id = ANY (:ids)"
        ),
        {"ids": ids[1::2]},
    )


def _numbers_bytes(file: bytes) -> int:
    """What the VINs and product numbers take, gzipped by themselves."""
    found = 0
    for line in gzip.decompress(file).splitlines():
        block = json.loads(line)
        for name in ("vin", "pin"):
            if name in block:
                found += len(gzip.compress(json.dumps(block[name], separators=(",", ":")).encode(), 6))
    return found


def _asked(name: str, said: dict[str, Any], where: str) -> list[Row]:
    out: list[Row] = []
    for kind, beside in (("plates", "plates from the 4th sign"), ("numbers", "tails of VINs, 4 to 6 signs")):
        times = said[kind]
        told = f"{beside}, {tablet_city.TRUCKS:,} trucks and {tablet_city.MACHINES:,} machines, {where}"
        out += [
            (f"tablet.lookup_{kind}_{name}_p50_ms", median(times), "ms", told),
            (f"tablet.lookup_{kind}_{name}_p99_ms", quantiles(times, n=100)[98], "ms", f"{len(times):,} times"),
        ]
    return out


def _node(file: bytes) -> list[Row]:
    with tempfile.NamedTemporaryFile(suffix=".txt") as kept:
        kept.write(gzip.decompress(file))
        kept.flush()
        script = IN_NODE.replace("ASKED", str(ASKED)) + ASK
        done = subprocess.run(
            ["node", "--no-warnings", "--input-type=module", "--eval", script, kept.name],
            capture_output=True, text=True, encoding="utf-8", cwd=TABLET, check=True,
        )  # fmt: skip
    said = json.loads(done.stdout)
    return [
        ("tablet.register_decode_node_ms", said["decoded"], "ms", "the whole file read"),
        ("tablet.register_index_node_ms", said["made"], "ms", "made ready to be asked"),
        *_asked("node", said, "node"),
    ]


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


READY = "() => document.documentElement.dataset.ready === 'yes'"
REGISTER = """async () => {
  const begun = performance.now();
  const { Register } = await import("/static/tablet/register/refresh.js");
  const { app } = await import("/static/tablet/app.js");
  await app.register.ready;
  await app.register.refresh();
  const took = [];
  const watcher = new PerformanceObserver((list) => took.push(...list.getEntries().map((one) => one.duration)));
  watcher.observe({ entryTypes: ["longtask"] });
  const opened = performance.now();
  const second = new Register(app);
  await second.open();
  const openMs = performance.now() - opened;
  await new Promise((go) => setTimeout(go, 50));
  const { truck } = second.tables;
  return { size: second.size, openMs, longest: Math.max(0, ...took), ...ask(second, truck.plate, truck.vin, ASKED) };
}"""


def _browser(app: Flask) -> list[Row]:
    with served(app) as address, _chromium() as chromium:
        _first_load(chromium, address, 1)  # the server puts the app together at the first call
        rows = _first_load(chromium, address, 1) + _first_load(chromium, address, SLOWED)
        return rows + _in_browser(chromium, address)


def _slow(page: Page, times: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


def _first_load(chromium: Browser, address: str, times: int) -> list[Row]:
    """A tablet that opens the app for the first time, without anything kept."""
    context = chromium.new_context(viewport={"width": 800, "height": 1280})
    page = context.new_page()
    _slow(page, times)
    sizes: list[int] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.goto(f"{address}/tablet/")
    at(page, "/sign-in")
    page.wait_for_function(READY)
    ready: float = page.evaluate("performance.now()")
    size, files = sum(sizes), len(sizes)
    context.close()
    slowed = f"CPU slowed {times} times" if times > 1 else "CPU as it is"
    rows: list[Row] = [
        (f"tablet.first_load_interactive_{times}x_ms", ready, "ms", f"{slowed}, loopback, log-in on the screen")
    ]
    return (
        rows
        if times > 1
        else [("tablet.first_load_bytes", size, "bytes", f"{files} files as they went over the line"), *rows]
    )


def _in_browser(chromium: Browser, address: str) -> list[Row]:
    context = chromium.new_context(viewport={"width": 800, "height": 1280}, has_touch=True)
    page = enrolled(context.new_page(), address)
    script = REGISTER.replace("ASKED", str(ASKED)).replace("async () => {", "async () => {" + ASK, 1)
    rows: list[Row] = []
    for times in (1, SLOWED):
        _slow(page, times)
        said = page.evaluate(script)
        name = "chromium" if times == 1 else f"chromium_{times}x"
        slowed = f", CPU slowed {times} times" if times > 1 else ""
        rows += [
            (f"tablet.register_open_{name}_ms", said["openMs"], "ms", f"opened from the sealed store{slowed}"),
            (
                f"tablet.register_longest_task_{name}_ms",
                said["longest"],
                "ms",
                f"the longest that fingers waited meanwhile{slowed}",
            ),
            *_asked(name, said, f"Chromium{slowed}"),
        ]
    context.set_offline(True)
    _slow(page, SLOWED)
    page.reload()
    page.wait_for_function(READY)
    reopened: float = page.evaluate("performance.now()")
    unlock(page)
    context.close()
    return [
        *rows,
        (
            f"tablet.reopen_offline_{SLOWED}x_ms",
            reopened,
            "ms",
            "no network, PIN pad on the screen, CPU slowed 4 times",
        ),
    ]
