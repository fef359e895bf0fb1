"""Ledger B as it is read: vehicles that work inside plants."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import EXPORT_CAP, Found, Listing, Query, escape_like
from server.store.scopes import Scope

_SOURCE = "plant_vehicles v JOIN enterprises e ON e.id = v.enterprise_id"
_COLUMNS = """v.id, v.enterprise_id, e.name AS enterprise, v.division, v.truck_id, v.version, v.internal_no, v.vin,
  v.built_on, v.plate, v.plate_colour, v.registered_on, v.model, v.fuel, v.stage, v.stage_basis, v.networked, v.owner,
  v.engine_model, v.engine_maker, v.engine_number, v.photos, v.gone_on, v.gone_how, v.source, v.batch_id,
  v.received_at, v.state, v.doubts, v.corrected_at"""
_MORE = ", v.recorded_by, (SELECT u.name FROM users u WHERE u.id = v.recorded_by) AS recorded_by_name"

FILTERS: dict[str, str] = {
    "q": "v.internal_no ILIKE :q OR v.plate ILIKE :q OR v.vin ILIKE :q",
    "enterprise": "v.enterprise_id = cast(:enterprise AS int)",
    "division": "v.division = :division",
    "fuel": "v.fuel = :fuel",
    "stage": "v.stage = :stage",
    "source": "v.source = :source",
    "state": "v.state = :state",
    "doubts": "(:doubts = 'yes') = (v.doubts <> '{}')",
    "gone": "(:gone = 'yes') = (v.gone_on IS NOT NULL)",
    "truck": "v.truck_id = cast(:truck AS int)",
    "batch": "v.batch_id = cast(:batch AS bigint)",
}
SORTS = {"id": "v.id", "internal_no": "v.internal_no", "received_at": "v.received_at"}
LISTING = Listing(_COLUMNS, _SOURCE, "plant_vehicles v", "v.id", SORTS, "id")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of vehicles of the scope, the newest first."""
    clauses, values = _conditions(scope, query)
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One vehicle of the scope."""
    clause, values = scope.condition("v.division", "v.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS}{_MORE} FROM {_SOURCE} WHERE v.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def stream(connection: Connection, scope: Scope, query: Query) -> Iterator[dict[str, Any]]:
    """All vehicles of a list in its order, up to the most that a file holds."""
    clauses, values = _conditions(scope, query)
    found = connection.execution_options(yield_per=1000).execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE {clauses} ORDER BY {LISTING.order(query)} LIMIT :cap"),
        {**values, "cap": EXPORT_CAP},
    )
    for row in found.mappings():
        yield dict(row)


def _conditions(scope: Scope, query: Query) -> tuple[str, dict[str, Any]]:
    clauses, values = query.conditions(FILTERS, scope.condition("v.division", "v.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return clauses, values
