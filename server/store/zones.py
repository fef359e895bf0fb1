"""Control zones and their versions (enforcement.md 4.4). A version is never changed; a new one closes the older.

Boundaries of sites are zones as well (kind `site`, server/store/site_boundaries.py). They are no notice of a government:
what lists, finds or exports zones here leaves them out.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoalchemy2 import Geometry
from geoalchemy2.shape import from_shape, to_shape
from shapely import MultiPolygon
from sqlalchemy import (
    TIMESTAMP,
    Column,
    Connection,
    Double,
    Integer,
    Row,
    Select,
    Table,
    Text,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.db import METADATA
from server.store.paging import Found, MaybeNull, Query, count_capped, escape_like

ZONE_VERSIONS = Table(
    "zone_versions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("zone_id", Integer),
    Column("number", Integer),
    Column("geometry", Geometry("MULTIPOLYGON", 4326, spatial_index=False)),
    Column("terms", JSONB),
    Column("valid_from", TIMESTAMP(timezone=True)),
    Column("valid_to", TIMESTAMP(timezone=True)),
    Column("crs_declared", Text),
    Column("source", Text),
    Column("note", Text),
    Column("area_m2", Double),
    Column("created_at", TIMESTAMP(timezone=True)),
    Column("created_by", Integer),
    extend_existing=True,
)


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """A zone with what a list shows of it; `version_*` speak of the version in force, else of the newest."""

    id: int
    code: str
    name_zh: str
    name_en: str
    division: str
    division_zh: str | None
    division_en: str | None
    versions_n: int
    version_id: int | None
    version_number: int | None
    valid_from: dt.datetime | None
    valid_to: dt.datetime | None
    in_force: bool
    area_m2: float | None
    terms: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ZoneVersionRow:
    """One version as it is kept; `terms` is enforcement.zones.terms.ZoneTerms as JSON."""

    id: int
    zone_id: int
    number: int
    geometry: MultiPolygon
    terms: Mapping[str, Any]
    valid_from: dt.datetime
    valid_to: dt.datetime | None
    crs_declared: str
    source: str | None
    note: str | None
    area_m2: float
    created_at: dt.datetime
    created_by: int | None


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is published: geometry in WGS-84, whatever was declared; terms as JSON."""

    geometry: MultiPolygon
    terms: Mapping[str, Any]
    valid_from: dt.datetime
    valid_to: dt.datetime | None = None
    crs_declared: str = "wgs84"
    source: str | None = None
    note: str | None = None


_FIELDS = """
SELECT z.id, z.code, z.name_zh, z.name_en, z.division, d.name_zh AS division_zh, d.name_en AS division_en,
  (SELECT count(*) FROM zone_versions n WHERE n.zone_id = z.id) AS versions_n,
  v.id AS version_id, v.number AS version_number, v.valid_from, v.valid_to,
  coalesce(v.valid_from <= :now AND (v.valid_to IS NULL OR v.valid_to > :now), false) AS in_force, v.area_m2, v.terms
FROM
"""
_SOURCE = """zones z
LEFT JOIN divisions d ON d.code = z.division
LEFT JOIN LATERAL (
  SELECT * FROM zone_versions n WHERE n.zone_id = z.id
  ORDER BY n.valid_from <= :now AND (n.valid_to IS NULL OR n.valid_to > :now) DESC, n.number DESC LIMIT 1) v ON true
"""
_CONTROL = "z.kind = 'control'"
FILTERS = {
    "q": "z.name_zh ILIKE :q OR z.name_en ILIKE :q OR z.code ILIKE :q",
    "division": "z.division LIKE :division || '%'",
    "in_force": "coalesce(v.valid_from <= :now AND (v.valid_to IS NULL OR v.valid_to > :now), false) "
    "= (:in_force = 'yes')",
}
SORTS = {
    "code": "z.code",
    "name": "z.name_zh",
    "division": "z.division",
    "valid_from": MaybeNull("v.valid_from"),
    "area_m2": MaybeNull("v.area_m2"),
}


def find(connection: Connection, query: Query, now: dt.datetime) -> Found:
    """A page of zones, each with the version in force at `now` or else its newest. Zones are published: no scope."""
    clauses, values = query.conditions(FILTERS)
    if "q" in values:
        values["q"] = escape_like(values["q"])
    source = f"{_SOURCE} WHERE {_CONTROL} AND {clauses}"
    behind, place = query.behind(connection, _SOURCE, SORTS, "code", "z.id", {"now": now})
    rows = connection.execute(
        text(
            f"{_FIELDS} {source} AND ({behind}) ORDER BY {query.order(SORTS, 'code', 'z.id')} LIMIT :limit OFFSET :offset"
        ),
        {**values, **place, **query.window, "now": now},
    )
    total, capped = count_capped(connection, source, {**values, "now": now})
    return Found([dict(row) for row in rows.mappings()], total, capped)


def list_zones(connection: Connection, now: dt.datetime) -> list[ZoneRow]:
    """Every zone by code."""
    rows = connection.execute(text(f"{_FIELDS} {_SOURCE} WHERE {_CONTROL} ORDER BY z.code"), {"now": now})
    return [ZoneRow(**row) for row in rows.mappings()]


def find_zone(connection: Connection, zone_id: int, now: dt.datetime) -> ZoneRow | None:
    """One zone."""
    found = connection.execute(
        text(f"{_FIELDS} {_SOURCE} WHERE z.id = :id AND {_CONTROL}"), {"id": zone_id, "now": now}
    )
    row = found.mappings().first()
    return None if row is None else ZoneRow(**row)


