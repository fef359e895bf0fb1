"""Ledger C as it is read: machines that work inside plants."""

from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, MaybeNull, Query, escape_like
from server.store.scopes import Scope

_SOURCE = "plant_machines m JOIN enterprises e ON e.id = m.enterprise_id"
_NUMBER = "coalesce(m.registration_number, m.pin, m.machine_code, m.engine_number)"
_COLUMNS = f"""m.id, m.enterprise_id, e.name AS enterprise, m.division, m.machine_id, m.version,
 {_NUMBER} AS machine_number, m.registration_number, m.built_on, m.plate, m.stage, m.fuel, m.category, m.pin,
 m.machine_code, m.model, m.engine_model, m.engine_maker, m.engine_number, m.photos, m.owner, m.power_kw, m.entered_on,
 m.left_on, m.source, m.batch_id, m.received_at, m.recorded_by, m.state, m.doubts, m.corrected_at"""
FILTERS: dict[str, str] = {
    "q": "m.registration_number ILIKE :q OR m.pin ILIKE :q OR m.machine_code ILIKE :q OR m.engine_number ILIKE :q"
    " OR m.plate ILIKE :q",
    "stage": "m.stage = :stage",
    "fuel": "m.fuel = :fuel",
    "category": "m.category = :category",
    "present": "(:present = 'yes') = (m.state = 'taken' AND m.left_on IS NULL)",
    "state": "m.state = :state",
    "doubts": "(:doubts = 'yes') = (m.doubts <> '{}')",
    "division": "m.division = :division",
    "enterprise": "m.enterprise_id = cast(:enterprise AS int)",
    "source": "m.source = :source",
    "machine": "m.machine_id = cast(:machine AS int)",
    "batch": "m.batch_id = cast(:batch AS bigint)",
}
SORTS = {"received_at": "m.id", "stage": "m.stage", "entered_on": MaybeNull("m.entered_on")}
LISTING = Listing(_COLUMNS, _SOURCE, "plant_machines m", "m.id", SORTS, "received_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of machines of the scope, the newest first."""
    clauses, values = query.conditions(FILTERS, scope.condition("m.division", "m.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"].strip().upper().replace(" ", ""))
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One machine of the scope."""
    clause, values = scope.condition("m.division", "m.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE m.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)
