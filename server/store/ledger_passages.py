"""Ledger A as it is read: the list over years of all plants, one passage with all that its page says."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import EXPORT_CAP, Found, Listing, Query
from server.store.scopes import Scope

_SOURCE = "ledger_passages p JOIN enterprises e ON e.id = p.enterprise_id"
_COLUMNS = """p.id, p.enterprise_id, e.name AS enterprise, p.division, p.truck_id, p.passed_at, p.received_at,
  p.judged_at, p.batch_id, p.answer_id, p.version, p.entrance_no, p.barrier_no, p.direction, p.plate, p.plate_colour,
  p.vehicle_type, p.vin, p.registered_on, p.model, p.engine_model, p.engine_maker, p.engine_number, p.fuel, p.stage,
  p.stage_basis, p.usage, p.networked, p.cargo, p.quantity, p.unit, p.tonnes, p.fleet, p.owner, p.owner_phone,
  p.max_mass_kg, p.rated_load_kg, p.inspected_on, p.control_result, p.photo, p.photos, p.video, p.source,
  p.source_key, p.state, p.doubts, p.corrected_at"""
_MORE = """, p.recorded_by, (SELECT u.name FROM users u WHERE u.id = p.recorded_by) AS recorded_by_name,
  (SELECT g.name FROM gates g WHERE g.enterprise_id = p.enterprise_id AND g.entrance_no = p.entrance_no
   AND g.barrier_no = p.barrier_no) AS gate, (SELECT g.id FROM gates g WHERE g.enterprise_id = p.enterprise_id
   AND g.entrance_no = p.entrance_no AND g.barrier_no = p.barrier_no) AS gate_id"""

FILTERS: dict[str, str] = {
    "enterprise": "p.enterprise_id = cast(:enterprise AS int)",
    "division": "p.division = :division",
    "plate": "p.plate = :plate",
    "plate_colour": "p.plate_colour = :plate_colour",
    "direction": "p.direction = :direction",
    "stage": "p.stage = :stage",
    "fuel": "p.fuel = :fuel",
    "vehicle_type": "p.vehicle_type = :vehicle_type",
    "cargo": "p.cargo = :cargo",
    "source": "p.source = :source",
    "state": "p.state = :state",
    "doubts": "(:doubts = 'yes') = (p.doubts <> '{}')",
    "doubt": ":doubt = ANY (p.doubts)",
    "truck": "p.truck_id = cast(:truck AS int)",
    "batch": "p.batch_id = cast(:batch AS bigint)",
    "entrance": "p.entrance_no = :entrance",
    "from": "p.passed_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "p.passed_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
SORTS = {"passed_at": "p.passed_at"}

LISTING = Listing(_COLUMNS, _SOURCE, "ledger_passages p", "p.id", SORTS, "passed_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of passages of the scope, the newest first."""
    clauses, values = query.conditions(FILTERS, scope.condition("p.division", "p.enterprise_id"))
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, passage_id: int) -> dict[str, Any] | None:
    """One passage of the scope with its gate and who recorded it."""
    clause, values = scope.condition("p.division", "p.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS}{_MORE} FROM {_SOURCE} WHERE p.id = :id AND {clause}"), {"id": passage_id, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def stream(connection: Connection, scope: Scope, query: Query) -> Iterator[dict[str, Any]]:
    """All passages of a list in its order, up to the most that a file holds."""
    clauses, values = query.conditions(FILTERS, scope.condition("p.division", "p.enterprise_id"))
    found = connection.execution_options(yield_per=1000).execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE {clauses} ORDER BY {LISTING.order(query)} LIMIT :cap"),
        {**values, "cap": EXPORT_CAP},
    )
    for row in found.mappings():
        yield dict(row)
