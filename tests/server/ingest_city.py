"""Rows and frames for the tests of ingest: trucks with terminals, zones with versions, positions as tracker JSON."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import psycopg
import shapely
from psycopg.types.json import Jsonb

from enforcement.registry.stages import Stage
from enforcement.zones.terms import ZoneTerms
from enforcement.zones.terms_json import to_json

SECOND = 1_000_000
BEGIN = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
BEGIN_US = round(BEGIN.timestamp()) * SECOND
WEST, SOUTH = 120.40, 41.55  # the square zone's corner
SIDE = 0.01
TERMS = ZoneTerms(min_truck_stage=Stage.V, min_machine_stage=Stage.III, edge_accuracy_m=0.0)
numbers = count(1)


class Sent(NamedTuple):
    """A message as the broker would deliver it."""

    topic: str
    payload: bytes
    qos: int = 1
    retained: bool = False


def moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us // SECOND, UTC) + timedelta(microseconds=at_us % SECOND)


def topic(kind: str, device: str) -> str:
    return f"emission/v1/{kind}/{device}/up"


def vin(number: int) -> str:
    return f"LZZ5CLSB8NA{number:06d}"


def terminal(connection: psycopg.Connection, kind: str, device: str, **values: Any) -> int:
    """A terminal of no truck or machine, unless given."""
    row = {"kind": kind, "device": device, "accuracy_m": 0, **values}
    names = ", ".join(row)
    marks = ", ".join(f"%({name})s" for name in row)
    found = connection.execute(f"INSERT INTO terminals ({names}) VALUES ({marks}) RETURNING id", row).fetchone()  # type: ignore[arg-type]
    assert found
    return int(found[0])


def truck(connection: psycopg.Connection, stage: str = "3") -> int:
    number = next(numbers)
    found = connection.execute(
        "INSERT INTO trucks (plate, plate_colour, vin, stage, stage_basis, fuel, category, division) "
        "VALUES (%s, 'yellow', %s, %s, 'vehicle_list', 'diesel', 'heavy', '211302') RETURNING id",
        (f"辽N{number:05d}", vin(900_000 + number), stage),
    ).fetchone()
    assert found
    return int(found[0])


def machine(connection: psycopg.Connection, code: str, stage: str = "2") -> int:
    found = connection.execute(
        "INSERT INTO machines (machine_code, category, fuel, stage, stage_basis, power_kw) "
        "VALUES (%s, 'excavator', 'diesel', %s, 'nameplate', 120) RETURNING id",
        (code, stage),
    ).fetchone()
    assert found
    return int(found[0])


def square(west: float = WEST, south: float = SOUTH, side: float = SIDE) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([shapely.box(west, south, west + side, south + side)])


def zone(connection: psycopg.Connection, code: str | None = None) -> int:
    """A zone without a version."""
    name = code or f"Z{next(numbers)}"
    found = connection.execute(
        "INSERT INTO zones (code, name_zh, name_en, division) VALUES (%s, %s, %s, '211302') RETURNING id",
        (name, f"禁用区{name}", f"Zone {name}"),
    ).fetchone()
    assert found
    return int(found[0])


def version(
    connection: psycopg.Connection,
    zone_id: int,
    shape: shapely.MultiPolygon,
    terms: ZoneTerms = TERMS,
    from_us: int = BEGIN_US - 86_400 * 30 * SECOND,
    to_us: int | None = None,
) -> int:
    found = connection.execute(
        "INSERT INTO zone_versions (zone_id, number, geometry, terms, valid_from, valid_to) SELECT %s, "
        "(SELECT count(*) + 1 FROM zone_versions WHERE zone_id = %s), ST_SetSRID(ST_GeomFromWKB(%s), 4326), %s, %s, %s "
        "RETURNING id",
        (
            zone_id,
            zone_id,
            shapely.to_wkb(shape),
            Jsonb(to_json(terms)),
            moment(from_us),
            moment(to_us) if to_us is not None else None,
        ),
    ).fetchone()
    assert found
    return int(found[0])


def report(fixes: Sequence[tuple[int, float, float]], device: str | None = None, **more: Any) -> bytes:
    """Positions (at_us, lon, lat) as a tracker's JSON."""
    head = {"device": device} if device else {}
    rows = [{"time": moment(at_us).isoformat(), "lon": lon, "lat": lat, **head, **more} for at_us, lon, lat in fixes]
    return json.dumps(rows).encode()
