"""Kill -9 of worker, database and broker while frames flow: nothing answered "right" is lost, nothing is there twice.

FAULT_ROUNDS (20) says how many rounds; each is seeded. The database keeps its promise of durability here.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest

from server import db
from server.flows import flag
from server.flows.ingest import Ingest
from server.launch import databases, processes
from server.launch.broker_files import BrokerAccount, Role
from server.launch.mosquitto import Mosquitto, start_mosquitto
from server.launch.ports import free_port
from server.launch.postgres import Postgres, start_postgres
from server.store import completeness
from tests.faults import fleet_of
from tests.faults.terminals import PASSWORD, USER, Gateway, Outgoing
from tests.server import ingest_city as city
from tests.server import visit_oracle as oracle

pytestmark = [pytest.mark.faults, pytest.mark.server, pytest.mark.broker]
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "20"))
ROOT = Path(__file__).resolve().parents[2]
DRIVERS, PER_SECOND, ROUND_S = 12, 120.0, 3.0
SLOTS = 2
SETTLE_S = 120.0
MOST_RSS_MB = 400
ACCOUNTS = (BrokerAccount("ingest", "ingest-password", Role.INGEST), BrokerAccount(USER, PASSWORD, Role.GATEWAY))


@dataclass
class Platform:
    """A database, a broker and worker slots, each of which can be killed and started again."""

    cluster: Postgres
    broker: Mosquitto
    url: str
    directory: Path
    workers: dict[int, int] = field(default_factory=dict)
    most_rss_mb: float = 0.0

    def start_worker(self, slot: int) -> None:
        environment = {"DATABASE_URL": self.url, "MQTT_URL": self.broker.url, "PYTHONPATH": str(ROOT)}
        argv = [sys.executable, "-X", "faulthandler", "-m", "server.cli", "ingest", "--slot", str(slot)]
        log = self.directory / f"worker-{slot}.log"
        child = processes.spawn(processes.Command(argv, ROOT, self.directory, log, None, environment))
        child.returncode = 0  # it is waited for by `end_worker`, not by this handle
        self.workers[slot] = child.pid

    def end_worker(self, slot: int, number: signal.Signals = signal.SIGKILL) -> None:
        pid = self.workers.pop(slot, None)
        if pid is not None:
            self.most_rss_mb = max(self.most_rss_mb, rss_mb(pid))
            processes.send([pid], number)
            assert not processes.wait_gone([pid], 30)
            os.waitpid(pid, 0)

    def kill(self, part: str) -> None:
        match part.split("-"):
            case ["worker", slot]:
                self.end_worker(int(slot))
            case ["database"]:
                self.cluster.kill()
            case _:
                self.broker.kill()

    def revive(self, part: str) -> None:
        match part.split("-"):
            case ["worker", slot]:
                self.start_worker(int(slot))
            case ["database"]:
                self.cluster.restart()
            case _:
                self.broker.restart()

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self.directory.glob("worker-*.log")))


def rss_mb(pid: int) -> float:
    """The largest resident memory of a process so far."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


@pytest.fixture
def platform(run_dir: Path, worker: str, request: pytest.FixtureRequest) -> Iterator[Platform]:
    directory = run_dir / f"faults-{worker}-{request.node.name}"
    directory.mkdir(parents=True)
    cluster = start_postgres(directory / "postgres", free_port(), settings={"shared_buffers": "128MB"})
    broker = start_mosquitto(directory / "mosquitto", free_port(), ACCOUNTS)
    url = databases.prepare(cluster)
    db.migrate(url)
    one = Platform(cluster, broker, url, directory)
    yield one
    for slot in list(one.workers):
        one.end_worker(slot)
    broker.kill()
    cluster.stop()  # a killed one would leave shared memory behind


def wait_until(true: Callable[[], bool], patience_s: float, said: Callable[[], str]) -> None:
    until = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < until, said()
        time.sleep(0.05)


