"""Ledger C as it is read: machinery that works inside plants."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import EXPORT_CAP, Found, Listing, Query, escape_like
from server.store.scopes import Scope

_SOURCE = "plant_machines m JOIN enterprises e ON e.id = m.enterprise_id"
_COLUMNS = """m.id, m.enterprise_id, e.name AS enterprise, m.division, m.machine_id, m.version, m.registration_number,
  m.built_on, m.plate, m.stage, m.fuel, m.category, m.pin, m.machine_code, m.model, m.engine_model, m.engine_maker,
  m.engine_number, m.photos, m.owner, m.power_kw, m.entered_on, m.left_on, m.source, m.batch_id, m.received_at,
  m.state, m.doubts, m.corrected_at, coalesce(m.registration_number, m.pin, m.machine_code, m.engine_number) AS name"""
_MORE = ", m.recorded_by, (SELECT u.name FROM users u WHERE u.id = m.recorded_by) AS recorded_by_name"

FILTERS: dict[str, str] = {
    "q": "m.registration_number ILIKE :q OR m.pin ILIKE :q OR m.machine_code ILIKE :q OR m.engine_number ILIKE :q",
    "enterprise": "m.enterprise_id = cast(:enterprise AS int)",
    "division": "m.division = :division",
    "fuel": "m.fuel = :fuel",
    "stage": "m.stage = :stage",
    "source": "m.source = :source",
    "state": "m.state = :state",
    "doubts": "(:doubts = 'yes') = (m.doubts <> '{}')",
    "category": "m.category = :category",
    "gone": "(:gone = 'yes') = (m.left_on IS NOT NULL)",
    "machine": "m.machine_id = cast(:machine AS int)",
    "batch": "m.batch_id = cast(:batch AS bigint)",
}
SORTS = {"id": "m.id", "received_at": "m.received_at"}
LISTING = Listing(_COLUMNS, _SOURCE, "plant_machines m", "m.id", SORTS, "id")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of machines of the scope, the newest first."""
    clauses, values = _conditions(scope, query)
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One machine of the scope."""
    clause, values = scope.condition("m.division", "m.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS}{_MORE} FROM {_SOURCE} WHERE m.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def stream(connection: Connection, scope: Scope, query: Query) -> Iterator[dict[str, Any]]:
    """All machines of a list in its order, up to the most that a file holds."""
    clauses, values = _conditions(scope, query)
    found = connection.execution_options(yield_per=1000).execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE {clauses} ORDER BY {LISTING.order(query)} LIMIT :cap"),
        {**values, "cap": EXPORT_CAP},
    )
    for row in found.mappings():
        yield dict(row)


def _conditions(scope: Scope, query: Query) -> tuple[str, dict[str, Any]]:
    clauses, values = query.conditions(FILTERS, scope.condition("m.division", "m.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return clauses, values
