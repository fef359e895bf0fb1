"""The main job measured: published at QoS 1, decoded, stored, checked against zones, committed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import city as shapes
import numpy as np
import psycopg
import shapely
from publisher import write_records

from enforcement.registry.stages import Stage
from enforcement.zones.terms import ZoneTerms
from enforcement.zones.terms_json import to_json
from server import db
from server.launch import databases
from server.launch.mosquitto import Mosquitto
from server.launch.postgres import Postgres
from telemetry.fleet import bulk_frames, vin

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ZONES, VERTICES, WHITELIST = 300, 500, 500
PATIENCE_S = 600.0
PACED_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bench runs."""

    cluster: Postgres
    broker: Mosquitto
    directory: Path


@dataclass(frozen=True, slots=True)
class City:
    """A database with its registry and zones."""

    url: str
    devices: list[str]


def make_city(place: Place, devices: int) -> City:
    """5,000 trucks with terminals, 300 zones of 500 vertices, a whitelist."""
    url = databases.prepare(place.cluster, "bench")
    db.migrate(url)
    names = [vin(number) for number in range(devices)]
    stages = np.random.default_rng(3).integers(3, 7, devices)
    terms = json.dumps(to_json(ZoneTerms(min_truck_stage=Stage.V)))
    with db.connect(url) as connection, connection.transaction():
        with connection.cursor() as cursor:
            cursor.executemany(
                "WITH t AS (INSERT INTO trucks (plate, plate_colour, vin, category, fuel, stage, stage_basis) "
                "VALUES (%s, 'yellow', %s, 'heavy', 'diesel', %s, 'vehicle_list') RETURNING id) "
                "INSERT INTO terminals (kind, device, truck_id, answers) SELECT 'hdv', %s, id, false FROM t",
                [(f"辽N{n:05d}", name, str(stages[n]), name) for n, name in enumerate(names)],
            )
            cursor.executemany(
                "WITH z AS (INSERT INTO zones (code, name_zh, name_en, division) VALUES (%s, %s, %s, '211300') "
                "RETURNING id) INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from) "
                "SELECT id, 1, ST_SetSRID(ST_GeomFromWKB(%s), 4326), %s, '2024-01-01' FROM z",
                [
                    (f"B{n}", f"测试区{n}", f"Zone {n}", shapely.to_wkb(shape), terms)
                    for n, shape in enumerate(shapes.zones(ZONES, VERTICES))
                ],
            )
        connection.execute(
            "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state) "
            "SELECT id, 'people_supply', '2024-01-01', '2030-01-01', 'bench', 'active' FROM trucks LIMIT %s",
            (WHITELIST,),
        )
    return City(url, names)


@contextmanager
def worker(place: Place, url: str) -> Iterator[None]:
    """One ingest worker as a process, ended at the end."""
    environment = {**os.environ, "DATABASE_URL": url, "MQTT_URL": place.broker.url}
    with (place.directory / "worker.log").open("a") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "ingest"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        time.sleep(3)
        if child.poll() is not None:
            raise RuntimeError((place.directory / "worker.log").read_text()[-2000:])
        yield
    finally:
        child.terminate()
        child.wait(20)