def settled(gateway: Gateway, platform: Platform) -> None:
    """Wait until every frame has been answered."""
    wait_until(
        lambda: gateway.done or gateway.fault is not None,
        SETTLE_S,
        lambda: f"{len(gateway.fresh)} unsent, {len(gateway.outstanding)} unanswered\n{platform.logs()[-3000:]}",
    )
    gateway.stopping = True
    gateway.join(10)
    assert gateway.fault is None
    assert gateway.log.strange == []


@pytest.mark.timeout(300 + ROUNDS * 30)
def test_nothing_is_lost_or_doubled(platform: Platform) -> None:
    rng, chance = np.random.default_rng(2024), random.Random(2024)
    frames = int(ROUNDS * ROUND_S * PER_SECOND / DRIVERS) + 60
    begin_us = (int(time.time()) - frames * fleet_of.STEP_S - 3600) * city.SECOND
    with db.connect(platform.url) as connection:
        fleet_of.make_zones(connection, begin_us)
        drivers = fleet_of.make_drivers(connection, DRIVERS)
    fleet_of.drive(drivers, begin_us, frames, rng)
    queue = fleet_of.queue_of(drivers, rng)
    for slot in range(SLOTS):
        platform.start_worker(slot)
    gateway = Gateway(platform.broker, queue, PER_SECOND, 1)
    gateway.start()
    turns = ("worker-0", "database", "broker", "worker-1")
    for number in range(ROUNDS):
        victims = {turns[number % 4], *([chance.choice(turns)] if chance.random() < 0.3 else [])}
        time.sleep(chance.uniform(0.2, 1.5))
        for part in sorted(victims):
            platform.kill(part)
        time.sleep(chance.uniform(0.0, 0.5))
        for part in sorted(victims, key=lambda one: chance.random()):
            platform.revive(part)
    settled(gateway, platform)
    for slot in range(SLOTS):
        platform.end_worker(slot, signal.SIGTERM)
    print(f"\n{len(queue)} frames, sent {gateway.log.sent} times; a worker's memory {platform.most_rss_mb:.0f} MB")
    assert "Traceback" not in platform.logs()
    with db.connect(platform.url) as connection:
        check_packets(connection, queue, gateway)
        check_gaps(platform.url, drivers)
        check_violations(connection, drivers)


def check_packets(connection: psycopg.Connection, queue: list[Outgoing], gateway: Gateway) -> None:
    """Every frame once in `packets`, every garbled one once in quarantine, and nothing else in either."""
    stored = [row[0].hex() for row in connection.execute("SELECT sha256 FROM packets").fetchall()]
    assert len(stored) == len(set(stored))
    assert set(stored) == {Outgoing(one.topic, one.frame).key for one in queue} == gateway.log.answered_right
    held = [row[0].hex() for row in connection.execute("SELECT sha256 FROM quarantine").fetchall()]
    assert set(held) == {one.key for one in queue if one.garbled} == gateway.log.answered_wrong
    assert len(held) == len(set(held))


def check_gaps(url: str, drivers: list[fleet_of.Driver]) -> None:
    """What was never sent is named, by first and last serial, and nothing else is."""
    engine = db.connect_engine(url)
    with engine.connect() as connection:
        for driver in drivers:
            if driver.kind != "json":
                ends = [city.moment(driver.fixes[place][0]) for place in (0, -1)]
                found = completeness.gaps(connection, driver.id, ends[0], ends[1] + timedelta(seconds=1), 3600)
                named = [(gap.first, gap.last) for gap in found if gap.kind == "serial"]
                assert named == driver.never_sent, driver
                assert len(found) == len(named)
    engine.dispose()


def check_violations(connection: psycopg.Connection, drivers: list[fleet_of.Driver]) -> None:
    ingest = Ingest(connection)
    with connection.transaction():
        flag.end_silent(connection, ingest.watch, (int(time.time()) + 86_400) * city.SECOND)
    by_id = {driver.id: driver for driver in drivers}
    found = oracle.assert_equal(
        connection,
        {number: driver.fixes for number, driver in by_id.items()},
        dict.fromkeys(by_id, 0.0),
        lambda number: by_id[number].code_of,
    )
    assert found > 0


