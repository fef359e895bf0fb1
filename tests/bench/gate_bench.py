"""Gates asking during an orange alert, at their own pace, while the fleet's frames come in and are checked.

The web server, the ingest worker, the publisher and the asker are processes of their own. A question counts from the
moment it was due: what waits behind another is slow, too. Environment: BENCH_GATE_RATE (questions a second),
BENCH_GATE_SECONDS, BENCH_GATE_FRAMES (packets of ten samples a second).
"""

import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import ingest_bench
import numpy as np
from ingest_bench import City, Place
from sqlalchemy import Connection, Engine, text

from server.db import connect_engine, transaction
from server.flows import system_keys
from server.flows.system_keys import Wanted
from server.launch.ports import free_port
from server.store import alerts, organisations
from server.store.audit import PLATFORM

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RATE = float(os.environ.get("BENCH_GATE_RATE", "200"))
SECONDS = float(os.environ.get("BENCH_GATE_SECONDS", "20"))
FRAMES = float(os.environ.get("BENCH_GATE_FRAMES", "500"))
UNKNOWN_SHARE = 0.1
WARM_SECONDS = 4
WORKERS = "2"
Row = tuple[str, float, str, str]


def measure(place: Place, city: City) -> list[Row]:
    """Ask alone, then beside ingest."""
    engine = connect_engine(city.url)
    try:
        key, gates = make_plant(engine)
        path = place.directory / "questions"
        write_questions(path, key, gates, city)
        with web(place, city.url) as (port, pid):
            ask(port, path, RATE, WARM_SECONDS)
            before = cpu_s(pid)
            alone = ask(port, path, RATE, SECONDS)
            cost = (cpu_s(pid) - before) / len(alone["took_ms"]) * 1000
            with ingest_bench.worker(place, city.url), frames(place, city) as came:
                beside = ask(port, path, RATE, SECONDS)
                packets = came()
        used = ("gates.web_cpu_ms_per_question", cost, "ms", "processor time of the web server, all its processes")
        return [used, *rows("alone", alone, "nothing else runs"), *rows("ingest", beside, f"beside {packets:.0f} packets/s"),
                kept(engine)]  # fmt: skip
    finally:
        engine.dispose()


def make_plant(engine: Engine) -> tuple[str, list[int]]:
    """A listed plant in an orange alert, with gates and a key."""
    with transaction(engine) as connection:
        body = organisations.create(
            connection, kind="enterprise", level="body", code="bench-plant", name_zh="厂", name_en="plant",
            division="211302",
        )  # fmt: skip
        plant = _one(
            connection,
            "INSERT INTO enterprises (name, division, industry, organisation_id) VALUES ('钢厂', '211302', 'steel', :o)"
            " RETURNING id", o=body,
        )  # fmt: skip
        _one(
            connection,
            "INSERT INTO large_users (enterprise_id, division, list_version, from_on, industry, kind, trips_normal,"
            " reason_in) VALUES (:e, '211302', '2026', '2026-01-01', 'steel', 'plant', 400, '门槛') RETURNING id",
            e=plant,
        )  # fmt: skip
        gates = [
            _one(
                connection,
                "INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name) VALUES (:e, '211302', :n,"
                " '01', '门') RETURNING id",
                e=plant,
                n=str(number),
            )
            for number in range(1, 9)
        ]
        connection.execute(text("UPDATE trucks SET category = 'heavy_goods'"))
        _orange(connection)
        issued = system_keys.issue(connection, PLATFORM, Wanted("门禁", body, ["gate"], 30), datetime.now(UTC))
    return issued.text, gates


def _orange(connection: Connection) -> None:
    connection.execute(
        text(
            "INSERT INTO divisions (code, level, name_zh, name_en, geometry) VALUES ('211300', 'city', '朝阳市', 'Chaoyang',"
            " ST_Multi(ST_MakeEnvelope(119, 40, 122, 43, 4326))) ON CONFLICT DO NOTHING"
        )
    )
    alerts.insert(
        connection,
        {
            "level": "orange", "division": "211300", "from_at": datetime.now(UTC) - timedelta(hours=1), "note": None,
            "planned_to_at": None, "document": "朝政预〔2026〕3号", "authority": "朝阳市人民政府",
            "issued_on": date(2026, 11, 24), "entered_by": None,
        },
    )  # fmt: skip


