"""Terminals with what they reported, taken in as a worker would: for tests of the pages of telemetry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple

from sqlalchemy import Engine, text

from server import db
from server.db import transaction
from server.flows.ingest import Ingest, Tally
from telemetry.fleet import Member, make_fleet, stream, vin

SECOND_US = 1_000_000
BEGIN = datetime(2026, 11, 24, 0, 0, 0, tzinfo=UTC)  # 08:00 in the city
BEGIN_US = int(BEGIN.timestamp()) * SECOND_US
numbers = count(700_000)


class Sent(NamedTuple):
    """A message of a broker."""

    topic: str
    payload: bytes
    qos: int = 1
    retained: bool = False


def member(kind: str, layout: str = "") -> Member:
    """A vehicle on the road of this kind and layout that no other test has."""
    found = next(m for m in make_fleet(60, 40, seed=2, parked=0) if (m.kind, m.layout) == (kind, layout))
    n = next(numbers)
    names = {"hdv": vin(n), "nrmm": f"SYNMACH{n:010d}", "jt808": f"100{n:08d}", "json": f"TRK-{n}"}
    return replace(found, device=names[kind])


def enrol(engine: Engine, one: Member, **values: object) -> int:
    """Put its terminal on file, bound to a new truck; the terminal's number."""
    with transaction(engine) as connection:
        truck_id = connection.execute(
            text(
                "INSERT INTO trucks (plate, plate_colour, division, enterprise_id)"
                " VALUES (:p, 'yellow', :d, :e) RETURNING id"
            ),
            {"p": f"辽N{next(numbers)}", "d": values.get("division", "211302"), "e": values.get("enterprise_id")},
        ).scalar_one()
        number: int = connection.execute(
            text("INSERT INTO terminals (kind, device, truck_id) VALUES (:k, :d, :t) RETURNING id"),
            {"k": one.kind, "d": one.device, "t": truck_id},
        ).scalar_one()
    return number


def frames(one: Member, seconds: int, begin_us: int = BEGIN_US, sessions: bool = False) -> list[Sent]:
    """What it sends in so many seconds."""
    topic = f"emission/v1/{one.kind}/{one.device}/up"
    return [Sent(topic, said.frame) for said in stream([one], begin_us, seconds, seed=1, sessions=sessions)]


def take(engine: Engine, messages: Sequence[Sent], received_us: int) -> Tally:
    """Have a worker take them in."""
    url = engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    with db.connect(url) as connection:
        return Ingest(connection).take(messages, received_us)


def broken(sent: Sent, at: int = -1) -> Sent:
    """The same message with one bit wrong."""
    raw = bytearray(sent.payload)
    raw[at] ^= 1
    return sent._replace(payload=bytes(raw))
