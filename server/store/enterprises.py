"""Enterprises: the credit code is the key; the name where there is none yet."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store import registry_rows
from server.store.paging import Found, Query
from server.store.registry_rows import Register
from server.store.scopes import Scope

ENTERPRISES = Register(
    table="enterprises",
    select="t.id, t.credit_code, t.name, t.industry, t.division, t.address,"
    " ST_X(t.location) AS lon, ST_Y(t.location) AS lat,"
    " d.name_zh AS division_zh, d.name_en AS division_en, t.contact, t.phone, t.organisation_id, t.state,"
    " t.created_at, t.updated_at,"
    " (SELECT count(*) FROM trucks x WHERE x.enterprise_id = t.id) AS trucks_n,"
    " (SELECT count(*) FROM machines x WHERE x.enterprise_id = t.id) AS machines_n",
    source="enterprises t LEFT JOIN divisions d ON d.code = t.division",
    counted="enterprises t",
    division="t.division",
    enterprise="t.id",
    incoming={
        "credit_code": "text",
        "name": "text",
        "industry": "text",
        "division": "text",
        "address": "text",
        "lon": "float8",
        "lat": "float8",
        "contact": "text",
        "phone": "text",
        "state": "text",
    },
    written={
        "location": "CASE WHEN i.lon IS NOT NULL AND i.lat IS NOT NULL"
        " THEN ST_SetSRID(ST_MakePoint(i.lon, i.lat), 4326) END"
    },
    in_no_column=frozenset({"lon", "lat"}),
    filters={
        "q": "t.name ILIKE :q OR t.credit_code = upper(btrim(:q, '%'))",
        "industry": "t.industry = :industry",
        "division": "t.division = :division",
        "state": "t.state = :state",
    },
    contains=frozenset({"q"}),
    sorts={"name": "t.name", "updated_at": "t.updated_at", "division": "t.division"},
    default_sort="name",
    defaults={"state": "'active'"},
)

REFERENCES: dict[str, str] = {}
MATCH = (
    "UPDATE incoming i SET row_id = t.id FROM enterprises t WHERE t.credit_code = i.credit_code",
    "UPDATE incoming i SET row_id = t.id FROM enterprises t"
    " WHERE i.row_id IS NULL AND t.credit_code IS NULL AND t.name = i.name",
)
CLASHES = ""


def find(connection: Connection, query: Query, scope: Scope) -> Found:
    """A page of the enterprises."""
    return registry_rows.find(connection, ENTERPRISES, query, scope)


def stream(connection: Connection, query: Query, scope: Scope) -> Iterator[dict[str, Any]]:
    """All enterprises of a list."""
    return registry_rows.stream(connection, ENTERPRISES, query, scope)


def find_one(connection: Connection, enterprise_id: int, scope: Scope) -> dict[str, Any] | None:
    """One enterprise, if the scope covers it."""
    return registry_rows.find_one(connection, ENTERPRISES, enterprise_id, scope)


def find_same(connection: Connection, credit_code: str, name: str, but: int = 0) -> dict[str, Any] | None:
    """The enterprise on file with this credit code; without a code, the one of this name that has none either."""
    row = connection.execute(
        text(
            "SELECT id, name, credit_code FROM enterprises WHERE id <> :but AND (credit_code = nullif(:code, '')"
            " OR (:code = '' AND credit_code IS NULL AND name = :name)) LIMIT 1"
        ),
        {"code": credit_code, "name": name, "but": but},
    )
    found = row.mappings().first()
    return dict(found) if found else None


def find_reference(connection: Connection, wording: str) -> int | None:
    """The enterprise that a credit code or a name stands for."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM enterprises WHERE credit_code = :wording OR name = :wording"
            " ORDER BY (credit_code = :wording) DESC NULLS LAST, id LIMIT 1"
        ),
        {"wording": wording},
    ).scalar()
    return found


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add an enterprise; its id."""
    return registry_rows.insert(connection, ENTERPRISES, values)


def update(connection: Connection, enterprise_id: int, values: Mapping[str, Any]) -> bool:
    """Write an enterprise as given; false when nothing differed."""
    return registry_rows.update(connection, ENTERPRISES, enterprise_id, values)


def credit_code(connection: Connection, enterprise_id: int) -> str | None:
    """The credit code of an enterprise, if it is known."""
    found: str | None = connection.execute(
        text("SELECT credit_code FROM enterprises WHERE id = :id"), {"id": enterprise_id}
    ).scalar_one_or_none()
    return found


def division_of(connection: Connection, enterprise_id: int) -> str | None:
    """The area code of an enterprise, if it is known."""
    found: str | None = connection.execute(
        text("SELECT division FROM enterprises WHERE id = :id"), {"id": enterprise_id}
    ).scalar_one_or_none()
    return found
