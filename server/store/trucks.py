"""Trucks: plate and plate colour are the key (GA 36-2018 gives the same characters in two colours)."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store import registry_rows
from server.store.paging import Found, Query
from server.store.registry_rows import Register
from server.store.scopes import Scope
from server.store.subject_registers import LAST_TERMINAL, MATCH_ENTERPRISE, filters

TRUCKS = Register(
    table="trucks",
    select="t.*, e.name AS enterprise, e.credit_code AS enterprise_code,"
    " d.name_zh AS division_zh, d.name_en AS division_en,"
    " k.terminal_id, k.terminal_kind, k.terminal_device, k.seen_at, k.lon, k.lat",
    source=(
        "trucks t LEFT JOIN enterprises e ON e.id = t.enterprise_id LEFT JOIN divisions d ON d.code = t.division"
        + LAST_TERMINAL.format(column="truck_id")
    ),
    counted="trucks t LEFT JOIN enterprises e ON e.id = t.enterprise_id",
    division="t.division",
    enterprise="t.enterprise_id",
    incoming={
        "plate": "text",
        "plate_colour": "text",
        "vin": "text",
        "category": "text",
        "fuel": "text",
        "stage": "text",
        "stage_basis": "text",
        "gross_mass_kg": "int",
        "model": "text",
        "engine_model": "text",
        "engine_number": "text",
        "reference_torque_nm": "int",
        "after_treatment": "text",
        "first_registered_on": "date",
        "division": "text",
        "owner": "text",
        "owner_phone": "text",
        "enterprise_id": "int",
        "state": "text",
        "note": "text",
    },
    filters={
        **filters("truck_id"),
        "q": "t.plate ILIKE :q OR t.vin ILIKE :q",
        "plate_colour": "t.plate_colour = :plate_colour",
    },
    contains=frozenset({"q", "owner"}),
    sorts={
        "plate": "t.plate",
        "updated_at": "t.updated_at",
        "gross_mass_kg": "t.gross_mass_kg",
        "first_registered_on": "t.first_registered_on",
        "stage": "t.stage",
        "division": "t.division",
    },
    default_sort="plate",
    defaults={"state": "'active'"},
)

REFERENCES = {"enterprise": "enterprise_id"}
MATCH = (
    "UPDATE incoming i SET row_id = t.id FROM trucks t WHERE t.plate = i.plate AND t.plate_colour = i.plate_colour",
    *MATCH_ENTERPRISE,
)
CLASHES = ""


def find(connection: Connection, query: Query, scope: Scope) -> Found:
    """A page of the trucks."""
    return registry_rows.find(connection, TRUCKS, query, scope)


def stream(connection: Connection, query: Query, scope: Scope) -> Iterator[dict[str, Any]]:
    """All trucks of a list."""
    return registry_rows.stream(connection, TRUCKS, query, scope)


def find_one(connection: Connection, truck_id: int, scope: Scope) -> dict[str, Any] | None:
    """One truck, if the scope covers it."""
    return registry_rows.find_one(connection, TRUCKS, truck_id, scope)


def find_key(connection: Connection, plate: str, plate_colour: str) -> dict[str, Any] | None:
    """The truck with this plate in this colour."""
    row = connection.execute(
        text("SELECT id, plate, plate_colour, division FROM trucks WHERE plate = :plate AND plate_colour = :colour"),
        {"plate": plate, "colour": plate_colour},
    )
    found = row.mappings().first()
    return dict(found) if found else None


def same_vin(connection: Connection, vin: str, but: int = 0) -> list[dict[str, Any]]:
    """Other trucks with this VIN: a re-plated truck, or a cloned plate."""
    rows = connection.execute(
        text("SELECT id, plate, plate_colour, state FROM trucks WHERE vin = :vin AND id <> :but ORDER BY id LIMIT 10"),
        {"vin": vin, "but": but},
    )
    return [dict(row) for row in rows.mappings()]


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add a truck; its id."""
    return registry_rows.insert(connection, TRUCKS, values)


def update(connection: Connection, truck_id: int, values: Mapping[str, Any]) -> bool:
    """Write a truck as given; false when nothing differed."""
    return registry_rows.update(connection, TRUCKS, truck_id, values)
