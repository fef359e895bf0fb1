"""Gates of enterprises: the list, one gate, which gate a system means, when it was last heard of."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import EXPORT_CAP, Found, Listing, Query, escape_like
from server.store.scopes import Scope

WRITTEN = (
    "entrance_no", "barrier_no", "name", "address", "person", "phone", "maintenance_firm", "maintenance_contact",
    "for_goods", "state",
)  # fmt: skip
_COLUMNS = """x.id, x.enterprise_id, x.division, x.entrance_no, x.barrier_no, x.name, x.address, x.person, x.phone,
  x.maintenance_firm, x.maintenance_contact, x.for_goods, x.state, x.last_seen_at, x.created_at, x.updated_at, x.version,
  round(ST_X(x.location)::numeric, 6)::float8 AS lon, round(ST_Y(x.location)::numeric, 6)::float8 AS lat,
  e.name AS enterprise, d.name_zh AS division_zh, d.name_en AS division_en,
  (SELECT count(*) FROM gate_devices v WHERE v.gate_id = x.id AND v.state = 'active') AS devices_n,
  (SELECT count(*) FROM gate_devices v WHERE v.gate_id = x.id AND v.state = 'active'
    AND v.last_seen_at > now() - make_interval(secs => :offline_s)) AS devices_online,
  coalesce(x.last_seen_at > now() - make_interval(secs => :offline_s), false) AS online"""
_SOURCE = """gates x JOIN enterprises e ON e.id = x.enterprise_id LEFT JOIN divisions d ON d.code = x.division"""
FILTERS: dict[str, str] = {
    "q": "x.name ILIKE :q OR e.name ILIKE :q OR x.address ILIKE :q",
    "enterprise": "x.enterprise_id = cast(:enterprise AS int)",
    "state": "x.state = :state",
    "online": "coalesce(x.last_seen_at > now() - make_interval(secs => :offline_s), false) = (:online = 'yes')",
    "division": "x.division = :division",
}
SORTS = {"name": "x.name", "enterprise": "e.name", "division": "x.division"}
_LISTING = Listing(
    _COLUMNS, _SOURCE, "gates x JOIN enterprises e ON e.id = x.enterprise_id", "x.id", SORTS, "enterprise"
)


def find(connection: Connection, scope: Scope, query: Query, offline_s: float) -> Found:
    """A page of gates in the scope; one not heard of for `offline_s` counts as off-line."""
    clauses, values = query.conditions(FILTERS, scope.condition("x.division", "x.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, {**values, "offline_s": offline_s})


def find_one(
    connection: Connection, scope: Scope, number: int, offline_s: float = 0, hold: bool = False
) -> dict[str, Any] | None:
    """One gate of the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("x.division", "x.enterprise_id")
    lock = " FOR UPDATE OF x" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE x.id = :id AND {clause}{lock}"),
        {"id": number, "offline_s": offline_s, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_enterprise(connection: Connection, scope: Scope, enterprise_id: int, offline_s: float) -> list[dict[str, Any]]:
    """All gates of one enterprise, by entrance."""
    clause, values = scope.condition("x.division", "x.enterprise_id")
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE x.enterprise_id = :enterprise AND {clause}"
            f" ORDER BY x.entrance_no, x.barrier_no LIMIT {EXPORT_CAP}"
        ),
        {"enterprise": enterprise_id, "offline_s": offline_s, **values},
    )
    return [dict(row) for row in rows.mappings()]


def choices(connection: Connection, scope: Scope, most: int = 500) -> list[dict[str, Any]]:
    """Gates in use with their enterprises, for the select of a form."""
    clause, values = scope.condition("x.division", "x.enterprise_id")
    rows = connection.execute(
        text(
            f"SELECT x.id, x.name, x.entrance_no, x.barrier_no, e.name AS enterprise FROM {_SOURCE}"
            f" WHERE x.state = 'active' AND {clause} ORDER BY e.name, x.entrance_no, x.barrier_no LIMIT :most"
        ),
        {"most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def find_taken(
    connection: Connection, enterprise_id: int, entrance_no: str, barrier_no: str, but: int | None
) -> str | None:
    """The name of another gate of the enterprise with these numbers."""
    found: str | None = connection.execute(
        text(
            "SELECT name FROM gates WHERE enterprise_id = :e AND entrance_no = :n AND barrier_no = :b"
            " AND id IS DISTINCT FROM cast(:but AS int)"
        ),
        {"e": enterprise_id, "n": entrance_no, "b": barrier_no, "but": but},
    ).scalar_one_or_none()
    return found


_PLACE = "CASE WHEN cast(:lon AS float8) IS NULL THEN NULL ELSE ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) END"


def add(connection: Connection, enterprise_id: int, division: str, values: Mapping[str, Any]) -> int:
    """Keep a gate; its id. `lon` and `lat` are WGS-84, both or neither."""
    names = ", ".join(WRITTEN)
    marks = ", ".join(f":{name}" for name in WRITTEN)
    number: int = connection.execute(
        text(
            f"INSERT INTO gates (enterprise_id, division, {names}, location)"
            f" VALUES (:enterprise_id, :division, {marks}, {_PLACE}) RETURNING id"
        ),
        {**values, "enterprise_id": enterprise_id, "division": division},
    ).scalar_one()
    return number


def change(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Write a locked gate anew."""
    sets = ", ".join(f"{name} = :{name}" for name in WRITTEN)
    connection.execute(
        text(f"UPDATE gates SET {sets}, location = {_PLACE}, updated_at = now(), version = version + 1 WHERE id = :id"),
        {**values, "id": number},
    )


def seen(connection: Connection, number: int, at: datetime) -> None:
    """The gate was heard of; a message that comes late takes nothing back."""
    connection.execute(
        text("UPDATE gates SET last_seen_at = greatest(last_seen_at, :at) WHERE id = :id"), {"id": number, "at": at}
    )


def homes(connection: Connection, enterprise_id: int) -> Iterator[tuple[float, float]]:
    """Where the enterprise is by the register, and a point of each of its sites: (lon, lat), WGS-84."""
    rows = connection.execute(
        text(
            "SELECT ST_X(p), ST_Y(p) FROM (SELECT location AS p FROM enterprises WHERE id = :e AND location IS NOT NULL"
            " UNION ALL SELECT ST_PointOnSurface(v.geometry) FROM sites s JOIN zone_versions v ON v.zone_id = s.zone_id"
            " AND v.valid_to IS NULL WHERE s.enterprise_id = :e AND s.state = 'active') AS known"
        ),
        {"e": enterprise_id},
    )
    yield from ((row[0], row[1]) for row in rows)