def _one(connection: Connection, statement: str, **values: Any) -> int:
    found: int = connection.execute(text(statement), values).scalar_one()
    return found


def write_questions(path: Path, key: str, gates: list[int], city: City) -> None:
    """Trucks of the register in random order, a tenth that nobody knows; most by the gate's numbers, some by its id."""
    dice = random.Random(5)
    lines = [key]
    for number in range(4000):
        known = dice.random() >= UNKNOWN_SHARE
        plate = f"辽N{dice.randrange(len(city.devices)):05d}" if known else f"冀B{dice.randrange(100_000):05d}"
        at = dice.randrange(len(gates))
        gate: object = gates[at] if number % 4 == 0 else {"entrance": str(at + 1), "barrier": "01"}
        direction = dice.choice(("in", "in", "out"))
        lines.append(json.dumps({"plate": plate, "colour": "yellow", "gate": gate, "direction": direction}))
    path.write_text("\n".join(lines), encoding="utf-8")


@contextmanager
def web(place: Place, url: str) -> Iterator[tuple[int, int]]:
    """The web server as it is served, ended at the end; its port and process."""
    port = free_port()
    environment = {
        **os.environ, "DATABASE_URL": url, "SECRET_KEY": "b" * 40, "WEB_PORT": str(port), "WEB_WORKERS": WORKERS,
        "EVIDENCE_DIR": str(place.directory / "evidence"), "SECRETS_DIR": str(place.directory / "secrets"),
        "API_CALLS_GATE": "1000000",
    }  # fmt: skip
    with (place.directory / "web.log").open("a") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "web"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        _wait(place, child, port)
        yield port, child.pid
    finally:
        child.terminate()
        child.wait(30)


def cpu_s(pid: int) -> float:
    """Processor time of a process and its children so far, seconds."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = stat.read_text().split(" (", 1)
        except OSError:
            continue  # it ended meanwhile
        values = rest.rsplit(") ", 1)[1].split()
        if pid in (int(number), int(values[1])):
            ticks += int(values[11]) + int(values[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _wait(place: Place, child: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and child.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError((place.directory / "web.log").read_text()[-2000:])


def ask(port: int, path: Path, rate: float, seconds: float) -> dict[str, Any]:
    """One run of the asker."""
    words = [sys.executable, str(HERE / "gate_asker.py"), str(port), str(path), str(rate), str(seconds)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def frames(place: Place, city: City) -> Iterator[Any]:
    """The fleet's packets at a steady pace, from now until the block ends; call what it gives for the rate that came."""
    seconds = int(SECONDS) + 8
    start_us = (int(time.time()) - 600) * 1_000_000
    rounds = max(1, round(FRAMES * seconds / len(city.devices)))
    records = ingest_bench.frames_of(city, start_us, rounds * 10, 10)[: int(FRAMES * seconds)]
    child = ingest_bench.publish(place, records, FRAMES)
    with ingest_bench.db.connect(city.url) as connection:
        before, begun = ingest_bench.committed(connection), ingest_bench.go(child)
        time.sleep(2)

        def came() -> float:
            return (ingest_bench.committed(connection) - before) / (time.time() - begun)

        yield came
    child.kill()
    child.wait(20)


def rows(name: str, found: dict[str, Any], told: str) -> list[Row]:
    """The lines of the report."""
    took = np.array(found["took_ms"])
    answers = dict(sorted(found["answers"].items()))
    failed = sum(n for kind, n in answers.items() if kind not in {"allow", "deny", "check"})
    said = f"{len(took) / found['seconds']:.0f} questions/s, {told}; " + ", ".join(
        f"{k} {n}" for k, n in answers.items()
    )
    return [
        (f"gates.{name}_p50_ms", float(np.percentile(took, 50)), "ms", said),
        (f"gates.{name}_p99_ms", float(np.percentile(took, 99)), "ms", "aim 20"),
        (f"gates.{name}_max_ms", float(took.max()), "ms", ""),
        (f"gates.{name}_errors", float(failed), "errors", ""),
    ]


def kept(engine: Engine) -> Row:
    """Every answer is in the table."""
    with transaction(engine) as connection:
        number = _one(connection, "SELECT count(*) FROM gate_answers")
    return ("gates.answers_kept", float(number), "rows", "of this run, all")
