"""The register of machines that came to a site and left it (进出场登记)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Nullable, Query, escape_like
from server.store.scopes import Scope

WRITTEN = ("machine_id", "machine_text", "category", "stage", "fuel", "entered_at", "left_at", "person", "note")
_COLUMNS = """y.*, s.name AS site, s.division, s.state AS site_state, e.name AS enterprise,
  g.name_zh AS division_zh, g.name_en AS division_en, m.id AS known_machine_id,
  (SELECT u.name FROM users u WHERE u.id = y.recorded_by) AS recorder"""
_NARROW = "site_stays y JOIN sites s ON s.id = y.site_id"
_SOURCE = f"""{_NARROW} JOIN enterprises e ON e.id = y.enterprise_id LEFT JOIN divisions g ON g.code = s.division
  LEFT JOIN machines m ON m.id = y.machine_id"""
FILTERS: dict[str, str] = {
    "q": "y.machine_text ILIKE :q",
    "site": "y.site_id = cast(:site AS int)",
    "enterprise": "y.enterprise_id = cast(:enterprise AS int)",
    "machine": "y.machine_id = cast(:machine AS int)",
    "present": "(y.left_at IS NULL) = (:present = 'yes')",
    "from": "coalesce(y.left_at, 'infinity') >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "y.entered_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
SORTS = {"entered_at": "y.entered_at", "left_at": Nullable("y.left_at"), "machine": "y.machine_text"}
LISTING = Listing(_COLUMNS, _SOURCE, _NARROW, "y.id", SORTS, "entered_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of stays in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("s.division", "y.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"].strip().upper().replace(" ", ""))
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One stay of the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("s.division", "y.enterprise_id")
    lock = " FOR UPDATE OF y" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE y.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def machine_id_of(connection: Connection, number: str) -> int | None:
    """The one machine of the register that bears this number, of whatever owner."""
    found: int | None = connection.execute(text("SELECT machine_of_number(:number)"), {"number": number}).scalar()
    return found


def lock(connection: Connection, site_id: int) -> None:
    """One at a time writes stays of a site; held until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(74, :site)"), {"site": site_id})


def overlapping(connection: Connection, values: Mapping[str, Any], but: int | None = None) -> int | None:
    """A stay of the same machine at the site in part of that time, but this one."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM site_stays WHERE site_id = :site_id AND id IS DISTINCT FROM cast(:but AS bigint)"
            " AND (machine_text = :machine_text OR machine_id = cast(:machine_id AS int))"
            " AND tstzrange(entered_at, left_at)"
            " && tstzrange(cast(:entered_at AS timestamptz), cast(:left_at AS timestamptz)) ORDER BY id LIMIT 1"
        ),
        {
            "but": but,
            **{name: values[name] for name in ("site_id", "machine_text", "machine_id", "entered_at", "left_at")},
        },
    ).scalar()
    return found


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Keep a stay; its id."""
    names = ("site_id", "enterprise_id", *WRITTEN, "recorded_by")
    number: int = connection.execute(
        text(
            f"INSERT INTO site_stays ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
            " RETURNING id"
        ),
        {name: values.get(name) for name in names},
    ).scalar_one()
    return number


def update(connection: Connection, number: int, values: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Write a locked stay; what it said before goes into its history."""
    written = ", ".join(f"{name} = :{name}" for name in WRITTEN)
    connection.execute(
        text(
            f"UPDATE site_stays SET {written}, version = version + 1, history = history || cast(:before AS jsonb)"
            " WHERE id = :id"
        ),
        {
            "id": number,
            "before": json.dumps([dict(before)], ensure_ascii=False, default=_plain),
            **{name: values.get(name) for name in WRITTEN},
        },
    )


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
