"""Visits and violations in the database equal a slow obvious version, in whatever order and portions fixes come."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np
import psycopg
import pytest
import shapely

from enforcement.registry.stages import Stage
from enforcement.zones.terms import ZoneTerms
from server import db
from server.flows import flag
from server.flows.ingest import Ingest
from tests.server import ingest_city as city
from tests.server import visit_oracle as oracle
from tests.server.ingest_city import BEGIN_US, SECOND, Sent

pytestmark = pytest.mark.server
HOURS = 3600 * SECOND
PRESENCE = {"min_dwell_s": 40.0, "min_inside_fixes": 3, "max_gap_s": 200.0}


@pytest.fixture
def connection(make_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    with db.connect(make_database()) as one:
        yield one


def url_of(connection: psycopg.Connection) -> str:
    info = connection.info
    return f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"


def blob(rng: np.random.Generator) -> shapely.MultiPolygon:
    """A ragged area with a hole, about two kilometres across."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = 0.012 * (1 + rng.uniform(-0.4, 0.4, 24))
    lon, lat = city.WEST + rng.uniform(-0.01, 0.01), city.SOUTH + rng.uniform(-0.008, 0.008)
    ring = np.column_stack([lon + reach * np.cos(angle) / 0.75, lat + reach * np.sin(angle)])
    hole = np.column_stack([lon + 0.002 * np.cos(angle), lat + 0.002 * np.sin(angle)])
    return shapely.MultiPolygon([shapely.Polygon(ring, [hole])])


def make_zones(connection: psycopg.Connection, rng: np.random.Generator) -> None:
    """Overlapping zones, three with versions that follow each other, one of them allowing what the others forbid."""
    banned = ZoneTerms(min_truck_stage=Stage.V, edge_accuracy_m=12.0, **PRESENCE)
    allowed = ZoneTerms(edge_accuracy_m=0.0, exit_fixes=2, min_dwell_s=10.0, min_inside_fixes=2, max_gap_s=120.0)
    city.version(connection, city.zone(connection), blob(rng), banned)
    two = city.zone(connection)
    city.version(connection, two, blob(rng), banned, to_us=BEGIN_US + HOURS)
    city.version(connection, two, blob(rng), allowed, BEGIN_US + HOURS, BEGIN_US + 2 * HOURS)
    city.version(connection, two, blob(rng), banned, BEGIN_US + 2 * HOURS)
    three = city.zone(connection)
    shape = blob(rng)
    city.version(connection, three, shape, allowed, to_us=BEGIN_US + HOURS)
    city.version(connection, three, shape, banned, BEGIN_US + HOURS, BEGIN_US + 3 * HOURS)


def walk(rng: np.random.Generator, steps: int) -> list[oracle.Fix]:
    """A random walk that stays about the zones, with gaps; some moments are told twice at different places."""
    at_us, lon, lat = BEGIN_US + int(rng.integers(0, 600)) * SECOND, city.WEST, city.SOUTH
    fixes = []
    for _ in range(steps):
        at_us += int(rng.choice([0, 1, 10, 10, 10, 15, 30, 119, 120, 121, 201, 400], p=[0.03, 0.05, *[0.2] * 3, 0.12, 0.1, *[0.02] * 5])) * SECOND  # fmt: skip
        lon += (city.WEST - lon) * 0.02 + rng.normal(0, 0.0025)
        lat += (city.SOUTH - lat) * 0.02 + rng.normal(0, 0.002)
        fixes.append((at_us, round(lon, 6), round(lat, 6)))
    return fixes


