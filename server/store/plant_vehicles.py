"""Ledger B as it is read: vehicles that work inside plants."""

from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

_SOURCE = """plant_vehicles v JOIN enterprises e ON e.id = v.enterprise_id"""
_COLUMNS = """v.id, v.enterprise_id, e.name AS enterprise, v.division, v.truck_id, v.version, v.internal_no, v.vin,
 v.built_on, v.plate, v.plate_colour, v.registered_on, v.model, v.fuel, v.stage, v.stage_basis, v.networked, v.owner,
 v.engine_model, v.engine_maker, v.engine_number, v.photos, v.gone_on, v.gone_how, v.source, v.batch_id, v.received_at,
 v.recorded_by, v.state, v.doubts, v.corrected_at"""
FILTERS: dict[str, str] = {
    "q": "v.internal_no ILIKE :q OR v.plate ILIKE :q OR v.vin ILIKE :q",
    "stage": "v.stage = :stage",
    "fuel": "v.fuel = :fuel",
    "gone": "(:gone = 'yes') = (v.gone_on IS NOT NULL)",
    "state": "v.state = :state",
    "doubts": "(:doubts = 'yes') = (v.doubts <> '{}')",
    "division": "v.division = :division",
    "enterprise": "v.enterprise_id = cast(:enterprise AS int)",
    "source": "v.source = :source",
    "truck": "v.truck_id = cast(:truck AS int)",
    "batch": "v.batch_id = cast(:batch AS bigint)",
}
SORTS = {"received_at": "v.id", "internal_no": "v.internal_no", "stage": "v.stage"}
LISTING = Listing(_COLUMNS, _SOURCE, "plant_vehicles v", "v.id", SORTS, "received_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of vehicles of the scope, the newest first."""
    clauses, values = query.conditions(FILTERS, scope.condition("v.division", "v.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"].strip().upper().replace("·", "").replace(" ", ""))
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One vehicle of the scope."""
    clause, values = scope.condition("v.division", "v.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE v.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)