@pytest.mark.timeout(400)
def test_a_backlog_is_taken_in_with_bounded_memory(platform: Platform) -> None:
    """No worker runs while 30,000 messages queue up (the slot has subscribed before); then one takes them all in."""
    with db.connect(platform.url) as connection:
        fleet_of.make_zones(connection, city.BEGIN_US)
        drivers = fleet_of.make_drivers(connection, 30)
    rng = np.random.default_rng(5)
    fleet_of.drive(drivers, city.BEGIN_US, 1000, rng)
    queue = fleet_of.queue_of(drivers, rng)
    platform.start_worker(0)
    wait_until(lambda: "ingest-0" in platform.broker.log.read_text(), 30, platform.logs)
    time.sleep(0.5)
    platform.end_worker(0)
    publish_all(platform.broker, queue)
    platform.start_worker(0)
    with db.connect(platform.url) as connection:
        good = sum(one.garbled is None for one in queue)
        wait_until(lambda: stored_n(connection) >= good, 180, platform.logs)
        assert stored_n(connection) == good
    platform.end_worker(0, signal.SIGTERM)
    print(f"\n{len(queue)} messages queued: a worker's memory {platform.most_rss_mb:.0f} MB")
    assert platform.most_rss_mb < MOST_RSS_MB


def publish_all(broker: Mosquitto, queue: list[Outgoing]) -> int:
    """Publish at QoS 1 and wait for every acknowledgement of the broker."""
    gateway = Gateway(broker, [], 1.0, 0)
    gateway._connect()
    for n, one in enumerate(queue):
        gateway._send(one, 0.0)
        while n - gateway.log.acknowledged > 500:
            gateway._read()
    while gateway.log.acknowledged < len(queue):
        gateway._read()
    gateway._close()
    return gateway.log.acknowledged


def stored_n(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM packets").fetchone()
    assert row
    return int(row[0])


@pytest.mark.timeout(200)
def test_a_database_stopped_for_ten_seconds_loses_nothing(platform: Platform) -> None:
    with db.connect(platform.url) as connection:
        fleet_of.make_zones(connection, city.BEGIN_US)
        drivers = fleet_of.make_drivers(connection, DRIVERS)
    rng = np.random.default_rng(6)
    fleet_of.drive(drivers, city.BEGIN_US, 200, rng)
    queue = fleet_of.queue_of(drivers, rng)
    platform.start_worker(0)
    gateway = Gateway(platform.broker, queue, PER_SECOND, 2)
    gateway.start()
    wait_until(lambda: len(gateway.log.answered_right) > 100, 60, platform.logs)
    platform.cluster.stop()
    time.sleep(10)
    platform.cluster.start()
    settled(gateway, platform)
    platform.end_worker(0, signal.SIGTERM)
    assert "Traceback" not in platform.logs()
    with db.connect(platform.url) as connection:
        check_packets(connection, queue, gateway)
        check_violations(connection, drivers)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("pause_s", [0.0, 6.0])
def test_what_the_brokers_own_acknowledgement_is_worth(platform: Platform, pause_s: float) -> None:
    """Measured, not asserted: messages acknowledged by the broker that a kill -9 loses, with an idle worker slot."""
    with db.connect(platform.url) as connection:
        drivers = fleet_of.make_drivers(connection, 20)
    rng = np.random.default_rng(7)
    fleet_of.drive(drivers, city.BEGIN_US, 120, rng)
    queue = [Outgoing(one.topic, one.frame) for one in fleet_of.queue_of(drivers, rng)]
    platform.start_worker(0)
    wait_until(lambda: "ingest-0" in platform.broker.log.read_text(), 30, platform.logs)
    time.sleep(6)  # the session is on disk
    platform.end_worker(0)
    acknowledged = publish_all(platform.broker, queue)
    time.sleep(pause_s)
    platform.broker.kill()
    platform.broker.restart()
    platform.start_worker(0)
    time.sleep(12)
    with db.connect(platform.url) as connection:
        kept = stored_n(connection)
    print(f"\nacknowledged {acknowledged}, killed {pause_s} s later: lost {acknowledged - kept}")
    assert 0 <= kept <= acknowledged