def packets_of(rng: np.random.Generator, device: str, fixes: list[oracle.Fix], repeat: bool = True) -> list[Sent]:
    """Packets of one to five fixes; with `repeat` some are sent twice, some fixes issued again in other packets."""
    packets: list[Sent] = []
    at = 0
    while at < len(fixes):
        size = int(rng.integers(1, 6))
        packets.append(Sent(city.topic("json", device), city.report(fixes[at : at + size])))
        at += size
    if not repeat:
        return packets
    again = [packets[int(n)] for n in rng.integers(0, len(packets), len(packets) // 8)]
    for start in rng.integers(0, max(1, len(fixes) - 6), len(packets) // 8).tolist():
        packets.append(Sent(city.topic("json", device), city.report(fixes[start : start + 4], battery=start)))
    return packets + again


def shuffled(rng: np.random.Generator, packets: list[list[Sent]], disorder: float) -> list[Sent]:
    """All packets in an order that leaves the true one by `disorder` of the whole."""
    placed = [(n / len(own) + rng.normal(0, disorder), packet) for own in packets for n, packet in enumerate(own)]
    return [packet for _, packet in sorted(placed, key=lambda one: one[0])]


def batches(rng: np.random.Generator, messages: list[Sent]) -> Iterator[list[Sent]]:
    at = 0
    while at < len(messages):
        size = int(rng.choice([1, 2, 5, 20, 60]))
        yield messages[at : at + size]
        at += size


class Town:
    """Trucks of stages III (bound by the zones) and VI (not bound), with zones, and what the oracle needs to know."""

    def __init__(self, connection: psycopg.Connection, rng: np.random.Generator, terminals: int) -> None:
        make_zones(connection, rng)
        self.accuracy: dict[int, float] = {}
        self.stage: dict[int, str] = {}
        self.devices: dict[int, str] = {}
        for n in range(terminals):
            stage, accuracy_m = ("3", "6", "3")[n % 3], float((0, 5, 25)[n % 3])
            owner = city.truck(connection, stage)
            number = city.terminal(connection, "json", f"TRK-{n}", truck_id=owner, accuracy_m=accuracy_m)
            self.accuracy[number], self.stage[number], self.devices[number] = accuracy_m, stage, f"TRK-{n}"

    def code_of(self, terminal_id: int) -> Callable[[oracle.Version, int], int]:
        """1 (stage too low) where the version bans below V and the truck is of stage III."""
        low = self.stage[terminal_id] == "3"
        return lambda version, _at_us: int(low and version.terms.min_truck_stage is not None)

    def check(self, connection: psycopg.Connection) -> int:
        fixes = oracle.stored_json_fixes(connection)
        return oracle.assert_equal(connection, fixes, self.accuracy, self.code_of)


def end_all(connection: psycopg.Connection) -> None:
    ingest = Ingest(connection)
    with connection.transaction():
        flag.end_silent(connection, ingest.watch, BEGIN_US + 400 * HOURS)


@pytest.mark.parametrize(("seed", "disorder"), [(1, 0.0), (2, 0.002), (3, 0.03), (4, 0.3), (5, 3.0), (6, 0.01)])
def test_any_order_and_portions_give_the_visits_of_all_fixes(
    connection: psycopg.Connection, seed: int, disorder: float
) -> None:
    """Two workers take turns; now and then the silent visits are closed by the clock, as between real batches."""
    rng = np.random.default_rng(seed)
    town = Town(connection, rng, 4)
    packets = [packets_of(rng, device, walk(rng, 220)) for device in town.devices.values()]
    received_us = BEGIN_US + 100 * HOURS
    with db.connect(url_of(connection)) as other:
        workers = [Ingest(connection, 0), Ingest(other, 1)]
        for batch in batches(rng, shuffled(rng, packets, disorder)):
            received_us += SECOND
            worker = workers[int(rng.integers(2))]
            tally = worker.take(batch, received_us)
            assert tally.held == 0
            if rng.random() < 0.05:
                with worker.connection.transaction():
                    flag.end_silent(worker.connection, worker.watch, received_us)
    end_all(connection)
    assert town.check(connection) > 5


def test_the_clock_may_close_what_a_late_packet_goes_on_with(connection: psycopg.Connection) -> None:
    """A backlog: the clock is far ahead of the fixes, and closes every open visit before each batch."""
    rng = np.random.default_rng(11)
    town = Town(connection, rng, 3)
    worker, received_us = Ingest(connection), BEGIN_US + 100 * HOURS
    packets = [packets_of(rng, device, walk(rng, 150), repeat=False) for device in town.devices.values()]
    for batch in batches(rng, shuffled(rng, packets, 0.0)):
        received_us += SECOND
        with connection.transaction():
            flag.end_silent(connection, worker.watch, received_us)
        worker.take(batch, received_us)
    end_all(connection)
    assert town.check(connection) > 3


def test_two_workers_at_once(connection: psycopg.Connection) -> None:
    """Each packet goes to one of two workers or to both, at the same time."""
    rng = np.random.default_rng(21)
    town = Town(connection, rng, 6)
    messages = shuffled(rng, [packets_of(rng, d, walk(rng, 200)) for d in town.devices.values()], 0.01)
    halves: list[list[Sent]] = [[], []]
    for message in messages:
        chosen = int(rng.integers(3))
        for n in range(2):
            if chosen in (n, 2):
                halves[n].append(message)
    faults: list[BaseException] = []

    def run(n: int) -> None:
        own = np.random.default_rng(100 + n)
        try:
            with db.connect(url_of(connection)) as mine:
                ingest, received_us = Ingest(mine, n), BEGIN_US + 100 * HOURS + n
                for batch in batches(own, halves[n]):
                    received_us += SECOND
                    order = own.permutation(len(batch))
                    ingest.take([batch[i] for i in order], received_us)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    end_all(connection)
    assert town.check(connection) > 5


@pytest.mark.shared
@pytest.mark.parametrize("way", ["in order", "shuffled", "twice"])
def test_munich_leaves_its_zone_once(connection: psycopg.Connection, shared_dir: object, way: str) -> None:
    """A real drive out of a real low-emission zone: one visit, and the first fix outside at the stated second."""
    rows = json.loads((shared_dir / "data/gps/munich_trace_x0001-001.json").read_text())  # type: ignore[operator]
    zones = json.loads((shared_dir / "data/control_zones/germany_umweltzonen.geojson").read_text())["features"]  # type: ignore[operator]
    [area] = [shapely.geometry.shape(z["geometry"]) for z in zones if z["properties"]["name"] == "lez_munich"]
    shape = shapely.MultiPolygon(shapely.get_parts(area).tolist())
    terms = ZoneTerms(min_truck_stage=Stage.V, edge_accuracy_m=0.0)
    city.version(connection, city.zone(connection), shape, terms, from_us=1)
    number = city.terminal(connection, "json", "MUC", truck_id=city.truck(connection, "6"))
    fixes = []
    for row in rows:
        point = shapely.from_wkt(row["point"])
        fixes.append((round(datetime.fromisoformat(row["time"]).timestamp()) * SECOND, point.x, point.y))
    rng = np.random.default_rng(5)
    messages = [Sent(city.topic("json", "MUC"), city.report(fixes[n : n + 10])) for n in range(0, len(fixes), 10)]
    if way == "shuffled":
        messages = [messages[n] for n in rng.permutation(len(messages))]
    ingest = Ingest(connection)
    for _ in range(2 if way == "twice" else 1):
        for n in range(0, len(messages), 7):
            ingest.take(messages[n : n + 7], BEGIN_US + n)
    end_all(connection)
    oracle.assert_equal(connection, {number: fixes}, {number: 0.0}, lambda _t: lambda _v, _at: 0)
    [visit] = oracle.kept_visits(connection)[number]
    assert visit["ending"] == "left" and visit["inside"] == 340
    first_out = round(datetime.fromisoformat("2014-09-10T06:59:47+02:00").timestamp()) * SECOND
    assert min(at for at, *_ in fixes if at > visit["last"]) == first_out