def publish(place: Place, records: list[tuple[str, bytes]], rate: float | None = None) -> subprocess.Popen[str]:
    """A publisher process that has read its records and waits for the word."""
    path = place.directory / "records"
    write_records(path, records)
    words = [sys.executable, str(HERE / "publisher.py"), str(place.broker.port), str(path)]
    child = subprocess.Popen(
        [*words, *([str(rate)] if rate else [])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout and child.stdout.readline() == "ready\n"
    return child


def go(child: subprocess.Popen[str]) -> float:
    """Say the word; the moment it was said."""
    assert child.stdin
    begun = time.time()
    child.stdin.write("go\n")
    child.stdin.flush()
    return begun


def committed(connection: psycopg.Connection) -> int:
    """Messages taken so far, of the sums that ingest commits with each batch."""
    row = connection.execute("SELECT coalesce(sum(received), 0) FROM ingest_counts").fetchone()
    return int(row[0]) if row else 0


def timed(place: Place, city: City, records: list[tuple[str, bytes]]) -> float:
    """Seconds from the first publish to the commit of the last message."""
    with db.connect(city.url) as connection:
        before = committed(connection)
        child = publish(place, records)
        begun = go(child)
        while committed(connection) - before < len(records):
            if time.time() - begun > PATIENCE_S:
                raise TimeoutError((place.directory / "worker.log").read_text()[-2000:])
            time.sleep(0.02)
        ended = time.time()
        child.communicate()
    return ended - begun


def frames_of(city: City, start_us: int, seconds: int, records: int) -> list[tuple[str, bytes]]:
    """What the devices send in so many seconds, second by second through the whole fleet."""
    per_device = bulk_frames(city.devices, start_us, seconds, records, seed=1, layout="C")
    topics = [f"emission/v1/hdv/{name}/up" for name in city.devices]
    return [(topics[d], per_device[d][n]) for n in range(seconds // records) for d in range(len(city.devices))]


def measure(place: Place, city: City, rounds: int) -> list[tuple[str, float, str, str]]:
    """Rates, bytes and delay."""
    now_us = int(time.time()) * 1_000_000
    with worker(place, city.url):
        timed(place, city, frames_of(city, now_us - 40_000_000_000, 10, 10))  # caches, layouts, partitions
        ten = frames_of(city, now_us - 20_000_000_000, rounds * 10, 10)
        seconds = timed(place, city, ten)
        samples_per_s = len(ten) * 10 / seconds
        stored = storage(city)
        one = frames_of(city, now_us - 10_000_000_000, rounds, 1)
        messages_per_s = len(one) / timed(place, city, one)
        delay = flag_delay(place, city, messages_per_s * PACED_SHARE)
    return [
        ("ingest.samples_per_s", samples_per_s, "samples/s", f"{len(city.devices)} devices, 10 samples a packet"),
        ("ingest.messages_per_s", messages_per_s, "messages/s", "one sample a packet"),
        ("flag.delay_p99_s", delay, "s", f"at {PACED_SHARE:.0%} of that rate; from publish to seen in the database"),
        ("storage.bytes_per_sample", stored, "bytes", "raw packet, hash, row and index; 10 samples a packet"),
        *violations(city),
    ]


def storage(city: City) -> float:
    """Bytes on disk of packets with their indexes for each sample in them."""
    with db.connect(city.url) as connection:
        row = connection.execute(
            "SELECT sum(pg_total_relation_size(inhrelid)), (SELECT sum(samples_n) FROM packets) "
            "FROM pg_inherits WHERE inhparent = 'packets'::regclass"
        ).fetchone()
    return float(row[0] / row[1]) if row else float("nan")


def violations(city: City) -> list[tuple[str, float, str, str]]:
    """How much work the zones made: without violations the figures above would be too good."""
    with db.connect(city.url) as connection:
        row = connection.execute("SELECT count(*) FROM violations").fetchone()
        visits = connection.execute("SELECT count(*) FROM visits").fetchone()
    assert row and visits
    return [("ingest.violations", float(row[0]), "violations", f"of {visits[0]} visits")]


def flag_delay(place: Place, city: City, rate: float) -> float:
    """99th percentile of publish to visible, for vehicles that enter a zone under load.

    Every device's packets come one a second in real time; a violation becomes due with the packet that completes
    the minimum dwell. Its publish time is known from the pace; when it can be read is polled.
    """
    seconds = 45
    count = max(50, min(len(city.devices), int(rate)))
    chosen = City(city.url, city.devices[:count])
    start_us = int(time.time()) * 1_000_000 + 4_000_000
    records = frames_of(chosen, start_us, seconds, 1)
    seen: dict[int, float] = {}
    with db.connect(city.url) as connection:
        row = connection.execute("SELECT coalesce(max(id), 0) FROM violations").fetchone()
        last = int(row[0]) if row else 0
        child = publish(place, records, float(count))
        time.sleep(max(0.0, start_us / 1e6 - time.time()))
        begun = go(child)
        while time.time() - begun < seconds + 5:
            rows = connection.execute("SELECT id FROM violations WHERE id > %s", (last,)).fetchall()
            now = time.time()
            seen.update({number: now for (number,) in rows})
            last = max([last, *(number for (number,) in rows)])
            time.sleep(0.02)
        child.communicate()
        due = due_times(connection, chosen, list(seen), start_us, begun, count)
    delays = [seen[number] - due[number] for number in seen if number in due]
    return float(np.percentile(delays, 99)) if delays else float("nan")


def due_times(
    connection: psycopg.Connection, city: City, numbers: list[int], start_us: int, begun: float, rate: float
) -> dict[int, float]:
    """When the packet that made each violation due was published: the first at 30 s of forbidden dwell."""
    place_of = {name: place for place, name in enumerate(city.devices)}
    rows = connection.execute(
        "SELECT v.id, t.device, (extract(epoch FROM v.first_at) * 1000000)::bigint FROM violations v "
        "JOIN terminals t ON t.id = v.terminal_id WHERE v.id = ANY(%s)",
        (numbers,),
    ).fetchall()
    due = {}
    for number, device, first_us in rows:
        second = (first_us - start_us) // 1_000_000 + 30
        if device in place_of and second >= 30:
            due[number] = begun + (second * len(city.devices) + place_of[device]) / rate
    return due
