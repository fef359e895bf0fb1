"""Contradictions become leads, each once: register, tracks of terminals, captures; late rows wait for their time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from server.db import transaction
from server.flows import find_contradictions
from tests.server import ledger_review_world as world
from tests.server.conftest import City

pytestmark = pytest.mark.server
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SEEN = NOW - timedelta(days=3)
BOX = "SRID=4326;MULTIPOLYGON(((120.4 41.5, 120.42 41.5, 120.42 41.52, 120.4 41.52, 120.4 41.5)))"


class Place:
    """A plant with a gate and a site, and a truck with a terminal."""

    def __init__(self, connection: Connection, n: int) -> None:
        one = lambda sql, **v: connection.execute(text(sql), v).scalar_one()  # noqa: E731
        self.enterprise = world.make_enterprise(connection, f"矛盾厂{n}")
        self.plate = f"辽N9{n:04}"
        self.truck = one(
            "INSERT INTO trucks (plate, plate_colour, fuel, stage, vin) VALUES (:p, 'yellow', 'diesel', '5', :v) RETURNING id",
            p=self.plate, v=f"LFWSRXRJ6H1E{n:05}",
        )  # fmt: skip
        self.terminal = one(
            "INSERT INTO terminals (kind, device, truck_id) VALUES ('json', :d, :t) RETURNING id",
            d=f"K{n}",
            t=self.truck,
        )
        one(
            "INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name, location) VALUES (:e, '211302', '1',"
            " '01', '门', ST_SetSRID(ST_MakePoint(:x, 41.5), 4326)) RETURNING id", e=self.enterprise, x=120.41 + n % 50,
        )  # fmt: skip
        self.lon = 120.41 + n % 50
        self.zone = one(
            "INSERT INTO zones (code, name_zh, name_en, division, kind) VALUES (:c, '厂区', 'site', '211302', 'site') RETURNING id",
            c=f"S-{n}",
        )  # fmt: skip
        one(
            "INSERT INTO sites (enterprise_id, zone_id, division, name, kind) VALUES (:e, :z, '211302', '厂区', 'plant') RETURNING id",
            e=self.enterprise, z=self.zone,
        )  # fmt: skip

    def passage(self, at: datetime, **more: Any) -> dict[str, Any]:
        given = {"plate": self.plate, "truck_id": self.truck, "vin": f"LFWSRXRJ6H1E{int(self.plate[3:]):05}"}
        return world.passage(self.enterprise, at, **(given | more))

    def visit(self, connection: Connection, first: datetime, last: datetime, **more: Any) -> int:
        values = {"established": True, "open": False, "superseded": False} | more
        found: int = connection.execute(
            text(
                "INSERT INTO visits (terminal_id, zone_id, first_at, last_at, established, open, superseded, state)"
                " VALUES (:t, :z, :f, :l, :established, :open, :superseded, '{}') RETURNING id"
            ),
            {"t": self.terminal, "z": self.zone, "f": first, "l": last, **values},
        ).scalar_one()
        return found


@pytest.fixture
def place(engine: Engine, city: City, request: pytest.FixtureRequest) -> Place:
    n = sum(map(ord, request.node.name)) % 9000
    with transaction(engine) as connection:
        made = Place(connection, n)
        world.put(connection, made.passage(SEEN - timedelta(days=20), received_at=SEEN - timedelta(days=20)))
        connection.execute(text("DELETE FROM ledger_review_marks"))
    return made


def leads(engine: Engine, place: Place, now: datetime = NOW) -> list[Any]:
    find_contradictions.run(engine, now)
    with transaction(engine) as connection:
        return list(
            connection.execute(
                text("SELECT * FROM leads WHERE enterprise_id = :e ORDER BY kind, key"), {"e": place.enterprise}
            )
        )


def put(engine: Engine, *rows: dict[str, Any]) -> None:
    with transaction(engine) as connection:
        world.put(connection, *rows)


def test_stage_fuel_and_vin_against_the_register(engine: Engine, place: Place) -> None:
    put(
        engine,
        place.passage(SEEN, stage="6"),
        place.passage(SEEN + timedelta(minutes=5), stage="6"),
        place.passage(SEEN + timedelta(minutes=9), fuel="natural_gas", vin="LFWSRXRJ9H1E00000"),
        place.passage(SEEN + timedelta(minutes=12)),
        place.passage(SEEN + timedelta(minutes=15), stage="X", vin=None, fuel="unknown"),
    )
    found = leads(engine, place)
    assert [lead.kind for lead in found] == ["fuel_differs", "stage_differs", "vin_differs"]
    stage = found[1]
    assert (stage.truck_id, stage.division, stage.detail["passages"], stage.times) == (place.truck, "211302", 2, 1)
    assert "国六" in stage.detail["zh"]
    assert "review.visit_tolerance_min@2016-01-01" in stage.detail["rules"]


def test_nothing_is_told_twice_and_new_rows_count(engine: Engine, place: Place) -> None:
    put(engine, place.passage(SEEN, stage="4"))
    assert [lead.times for lead in leads(engine, place)] == [1]
    assert [lead.times for lead in leads(engine, place, NOW + timedelta(hours=1))] == [1]
    put(engine, place.passage(NOW + timedelta(hours=2), stage="4"))
    assert [lead.times for lead in leads(engine, place, NOW + timedelta(hours=3))] == [2]


def test_rows_wait_until_their_batch_is_written(engine: Engine, place: Place) -> None:
    put(engine, place.passage(NOW - timedelta(hours=1), stage="4", received_at=NOW - timedelta(minutes=4)))
    assert leads(engine, place) == []
    assert len(leads(engine, place, NOW + timedelta(minutes=2))) == 1


def test_a_visit_without_a_passage(engine: Engine, place: Place) -> None:
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    with transaction(engine) as connection:
        missing = place.visit(connection, SEEN, SEEN + hour)
        place.visit(connection, SEEN + 5 * hour, SEEN + 6 * hour)  # passed 30 min before it: known
        place.visit(connection, SEEN + 10 * hour, SEEN + 11 * hour)  # passed 31 min after it: missing
        place.visit(connection, SEEN + 20 * hour, SEEN + 21 * hour, established=False)
        place.visit(connection, SEEN + 22 * hour, SEEN + 23 * hour, superseded=True)
        place.visit(connection, NOW - 23 * hour, NOW - 22 * hour)  # its passage may still come
        world.put(
            connection, place.passage(SEEN + 5 * hour - 30 * minute), place.passage(SEEN + 11 * hour + 31 * minute)
        )
    found = leads(engine, place)
    assert [lead.kind for lead in found] == ["track_without_passage"] * 2
    assert str(missing) in {lead.key for lead in found}
    assert found[0].zone_id == place.zone


def test_vehicles_of_the_plant_pass_no_gate(engine: Engine, place: Place) -> None:
    with transaction(engine) as connection:
        place.visit(connection, SEEN, SEEN + timedelta(hours=1))
        connection.execute(
            text(
                "INSERT INTO plant_vehicles (enterprise_id, division, truck_id, internal_no, fuel, stage, source, content_sha256)"
                " VALUES (:e, '211302', :t, '1', 'diesel', '5', 'hand', sha256('x'::bytea))"
            ),
            {"e": place.enterprise, "t": place.truck},
        )
    assert leads(engine, place) == []


def fix(connection: Connection, place: Place, at: datetime, lon: float, lat: float = 41.5) -> None:
    values: list[float | None] = [None] * 26
    values[0:3] = [at.timestamp() * 1e6, lon, lat]
    values[3] = 1.0
    connection.execute(
        text(
            "INSERT INTO packets (measured_at, last_at, received_at, digest, terminal_id, serial, flags, samples_n, command,"
            " stream_offset, stream_stride, time_step_s, protocol, sha256, raw, sample_values) VALUES (:at, :at, :at, :d, :t, 0,"
            " 0, 1, 0, 0, 0, 0, 'json', sha256('x'::bytea), 'x'::bytea, :values)"
        ),
        {"at": at, "d": int(at.timestamp()), "t": place.terminal, "values": values},
    )


def test_a_passage_while_the_truck_was_elsewhere(engine: Engine, place: Place) -> None:
    hour = timedelta(hours=1)
    with transaction(engine) as connection:
        fix(connection, place, SEEN + timedelta(minutes=9), place.lon + 0.5)  # some 40 km away
        fix(connection, place, SEEN + 3 * hour, place.lon + 0.01)  # less than 1 km: it is there
        fix(connection, place, SEEN + 6 * hour + timedelta(minutes=11), place.lon + 0.5)  # too old to tell
        world.put(connection, place.passage(SEEN), place.passage(SEEN + 3 * hour), place.passage(SEEN + 6 * hour))
    found = leads(engine, place)
    assert [lead.kind for lead in found] == ["passage_without_track"]
    assert found[0].detail["km"] == pytest.approx(41.8, abs=1)
    assert found[0].passage_id is not None
    assert found[0].lon == place.lon + 0.5


def test_a_capture_at_the_gate_without_a_passage(engine: Engine, place: Place, city: City) -> None:
    with transaction(engine) as connection:
        for n, (metres, status) in enumerate([(150, "first_review"), (250, "first_review"), (10, "rejected")]):
            device = connection.execute(
                text(
                    "INSERT INTO capture_devices (code, name, place, lon, lat, division, organisation_id) VALUES (:c, '相机', '门',"
                    " :x, 41.5, '211302', :o) RETURNING id"
                ),
                {"c": f"R{place.truck}-{n}", "x": place.lon + metres / 83400, "o": city.organisations["city"]},
            ).scalar_one()
            connection.execute(
                text(
                    "INSERT INTO captures (number, device_id, source_key, body_sha256, captured_at, division, plate, plate_colour,"
                    " truck_id, standing, status, law) VALUES (:n, :d, 'k', sha256('x'::bytea), :at, '211302', :p, 'yellow', :t,"
                    " 'evidence', :s, 'CODE')"
                ),
                {"n": f"B-{place.truck}-{n}", "d": device, "at": SEEN, "p": place.plate, "t": place.truck, "s": status},
            )  # fmt: skip
    found = leads(engine, place)
    assert [(lead.kind, lead.detail["en"].split()[1]) for lead in found] == [
        ("capture_without_passage", f"B-{place.truck}-0")
    ]