def find_zone_id(connection: Connection, code: str) -> int | None:
    """The id of a zone by its code."""
    return connection.execute(
        text("SELECT id FROM zones WHERE code = :code AND kind = 'control'"), {"code": code}
    ).scalar()


def add_zone(
    connection: Connection, code: str, name_zh: str, name_en: str, division: str, created_by: int | None
) -> int | None:
    """A new zone without versions; None where the code is taken."""
    return connection.execute(
        text(
            "INSERT INTO zones (code, name_zh, name_en, division, created_by) VALUES "
            "(:code, :name_zh, :name_en, :division, :by) ON CONFLICT (code) DO NOTHING RETURNING id"
        ),
        {"code": code, "name_zh": name_zh, "name_en": name_en, "division": division, "by": created_by},
    ).scalar()


def hold_zone(connection: Connection, zone_id: int) -> bool:
    """Lock a zone until the transaction ends: publications of one zone come one after the other."""
    row = connection.execute(
        text("SELECT 1 FROM zones WHERE id = :id AND kind = 'control' FOR UPDATE"), {"id": zone_id}
    )
    return row.first() is not None


def _version(row: Row[Any]) -> ZoneVersionRow:
    """A row as a thing; the geometry column is a MultiPolygon by its type."""
    fields = dict(row._mapping)
    geometry = to_shape(fields.pop("geometry"))
    if not isinstance(geometry, MultiPolygon):
        raise TypeError(f"zone version {fields['id']} holds a {geometry.geom_type}")
    return ZoneVersionRow(geometry=geometry, **fields)


def _versions() -> Select[Any]:
    return select(ZONE_VERSIONS).order_by(ZONE_VERSIONS.c.zone_id, ZONE_VERSIONS.c.number)


def list_versions(connection: Connection, zone_id: int | None = None) -> list[ZoneVersionRow]:
    """Every version, of one control zone or of all, oldest first."""
    control = text("zone_versions.zone_id IN (SELECT id FROM zones WHERE kind = 'control')")
    wanted = _versions().where(control)
    if zone_id is not None:
        wanted = wanted.where(ZONE_VERSIONS.c.zone_id == zone_id)
    return [_version(row) for row in connection.execute(wanted)]


def find_newest_version(connection: Connection, zone_id: int) -> ZoneVersionRow | None:
    """The version with the highest number."""
    wanted = (
        select(ZONE_VERSIONS).where(ZONE_VERSIONS.c.zone_id == zone_id).order_by(ZONE_VERSIONS.c.number.desc()).limit(1)
    )
    row = connection.execute(wanted).first()
    return None if row is None else _version(row)


def close_version(connection: Connection, version_id: int, at: dt.datetime) -> None:
    """End a version: the only change that a version ever sees."""
    connection.execute(text("UPDATE zone_versions SET valid_to = :at WHERE id = :id"), {"id": version_id, "at": at})


def add_version(connection: Connection, zone_id: int, number: int, version: NewVersion, created_by: int | None) -> int:
    """Keep a version; the database refuses overlapping periods and invalid geometry."""
    statement = insert(ZONE_VERSIONS).values(
        zone_id=zone_id,
        number=number,
        geometry=from_shape(version.geometry, srid=4326),
        terms=dict(version.terms),
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        crs_declared=version.crs_declared,
        source=version.source,
        note=version.note,
        created_by=created_by,
    )
    version_id: int = connection.execute(statement.returning(ZONE_VERSIONS.c.id)).scalar_one()
    return version_id


def list_judged(
    connection: Connection, zone_id: int, since: dt.datetime, until: dt.datetime | None, limit: int = 500
) -> list[dict[str, Any]]:
    """Violations of a zone whose acts fall into a period, with what a new judgement needs, newest first."""
    rows = connection.execute(
        text(
            "SELECT v.id, v.number, v.first_at, v.last_at, v.lon, v.lat, v.status, v.reason_codes, v.truck_id, "
            "v.machine_id, v.terminal_id, v.zone_version_id, t.plate, t.plate_colour, "
            "coalesce(m.registration_number, m.pin, m.machine_code) AS machine_number "
            "FROM violations v LEFT JOIN trucks t ON t.id = v.truck_id LEFT JOIN machines m ON m.id = v.machine_id "
            "WHERE v.zone_id = :zone AND v.first_at >= :since "
            "AND (CAST(:until AS timestamptz) IS NULL OR v.first_at < :until) "
            "AND v.status <> 'superseded' ORDER BY v.first_at DESC LIMIT :limit"
        ),
        {"zone": zone_id, "since": since, "until": until, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def list_allowed_visits(
    connection: Connection, zone_id: int, since: dt.datetime, until: dt.datetime | None, limit: int = 500
) -> list[dict[str, Any]]:
    """Established visits without a violation in a period, of registered subjects, newest first."""
    rows = connection.execute(
        text(
            "SELECT s.id, s.first_at, s.last_at, s.terminal_id, e.truck_id, e.machine_id, t.plate, t.plate_colour, "
            "coalesce(m.registration_number, m.pin, m.machine_code) AS machine_number "
            "FROM visits s JOIN terminals e ON e.id = s.terminal_id "
            "LEFT JOIN trucks t ON t.id = e.truck_id LEFT JOIN machines m ON m.id = e.machine_id "
            "WHERE s.zone_id = :zone AND s.established AND NOT s.forbidden AND NOT s.superseded "
            "AND s.first_at >= :since AND (CAST(:until AS timestamptz) IS NULL OR s.first_at < :until) "
            "AND num_nonnulls(e.truck_id, e.machine_id) = 1 ORDER BY s.first_at DESC LIMIT :limit"
        ),
        {"zone": zone_id, "since": since, "until": until, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]
