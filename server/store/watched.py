"""What workers judge with, read whole: zone versions, whitelist entries, calendar days; and the notices of change."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
import shapely


@dataclass(frozen=True, slots=True)
class WatchedVersion:
    """A zone version with its zone; `geometry` WGS-84. The boundary of a site (`is_site`) forbids nothing."""

    id: int
    zone_id: int
    number: int
    code: str
    name_zh: str
    name_en: str
    geometry: shapely.MultiPolygon
    terms: dict[str, Any]
    valid_from_us: int
    valid_to_us: int | None
    is_site: bool = False


@dataclass(frozen=True, slots=True)
class WatchedEntry:
    """A stretch in which an entry gives leave in zones; a suspended entry is several (view `whitelist_leave`)."""

    id: int
    truck_id: int | None
    machine_id: int | None
    zone_id: int | None
    purpose: str
    valid_from: datetime
    valid_to: datetime
    approver: str
    document: str


def listen(connection: psycopg.Connection) -> None:
    """Ask to be told of changes."""
    connection.execute("LISTEN watch")


def changed_tables(connection: psycopg.Connection) -> set[str]:
    """The tables that changed since the last call.

    Asked with a query before: what was committed until now is then on the wire, not merely on its way.
    """
    connection.execute("SELECT 1")
    return {notice.payload for notice in connection.notifies(timeout=0)}


def zone_versions(connection: psycopg.Connection) -> list[WatchedVersion]:
    """Every version of every zone, old ones too: late fixes are judged by them."""
    cursor = connection.execute(
        "SELECT v.id, v.zone_id, v.number, z.code, z.name_zh, z.name_en, ST_AsBinary(v.geometry), v.terms, "
        "(extract(epoch FROM v.valid_from) * 1000000)::bigint, (extract(epoch FROM v.valid_to) * 1000000)::bigint, "
        "z.kind = 'site' "
        "FROM zone_versions v JOIN zones z ON z.id = v.zone_id ORDER BY v.id"
    )
    return [
        WatchedVersion(number, zone_id, order, code, zh, en, _areas(bytes(shape)), terms, begin, end, site)
        for number, zone_id, order, code, zh, en, shape, terms, begin, end, site in cursor.fetchall()
    ]


def _areas(wkb: bytes) -> shapely.MultiPolygon:
    geometry = shapely.from_wkb(wkb)
    if not isinstance(geometry, shapely.MultiPolygon):
        raise TypeError(f"a zone version is a MultiPolygon, not a {geometry.geom_type}")
    return geometry


def whitelist(connection: psycopg.Connection) -> list[WatchedEntry]:
    """Leave in zones as it held and holds: late fixes are judged by what was in force at their time."""
    cursor = connection.execute(
        "SELECT entry_id, truck_id, machine_id, zone_id, purpose, held_from, held_to, approver, document "
        "FROM whitelist_leave WHERE NOT gates_only ORDER BY entry_id, held_from"
    )
    return [WatchedEntry(*row) for row in cursor.fetchall()]


def calendar(connection: psycopg.Connection) -> dict[date, str]:
    """Days that the bureau keeps otherwise than the published calendar."""
    return dict(connection.execute("SELECT day, kind FROM calendar_days").fetchall())
