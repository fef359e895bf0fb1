"""What becomes of visits that a rule forbids: made once, moved on, judged anew, and never altered once decided."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from enforcement.registry.stages import Stage
from enforcement.zones.terms import Window, ZoneTerms
from enforcement.zones.terms_json import to_json
from server import db
from server.flows import flag
from server.flows.ingest import Ingest
from server.flows.replay_quarantine import replay
from server.store.audit import PLATFORM
from tests.server import ingest_city as city
from tests.server.ingest_city import BEGIN_US, SECOND, Sent

pytestmark = pytest.mark.server
IN, OUT = (city.WEST + 0.005, city.SOUTH + 0.005), (city.WEST - 0.01, city.SOUTH + 0.005)
MINUTE = 60 * SECOND


@dataclass
class Scene:
    """One zone, one truck of stage III, and its positions."""

    connection: psycopg.Connection
    ingest: Ingest
    zone_id: int
    version_id: int
    truck_id: int
    terminal_id: int
    device: str
    at_us: int = BEGIN_US + 3600 * SECOND
    told: dict[int, tuple[float, float]] = field(default_factory=dict)

    def go(self, *steps: tuple[int, tuple[float, float]]) -> None:
        """Fixes (seconds from the beginning, place), one packet, one batch."""
        self.at_us += SECOND
        fixes = [(BEGIN_US + second * SECOND, *place) for second, place in steps]
        tally = self.ingest.take([Sent(city.topic("json", self.device), city.report(fixes))], self.at_us)
        assert (tally.stored, tally.held) == (1, 0)

    def stay(self, first: int, last: int, place: tuple[float, float] = IN, every: int = 10) -> None:
        self.go(*((second, place) for second in range(first, last + 1, every)))

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, values or None).fetchall()  # type: ignore[arg-type]

    def violations(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM violations WHERE terminal_id = %s ORDER BY id", self.terminal_id)

    def standing(self) -> list[tuple[int, int]]:
        """First and last second of the violations that stand."""
        return sorted(
            tuple(round(one[name].timestamp()) - BEGIN_US // SECOND for name in ("first_at", "last_at"))  # type: ignore[misc]
            for one in self.violations()
            if one["status"] != "superseded"
        )

    def decide(self, status: str) -> dict[str, Any]:
        found = self.connection.execute(
            "WITH o AS (INSERT INTO organisations (kind, level, code, name_zh, name_en, division) VALUES "
            "('ecology', 'city', gen_random_uuid()::text, 'o', 'o', '211300') RETURNING id) "
            "INSERT INTO users (username, password_hash, name, roles, organisation_id) "
            "SELECT gen_random_uuid()::text, 'x', 'x', '{officer}', id FROM o RETURNING id"
        ).fetchone()
        assert found
        self.connection.execute(
            "UPDATE violations SET status = %s, decided_at = now(), decided_by = %s, decision_reason = 'seen' "
            "WHERE terminal_id = %s AND status = 'flagged'",
            (status, found[0], self.terminal_id),
        )
        [one] = [one for one in self.violations() if one["status"] == status]
        return one


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with db.connect(database_url) as one:
        one.execute("TRUNCATE violations, leads, visits, whitelist_entries, zone_versions, zones CASCADE")
        yield one


@pytest.fixture
def scene(connection: psycopg.Connection) -> Scene:
    zone_id = city.zone(connection)
    version_id = city.version(connection, zone_id, city.square())
    truck_id = city.truck(connection)
    device = f"TRK-V{next(city.numbers)}"
    terminal_id = city.terminal(connection, "json", device, truck_id=truck_id)
    return Scene(connection, Ingest(connection), zone_id, version_id, truck_id, terminal_id, device)


def test_one_violation_a_visit_with_its_verdict(scene: Scene) -> None:
    scene.go((0, OUT), (10, IN), (20, IN))
    assert scene.violations() == []
    scene.go((30, IN), (40, IN))
    [one] = scene.violations()
    assert (one["status"], one["zone_version_id"], one["truck_id"]) == ("flagged", scene.version_id, scene.truck_id)
    assert one["reason_codes"] == ["stage_too_low"] and one["law"] == "CODE"
    assert one["division"] == "211302" and one["number"].startswith("V20261120-")
    verdict = one["verdict"]
    assert verdict["subject"]["kind"] == "truck" and verdict["terminal"]["device"] == scene.device
    assert verdict["sentence"]["zh"] and verdict["sentence"]["en"] and verdict["rules"]
    scene.stay(50, 300)
    scene.go((310, OUT), (320, OUT), (330, OUT), (340, OUT))
    [last] = scene.violations()
    assert scene.standing() == [(10, 300)] and last["number"] == one["number"] and last["dwell_s"] == 290
    assert last["verdict"]["segments"][0]["fixes"] == 30
    scene.stay(1000, 1100)
    assert scene.standing() == [(10, 300), (1000, 1100)]


def test_a_lead_that_fell_away_stands_again_when_later_packets_say_so(scene: Scene) -> None:
    """Packets out of order: flagged, then not forbidden after all, then forbidden again; one row throughout."""
    scene.go((0, IN), (60, IN), (120, IN))
    assert scene.standing() == [(0, 120)]
    scene.go((10, OUT), (20, OUT), (30, OUT), (70, OUT), (80, OUT), (90, OUT))
    assert scene.standing() == []
    assert [one["status"] for one in scene.violations()] == ["superseded"]
    scene.go((15, IN), (25, IN))
    assert scene.standing() == [(0, 60)]
    assert [one["status"] for one in scene.violations()] == ["flagged"]
    scene.go((75, IN), (85, IN))
    assert scene.standing() == [(0, 120)]


@pytest.mark.parametrize("status", ["confirmed", "dismissed"])
def test_a_decision_is_never_altered_by_later_data(scene: Scene, status: str) -> None:
    scene.stay(100, 200)
    before = scene.decide(status)
    scene.stay(210, 300)
    scene.go((310, OUT), (320, OUT), (330, OUT))
    [after] = scene.violations()
    assert {key: after[key] for key in after if key != "revised"} == {
        key: before[key] for key in before if key != "revised"
    }
    assert len(after["revised"]) == 1 and after["revised"][0]["last_us"] == BEGIN_US + 300 * SECOND
    scene.go((105, OUT), (106, OUT), (107, OUT))
    [same, *rest] = scene.violations()
    assert {**same, "revised": 0} == {**before, "revised": 0}
    assert len(same["revised"]) == 2 and rest == []


def test_a_decided_part_of_a_longer_visit_makes_no_second_lead(scene: Scene) -> None:
    """Two visits, the later one decided; a late packet shows that they were one."""
    scene.stay(0, 20)
    scene.stay(1000, 1100)
    scene.decide("confirmed")
    scene.stay(30, 990)
    [one] = scene.violations()
    assert one["status"] == "confirmed" and scene.standing() == [(1000, 1100)]
    scene.go((1110, OUT), (1120, OUT), (1130, OUT))
    [one] = scene.violations()
    assert one["revised"][-1]["first_us"] == BEGIN_US


def test_a_new_zone_version_during_a_visit_is_heard_at_once(scene: Scene) -> None:
    """A stricter version published while the truck is inside: allowed until it holds, a violation from then on."""
    allowed = city.zone(scene.connection)
    first = city.version(scene.connection, allowed, city.square(city.WEST + 1), ZoneTerms(edge_accuracy_m=0.0))
    place = (IN[0] + 1, IN[1])
    scene.stay(0, 100, place)
    assert scene.violations() == []
    change_us = BEGIN_US + 200 * SECOND
    scene.connection.execute("UPDATE zone_versions SET valid_to = %s WHERE id = %s", (city.moment(change_us), first))
    second = city.version(scene.connection, allowed, city.square(city.WEST + 1), city.TERMS, change_us)
    scene.stay(110, 300, place)
    assert scene.standing() == [(200, 300)]
    [one] = scene.violations()
    assert one["zone_version_id"] == second and one["verdict"]["segments"][0]["version"] == 2
    [visit] = scene.rows("SELECT * FROM visits WHERE zone_id = %s", allowed)
    assert round(visit["first_at"].timestamp()) * SECOND == BEGIN_US


def test_hours(scene: Scene) -> None:
    """Forbidden from 09:00 Beijing time on: the fixes before it are allowed ones."""
    zone = city.zone(scene.connection)
    terms = ZoneTerms(min_truck_stage=Stage.V, edge_accuracy_m=0.0, windows=(Window(9 * 60, 17 * 60),))
    city.version(scene.connection, zone, city.square(city.WEST + 2), terms)
    scene.stay(3500, 3700, (IN[0] + 2, IN[1]), 10)
    assert scene.standing() == [(3600, 3700)]


def test_a_whitelist_entry_holds_for_its_period(scene: Scene) -> None:
    scene.connection.execute(
        "INSERT INTO whitelist_entries (truck_id, zone_id, purpose, valid_from, valid_to, approver, state) "
        "VALUES (%s, %s, 'people_supply', %s, %s, 'bureau', 'active')",
        (scene.truck_id, scene.zone_id, city.moment(BEGIN_US), city.moment(BEGIN_US + 100 * SECOND)),
    )
    scene.stay(0, 90)
    assert scene.violations() == []
    scene.stay(100, 200)
    assert scene.standing() == [(100, 200)]
    scene.connection.execute("UPDATE whitelist_entries SET valid_to = %s", (city.moment(BEGIN_US + 3600 * SECOND),))
    scene.stay(1000, 1200)
    assert scene.standing() == [(100, 200)]


def test_a_suspended_whitelist_entry_gives_no_leave_until_the_suspension_ends(scene: Scene) -> None:
    entry = scene.connection.execute(
        "INSERT INTO whitelist_entries (truck_id, purpose, valid_from, valid_to, approver, state) "
        "VALUES (%s, 'people_supply', %s, %s, 'bureau', 'active') RETURNING id",
        (scene.truck_id, city.moment(BEGIN_US), city.moment(BEGIN_US + 7200 * SECOND)),
    ).fetchone()
    assert entry
    scene.stay(0, 200)
    assert scene.violations() == []
    scene.connection.execute(
        "INSERT INTO whitelist_suspensions (entry_id, from_at, cause, reason_zh, reason_en) "
        "VALUES (%s, %s, 'failed_test', 'x', 'x')",
        (entry[0], city.moment(BEGIN_US + 1000 * SECOND)),
    )
    scene.stay(900, 1200)
    assert scene.standing() == [(1000, 1200)]
    scene.connection.execute(
        "UPDATE whitelist_suspensions SET to_at = %s, ended_reason = 'mended'",
        (city.moment(BEGIN_US + 3000 * SECOND),),
    )
    scene.stay(3100, 3300)
    assert scene.standing() == [(1000, 1200)]


def test_a_change_of_the_register_is_heard_before_the_next_batch(scene: Scene) -> None:
    with db.connect(scene.connection.info.dsn + f" password={scene.connection.info.password}") as other:
        other.execute("UPDATE trucks SET stage = '6' WHERE id = %s", (scene.truck_id,))
        scene.stay(0, 100)
        assert scene.violations() == []
        other.execute("UPDATE trucks SET stage = '3' WHERE id = %s", (scene.truck_id,))
        scene.stay(1000, 1100)
        assert scene.standing() == [(1000, 1100)]


def test_a_terminal_of_nothing_on_file_makes_a_lead_and_no_violation(scene: Scene) -> None:
    scene.connection.execute("UPDATE terminals SET truck_id = NULL WHERE id = %s", (scene.terminal_id,))
    scene.stay(0, 100)
    scene.stay(110, 200)
    assert scene.violations() == []
    [lead] = scene.rows("SELECT * FROM leads")
    assert (lead["kind"], lead["terminal_id"], lead["zone_id"]) == (
        "unregistered_subject",
        scene.terminal_id,
        scene.zone_id,
    )
    assert lead["last_at"] - lead["first_at"] == timedelta(seconds=200)


def test_a_machine_below_the_stage(scene: Scene) -> None:
    owner = city.machine(scene.connection, f"M{next(city.numbers)}")
    scene.connection.execute(
        "UPDATE terminals SET truck_id = NULL, machine_id = %s WHERE id = %s", (owner, scene.terminal_id)
    )
    scene.stay(0, 100)
    [one] = scene.violations()
    assert (one["machine_id"], one["truck_id"]) == (owner, None)


def test_an_unknown_device_is_held_makes_a_lead_and_is_replayed_once_registered(
    scene: Scene, database_url: str
) -> None:
    name, topic = "TRK-LATER", city.topic("json", "TRK-LATER")
    for n in range(3):
        fixes = [(BEGIN_US + (100 * n + k) * SECOND, *IN) for k in range(0, 100, 10)]
        tally = scene.ingest.take([Sent(topic, city.report(fixes))], scene.at_us + n)
        assert (tally.stored, tally.held) == (0, 1)
        assert b"unknown_device" in tally.replies[0].payload
    [lead] = scene.rows("SELECT * FROM leads")
    assert (lead["kind"], lead["device"], lead["zone_id"], lead["times"]) == ("unknown_device", name, scene.zone_id, 30)
    number = city.terminal(scene.connection, "json", name, truck_id=city.truck(scene.connection))
    held = scene.rows("SELECT id, received_at FROM quarantine WHERE topic = %s ORDER BY id", topic)
    engine = db.connect_engine(database_url)
    assert replay(engine, [row["id"] for row in held], PLATFORM) == 3
    engine.dispose()
    assert {row["state"] for row in scene.rows("SELECT state FROM quarantine WHERE topic = %s", topic)} == {"replayed"}
    stored = scene.rows("SELECT received_at FROM packets WHERE terminal_id = %s ORDER BY 1", number)
    assert [row["received_at"] for row in stored] == [row["received_at"] for row in held]
    [one] = scene.rows("SELECT * FROM violations WHERE terminal_id = %s", number)
    assert (one["dwell_s"], one["status"]) == (290, "flagged")


def test_a_replay_holds_again_what_still_cannot_be_read(scene: Scene, database_url: str) -> None:
    topic = city.topic("json", scene.device)
    scene.ingest.take([Sent(topic, b'{"time": "never"}')], scene.at_us)
    [row] = scene.rows("SELECT id FROM quarantine WHERE topic = %s", topic)
    engine = db.connect_engine(database_url)
    assert replay(engine, [row["id"]], PLATFORM) == 0
    engine.dispose()
    assert scene.rows("SELECT state, times FROM quarantine WHERE topic = %s", topic) == [{"state": "held", "times": 2}]


def test_unreadable_terms_leave_out_one_zone_and_say_so(scene: Scene) -> None:
    """A version whose terms no longer read (an old word) must not stop the workers."""
    zone = city.zone(scene.connection)
    scene.connection.execute(
        "INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from) "
        "SELECT %s, 1, geometry, %s, valid_from FROM zone_versions WHERE id = %s",
        (zone, Jsonb({**to_json(city.TERMS), "min_truck_stage": "XIV"}), scene.version_id),
    )
    scene.stay(0, 100)
    assert scene.standing() == [(0, 100)]
    [alarm] = scene.rows("SELECT detail FROM alarms WHERE kind = 'unreadable_zone'")
    assert "min_truck_stage" in alarm["detail"]["fault"]


def test_silent_visits_are_closed_by_the_clock_and_the_verdict_is_final(scene: Scene) -> None:
    scene.stay(0, 100)
    now_us = BEGIN_US + 100 * SECOND + 601 * SECOND
    with scene.connection.transaction():
        assert flag.end_silent(scene.connection, scene.ingest.watch, now_us - 2 * SECOND) == 0
        assert flag.end_silent(scene.connection, scene.ingest.watch, now_us) == 1
        assert flag.end_silent(scene.connection, scene.ingest.watch, now_us) == 0
    assert scene.rows("SELECT open FROM visits") == [{"open": False}]
    scene.stay(110, 150)
    assert scene.standing() == [(0, 150)]
    assert len(scene.rows("SELECT id FROM visits")) == 1


def test_zones_that_overlap_flag_each(scene: Scene) -> None:
    other = city.zone(scene.connection)
    city.version(scene.connection, other, city.square(city.WEST + 0.004, city.SOUTH + 0.004))
    scene.stay(0, 100)
    assert {one["zone_id"] for one in scene.violations()} == {scene.zone_id, other}


def test_the_law_is_that_of_the_day_of_the_act(scene: Scene) -> None:
    """Late history from before the Code: judged by the law of its day."""
    begin = date(2026, 8, 10)
    shift = round((begin - city.BEGIN.date()).total_seconds())
    zone = city.zone(scene.connection)
    city.version(scene.connection, zone, city.square(city.WEST + 3), from_us=BEGIN_US + (shift - 86_400) * SECOND)
    scene.stay(shift, shift + 100, (IN[0] + 3, IN[1]))
    [one] = scene.violations()
    assert one["law"] == "APPCL"
