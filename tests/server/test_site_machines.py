"""Machines at sites end to end: ingest keeps the visit and makes no violation; the job compares it with the register."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from server import db
from server.db import transaction
from server.flows import jobs
from server.flows.ingest import Ingest
from tests.server import ingest_city
from tests.server.conftest import Browser, City
from tests.server.ingest_city import Sent
from tests.server.site_city import INSIDE, OUTSIDE, local, machine, one, site

pytestmark = pytest.mark.server
Browse = Callable[..., Browser]
SECOND = 1_000_000


@pytest.fixture(scope="module")
def place(browse: Browse, city: City) -> int:
    """A site that has had its boundary for months."""
    return site(browse, city, "工地一", begins_on="2026-01-01", kind="construction")


@pytest.fixture
def report(database_url: str) -> Any:
    """Take in positions of a device: (minutes before now, lon and lat) each, as one packet."""
    now = datetime.now(UTC)

    def send(device: str, *fixes: tuple[float, tuple[float, float]], kind: str = "json") -> datetime:
        with db.connect(database_url) as connection:
            begin = (now - timedelta(minutes=max(minutes for minutes, _ in fixes))).date()
            connection.execute(
                "SELECT ensure_packet_partitions(%s, %s)", (begin - timedelta(days=1), now.date() + timedelta(days=1))
            )
            ingest = Ingest(connection)
            told = [
                (round((now - timedelta(minutes=minutes)).timestamp()) * SECOND, *where) for minutes, where in fixes
            ]
            ingest.take([Sent(ingest_city.topic(kind, device), ingest_city.report(told))], told[-1][0] + SECOND)
        return now

    return send


def stay(begin: int, end: int, where: tuple[float, float] = INSIDE) -> list[tuple[float, tuple[float, float]]]:
    """A fix every five minutes, from so many minutes ago to so many."""
    return [(minutes, where) for minutes in range(begin, end - 1, -5)]


def leads(engine: Engine, kind: str, status: str = "open") -> list[dict[str, Any]]:
    with transaction(engine) as connection:
        rows = connection.execute(
            text("SELECT * FROM leads WHERE kind = :k AND status = :s ORDER BY id"), {"k": kind, "s": status}
        )
        return [dict(row) for row in rows.mappings()]


def run(engine: Engine) -> dict[str, int]:
    done = jobs.run_one(engine, "site_machines", datetime.now(UTC))
    assert done is not None
    return dict(done)


def test_a_machine_that_nobody_registered_becomes_a_lead_and_falls_away_when_it_is(
    browse: Browse, engine: Engine, city: City, place: int, report: Any
) -> None:
    number = machine(engine, "3-6NC00001", None, "TRK-S1")
    day = 26 * 60
    report("TRK-S1", *stay(day + 120, day), (day - 5, OUTSIDE), (day - 10, OUTSIDE), (day - 15, OUTSIDE))
    zone = one(engine, "SELECT zone_id FROM sites WHERE id = :s", s=place)
    assert one(engine, "SELECT established AND NOT forbidden FROM visits WHERE zone_id = :z", z=zone)
    assert one(engine, "SELECT count(*) FROM violations WHERE zone_id = :z", z=zone) == 0
    assert run(engine)["new"] == 1 and run(engine)["new"] == 0
    [lead] = leads(engine, "unregistered_on_site")
    assert (lead["machine_id"], lead["enterprise_id"], lead["zone_id"]) == (number, city.enterprise_id, zone)
    assert "3-6NC00001" in lead["detail"]["zh"] and "工地一" in lead["detail"]["en"]
    page = browse("officer").get(f"/leads/{lead['id']}").text
    assert "3-6NC00001" in page and "场内机械未登记" in page
    came = datetime.now(UTC) - timedelta(hours=29)
    given = {
        "site": str(place),
        "machine": "3-6NC00001",
        "entered_at": local(came),
        "left_at": local(came + timedelta(hours=5)),
    }
    assert browse("enterprise").post("/site-stays/new", given).status_code == 303
    assert run(engine)["dropped"] == 1
    assert leads(engine, "unregistered_on_site") == []


def test_within_the_grace_and_for_a_short_stop_nobody_is_asked(
    engine: Engine, city: City, place: int, report: Any
) -> None:
    machine(engine, "3-6NC00002", None, "TRK-S2")
    machine(engine, "3-6NC00003", None, "TRK-S3")
    report("TRK-S2", *stay(120, 10))
    day = 27 * 60
    report("TRK-S3", *stay(day + 20, day), (day - 5, OUTSIDE), (day - 10, OUTSIDE), (day - 15, OUTSIDE))
    run(engine)
    assert leads(engine, "unregistered_on_site") == []


def test_what_is_on_site_by_register_and_by_telemetry_stands_side_by_side(
    browse: Browse, engine: Engine, city: City, place: int, report: Any
) -> None:
    machine(engine, "3-6NC00011", city.enterprise_id, "TRK-S11")
    machine(engine, "3-6NC00012", city.enterprise_id, "TRK-S12")
    machine(engine, "3-6NC00013", city.enterprise_id)
    report("TRK-S11", *stay(60, 0))
    report("TRK-S12", *stay(60, 0))
    account, came = browse("enterprise"), local(datetime.now(UTC) - timedelta(hours=2))
    for number in ("3-6NC00011", "3-6NC00013"):
        account.post("/site-stays/new", {"site": str(place), "machine": number, "entered_at": came})
    page = account.get(f"/sites/{place}").text
    rows = {
        number: page.split(number, 1)[1].split("</tr>", 1)[0] for number in ("3-6NC00011", "3-6NC00012", "3-6NC00013")
    }
    assert "登记与遥测一致" in rows["3-6NC00011"]
    assert "遥测在场，未登记" in rows["3-6NC00012"]
    assert "已登记，遥测未见" in rows["3-6NC00013"]


def test_a_machine_registered_as_present_whose_terminal_fell_silent(
    browse: Browse, engine: Engine, city: City, place: int, report: Any
) -> None:
    machine(engine, "3-6NC00021", city.enterprise_id, "TRK-S21")
    hours = 50 * 60
    report("TRK-S21", *stay(hours + 60, hours))
    given = {"site": str(place), "machine": "3-6NC00021", "entered_at": local(datetime.now(UTC) - timedelta(hours=52))}
    assert browse("enterprise").post("/site-stays/new", given).status_code == 303
    run(engine)
    [lead] = leads(engine, "silent_on_site")
    assert "3-6NC00021" in lead["detail"]["zh"]
    report("TRK-S21", *stay(30, 0))
    assert run(engine)["dropped"] == 1 and leads(engine, "silent_on_site") == []


def test_scrapped_machines_and_unbound_terminals_make_no_violation_on_a_site(
    engine: Engine, city: City, place: int, report: Any
) -> None:
    machine(engine, "3-6NC00031", city.enterprise_id, "TRK-S31")
    with transaction(engine) as connection:
        connection.execute(text("UPDATE machines SET state = 'scrapped' WHERE registration_number = '3-6NC00031'"))
        connection.execute(
            text("INSERT INTO terminals (kind, device, coordinates) VALUES ('json', 'TRK-S32', 'wgs84')")
        )
    for device in ("TRK-S31", "TRK-S32"):
        report(device, *stay(60, 0))
    zone = one(engine, "SELECT zone_id FROM sites WHERE id = :s", s=place)
    assert one(engine, "SELECT count(*) FROM violations WHERE zone_id = :z", z=zone) == 0
    assert one(engine, "SELECT count(*) FROM visits WHERE zone_id = :z AND forbidden", z=zone) == 0
    assert leads(engine, "unregistered_subject") == []


def test_a_device_on_no_file_at_a_site_is_a_lead_of_its_own(
    engine: Engine, city: City, place: int, report: Any
) -> None:
    report("TRK-NOBODY", *stay(60, 0))
    [lead] = [row for row in leads(engine, "unregistered_on_site") if row["device"] == "TRK-NOBODY"]
    assert lead["enterprise_id"] == city.enterprise_id
    run(engine)
    assert lead["id"] in {row["id"] for row in leads(engine, "unregistered_on_site")}
