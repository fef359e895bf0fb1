"""A sparse terminal whose way between two fixes cuts a closed zone: a lead, and no visit."""

from collections.abc import Iterator

import psycopg
import pytest

from server import db
from server.flows.ingest import Ingest
from tests.server import ingest_city as city
from tests.server.ingest_city import BEGIN_US, SECOND, SOUTH, WEST, Sent

pytestmark = pytest.mark.server


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with db.connect(database_url) as one:
        yield one


def send(ingest: Ingest, device: str, *fixes: tuple[int, float]) -> None:
    """Fixes (seconds, longitude) on the line through the middle of the square zone."""
    body = city.report([(BEGIN_US + second * SECOND, lon, SOUTH + 0.005) for second, lon in fixes])
    tally = ingest.take([Sent(city.topic("json", device), body)], BEGIN_US + 7200 * SECOND)
    assert tally.held == 0


def leads(connection: psycopg.Connection, device: str) -> list[tuple[str, int, list[str]]]:
    return connection.execute(
        "SELECT kind, (detail ->> 'inside_m')::int, ARRAY(SELECT jsonb_array_elements_text(detail -> 'reasons')) "
        "FROM leads WHERE device = %s",
        (device,),
    ).fetchall()


@pytest.fixture
def ingest(connection: psycopg.Connection) -> Ingest:
    city.version(connection, city.zone(connection), city.square())
    return Ingest(connection)


def test_a_way_through_a_closed_zone_is_a_lead(connection: psycopg.Connection, ingest: Ingest) -> None:
    city.terminal(connection, "json", "P1", truck_id=city.truck(connection, "3"))
    send(ingest, "P1", (0, WEST - 0.005))
    send(ingest, "P1", (120, WEST + 0.015))
    ((kind, metres, reasons),) = leads(connection, "P1")
    assert (kind, reasons) == ("passage", ["stage_too_low"])
    assert metres == pytest.approx(833, abs=5)
    row = connection.execute("SELECT count(*) FROM visits").fetchone()
    assert row == (0,)


@pytest.mark.parametrize(
    ("device", "stage", "fixes"),
    [
        ("P2", "6", ((0, WEST - 0.005), (120, WEST + 0.015))),  # the zone is open to it
        ("P3", "3", ((0, WEST - 0.005), (601, WEST + 0.015))),  # silent for too long: nothing is said of between
        ("P4", "3", ((0, WEST - 0.005), (60, WEST + 0.005), (120, WEST + 0.015))),  # a fix inside: a visit's matter
    ],
)
def test_what_is_no_lead(
    connection: psycopg.Connection, ingest: Ingest, device: str, stage: str, fixes: tuple[tuple[int, float], ...]
) -> None:
    city.terminal(connection, "json", device, truck_id=city.truck(connection, stage))
    send(ingest, device, *fixes)
    assert leads(connection, device) == []
