"""Machines: four identifiers (enforcement.md 4.1), one machine one file."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store import registry_rows
from server.store.paging import Found, Query
from server.store.registry_rows import Register
from server.store.scopes import Scope
from server.store.subject_registers import LAST_TERMINAL, MATCH_ENTERPRISE, filters

TITLE = (
    "coalesce({0}.registration_number, {0}.pin, {0}.machine_code, concat_ws(' ', {0}.engine_maker, {0}.engine_number))"
)
NUMBERS = "(coalesce(t.registration_number, '') || ' ' || coalesce(t.pin, '') || ' ' || coalesce(t.machine_code, ''))"

MACHINES = Register(
    table="machines",
    select="t.*, ST_X(t.usual_location) AS usual_lon, ST_Y(t.usual_location) AS usual_lat,"
    " e.name AS enterprise, e.credit_code AS enterprise_code, d.name_zh AS division_zh, d.name_en AS division_en,"
    " k.terminal_id, k.terminal_kind, k.terminal_device, k.seen_at, k.lon, k.lat",
    source=(
        "machines t LEFT JOIN enterprises e ON e.id = t.enterprise_id LEFT JOIN divisions d ON d.code = t.division"
        + LAST_TERMINAL.format(column="machine_id")
    ),
    counted="machines t LEFT JOIN enterprises e ON e.id = t.enterprise_id",
    division="t.division",
    enterprise="t.enterprise_id",
    incoming={
        "registration_number": "text",
        "registration_number_raw": "text",
        "pin": "text",
        "machine_code": "text",
        "engine_number": "text",
        "engine_maker": "text",
        "engine_model": "text",
        "maker": "text",
        "model": "text",
        "category": "text",
        "fuel": "text",
        "stage": "text",
        "stage_basis": "text",
        "power_kw": "numeric(7, 2)",
        "built_on": "date",
        "after_treatment": "text",
        "device_fitted": "boolean",
        "owner": "text",
        "owner_phone": "text",
        "enterprise_id": "int",
        "usual_place": "text",
        "lon": "float8",
        "lat": "float8",
        "division": "text",
        "state": "text",
        "note": "text",
    },
    written={
        "usual_location": "CASE WHEN i.lon IS NOT NULL AND i.lat IS NOT NULL"
        " THEN ST_SetSRID(ST_MakePoint(i.lon, i.lat), 4326) END"
    },
    in_no_column=frozenset({"lon", "lat"}),
    filters={
        **filters("machine_id"),
        "q": f"{NUMBERS} ILIKE :q OR t.engine_number = upper(btrim(:q, '%'))",
    },
    contains=frozenset({"q", "owner"}),
    sorts={
        "registration_number": "t.registration_number",
        "updated_at": "t.updated_at",
        "power_kw": "t.power_kw",
        "built_on": "t.built_on",
        "stage": "t.stage",
        "division": "t.division",
    },
    default_sort="registration_number",
    defaults={"state": "'active'"},
)

REFERENCES = {"enterprise": "enterprise_id"}
# The order of enforcement.md 4.1: product identification, machine code, engine with maker, registration number.
MATCH = (
    "UPDATE incoming i SET row_id = t.id FROM machines t WHERE t.pin = i.pin",
    "UPDATE incoming i SET row_id = t.id FROM machines t WHERE i.row_id IS NULL AND t.machine_code = i.machine_code",
    "UPDATE incoming i SET row_id = t.id FROM machines t WHERE i.row_id IS NULL AND t.engine_number = i.engine_number"
    " AND t.engine_maker IS NOT DISTINCT FROM i.engine_maker",
    "UPDATE incoming i SET row_id = t.id FROM machines t WHERE i.row_id IS NULL"
    " AND t.registration_number = i.registration_number",
    *MATCH_ENTERPRISE,
)
_OTHER = (
    "SELECT i.row_no, '{column}', i.{column}, t.id, " + TITLE.format("t") + " FROM incoming i"
    " JOIN machines t ON t.{column} = i.{column}{more} WHERE t.id <> i.row_id"
)
_CONTRADICTS = (
    "SELECT i.row_no, '{column}', i.{column}, t.id, " + TITLE.format("t") + " FROM incoming i"
    " JOIN machines t ON t.id = i.row_id WHERE t.{column} <> i.{column}"
)
CLASHES = " UNION ALL ".join(
    [
        *(_OTHER.format(column=c, more="") for c in ("machine_code", "registration_number")),
        _OTHER.format(column="engine_number", more=" AND t.engine_maker IS NOT DISTINCT FROM i.engine_maker"),
        *(_CONTRADICTS.format(column=c) for c in ("pin", "machine_code", "registration_number")),
    ]
)


def find(connection: Connection, query: Query, scope: Scope) -> Found:
    """A page of the machines."""
    return registry_rows.find(connection, MACHINES, query, scope)


def stream(connection: Connection, query: Query, scope: Scope) -> Iterator[dict[str, Any]]:
    """All machines of a list."""
    return registry_rows.stream(connection, MACHINES, query, scope)


def find_one(connection: Connection, machine_id: int, scope: Scope) -> dict[str, Any] | None:
    """One machine, if the scope covers it."""
    return registry_rows.find_one(connection, MACHINES, machine_id, scope)


def find_same(connection: Connection, values: Mapping[str, Any], but: int = 0) -> tuple[str, dict[str, Any]] | None:
    """The machine already on file under one of the four identifiers, and which one, in the order of matching."""
    tests = {
        "pin": "t.pin = :pin",
        "machine_code": "t.machine_code = :machine_code",
        "engine_number": "t.engine_number = :engine_number AND t.engine_maker IS NOT DISTINCT FROM :engine_maker",
        "registration_number": "t.registration_number = :registration_number",
    }
    for column, test in tests.items():
        if not values.get(column):
            continue
        names = [name for name in ("engine_number", "engine_maker", column) if f":{name}" in test]
        row = connection.execute(
            text(
                f"SELECT t.id, {TITLE.format('t')} AS title, t.division FROM machines t WHERE {test} AND t.id <> :but"
            ),
            {"but": but, **{name: values.get(name) or None for name in names}},
        )
        found = row.mappings().first()
        if found:
            return column, dict(found)
    return None


def find_number(connection: Connection, number: str) -> int | None:
    """The machine with this registration number, product identification or machine code."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM machines WHERE registration_number = :number OR pin = :number OR machine_code = :number"
            " ORDER BY id LIMIT 1"
        ),
        {"number": number},
    ).scalar()
    return found


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add a machine; its id."""
    return registry_rows.insert(connection, MACHINES, values)


def update(connection: Connection, machine_id: int, values: Mapping[str, Any]) -> bool:
    """Write a machine as given; false when nothing differed."""
    return registry_rows.update(connection, MACHINES, machine_id, values)
