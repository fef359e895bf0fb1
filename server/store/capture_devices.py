"""Devices that take captures, and the grounds that make their records evidence (append-only)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from enforcement.captures.records import Ground, GroundRecord
from server.store.paging import Found, Query, count_capped, escape_like
from server.store.scopes import Scope

_COLUMNS = """d.id, d.code, d.name, d.maker, d.model, d.serial, d.place, d.direction, d.lon, d.lat, d.division,
  d.organisation_id, d.state, d.created_at, d.updated_at,
  (SELECT g.name_zh FROM divisions g WHERE g.code = d.division) AS division_zh,
  (SELECT g.name_en FROM divisions g WHERE g.code = d.division) AS division_en"""
_HELD = """(SELECT count(DISTINCT g.kind) FROM capture_device_grounds g WHERE g.device_id = d.id
  AND g.kind = ANY (string_to_array(:needed, ',')) AND g.valid_from <= cast(:today AS date)
  AND (g.valid_to IS NULL OR g.valid_to >= cast(:today AS date)))"""

FILTERS = {
    "q": "d.code ILIKE :q OR d.name ILIKE :q OR d.place ILIKE :q OR d.serial ILIKE :q",
    "division": "d.division = :division",
    "state": "d.state = :state",
    "grounds": f"(:grounds = 'complete') = ({_HELD} = cardinality(string_to_array(:needed, ',')))",
}
SORTS = {"code": "d.code", "name": "d.name", "division": "d.division", "state": "d.state"}


def find(connection: Connection, scope: Scope, query: Query, needed: Sequence[str], today: date) -> Found:
    """A page of devices; `needed` are the grounds of today, for the filter on what is missing."""
    clauses, values = query.conditions(FILTERS, scope.condition("d.division"))
    values |= {"needed": ",".join(needed), "today": today}
    if "q" in values:
        values["q"] = escape_like(values["q"])
    source = f"capture_devices d WHERE {clauses}"
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {source} ORDER BY {query.order(SORTS, 'code', 'd.id')} LIMIT :limit OFFSET :offset"
        ),
        {**values, **query.window},
    )
    total, capped = count_capped(connection, source, values)
    return Found([dict(row) for row in rows.mappings()], total, capped)


def find_one(connection: Connection, scope: Scope, device_id: int) -> dict[str, Any] | None:
    """One device of the scope."""
    return _one(connection, scope, "d.id = :key", device_id)


def find_code(connection: Connection, scope: Scope, code: str) -> dict[str, Any] | None:
    """The device of the scope with this code."""
    return _one(connection, scope, "d.code = :key", code)


def _one(connection: Connection, scope: Scope, clause: str, key: object) -> dict[str, Any] | None:
    limit, values = scope.condition("d.division")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM capture_devices d WHERE {clause} AND {limit}"), {"key": key, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def lock(connection: Connection, device_id: int) -> None:
    """Hold the device until the transaction ends: its captures and grounds are judged in turn."""
    connection.execute(text("SELECT FROM capture_devices WHERE id = :id FOR UPDATE"), {"id": device_id})


def code_taken(connection: Connection, code: str, but: int) -> bool:
    """Whether another device has this code, wherever it stands."""
    found = connection.execute(
        text("SELECT FROM capture_devices WHERE code = :code AND id <> :but"), {"code": code, "but": but}
    )
    return found.first() is not None


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add a device; its id."""
    found: int = connection.execute(
        text(
            "INSERT INTO capture_devices (code, name, maker, model, serial, place, direction, lon, lat, division,"
            " organisation_id, state) VALUES (:code, :name, :maker, :model, :serial, :place, :direction, :lon, :lat,"
            " :division, :organisation_id, :state) RETURNING id"
        ),
        dict(values),
    ).scalar_one()
    return found


def update(connection: Connection, device_id: int, values: Mapping[str, Any]) -> None:
    """Write a device as given; its organisation stays."""
    connection.execute(
        text(
            "UPDATE capture_devices SET code = :code, name = :name, maker = :maker, model = :model, serial = :serial,"
            " place = :place, direction = :direction, lon = :lon, lat = :lat, division = :division, state = :state,"
            " updated_at = now() WHERE id = :id"
        ),
        {**values, "id": device_id},
    )


# --- grounds ---


def add_ground(connection: Connection, device_id: int, ground: GroundRecord, user_id: int | None) -> int:
    """Record a ground; its id."""
    found: int = connection.execute(
        text(
            "INSERT INTO capture_device_grounds (device_id, kind, document, valid_from, valid_to, recorded_by)"
            " VALUES (:device, :kind, :document, :first, :last, :user) RETURNING id"
        ),
        {
            "device": device_id,
            "kind": ground.kind,
            "document": ground.document,
            "first": ground.valid_from,
            "last": ground.valid_to,
            "user": user_id,
        },
    ).scalar_one()
    return found


def ground_rows(connection: Connection, device_id: int) -> list[dict[str, Any]]:
    """Every record of a device's grounds with who recorded it, the newest first."""
    rows = connection.execute(
        text(
            "SELECT g.id, g.kind, g.document, g.valid_from, g.valid_to, g.recorded_at, u.name AS recorder"
            " FROM capture_device_grounds g LEFT JOIN users u ON u.id = g.recorded_by"
            " WHERE g.device_id = :id ORDER BY g.kind, g.valid_from DESC, g.id DESC"
        ),
        {"id": device_id},
    )
    return [dict(row) for row in rows.mappings()]


def grounds_of(connection: Connection, device_ids: Iterable[int]) -> dict[int, list[GroundRecord]]:
    """The grounds of some devices, by device."""
    ids = list(device_ids)
    found: dict[int, list[GroundRecord]] = {device_id: [] for device_id in ids}
    rows = connection.execute(
        text(
            "SELECT device_id, kind, document, valid_from, valid_to FROM capture_device_grounds"
            " WHERE device_id = ANY (:ids) ORDER BY id"
        ),
        {"ids": ids},
    )
    for row in rows:
        found[row.device_id].append(GroundRecord(Ground(row.kind), row.document, row.valid_from, row.valid_to))
    return found


def neighbours(connection: Connection, device_id: int, metres: float) -> list[int]:
    """The device itself and those within the distance of it."""
    rows = connection.execute(
        text(
            "SELECT n.id FROM capture_devices n, capture_devices d WHERE d.id = :id AND (n.id = d.id OR"
            " ST_DistanceSphere(ST_MakePoint(n.lon, n.lat), ST_MakePoint(d.lon, d.lat)) <= :metres)"
        ),
        {"id": device_id, "metres": metres},
    )
    return list(rows.scalars())


def choices(connection: Connection, scope: Scope) -> list[dict[str, Any]]:
    """Devices of the scope, for a filter or a form."""
    limit, values = scope.condition("d.division")
    rows = connection.execute(
        text(f"SELECT d.id, d.code, d.name, d.state FROM capture_devices d WHERE {limit} ORDER BY d.code"), values
    )
    return [dict(row) for row in rows.mappings()]
