"""Barriers lifted by hand: who, when and why (HJ 1321). A row is never changed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

REASONS = ("suspicious", "unknown_stage", "device_fault", "power_cut", "emergency", "denied", "other")
_FIELDS = (
    "gate_id", "enterprise_id", "at", "plate", "plate_colour", "direction", "person", "reason", "note", "answer_id",
    "source_key", "recorded_by",
)  # fmt: skip
_COLUMNS = """l.id, l.gate_id, l.enterprise_id, l.at, l.plate, l.plate_colour, l.direction, l.person, l.reason, l.note,
  l.answer_id, l.source_key, l.received_at, x.name AS gate, x.division, e.name AS enterprise,
  (SELECT u.name FROM users u WHERE u.id = l.recorded_by) AS recorder"""
_SOURCE = "gate_lifts l JOIN gates x ON x.id = l.gate_id JOIN enterprises e ON e.id = l.enterprise_id"
FILTERS: dict[str, str] = {
    "q": "l.plate ILIKE :q OR l.person ILIKE :q",
    "enterprise": "l.enterprise_id = cast(:enterprise AS int)",
    "gate": "l.gate_id = cast(:gate AS int)",
    "reason": "l.reason = :reason",
    "from": "l.at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "l.at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
SORTS = {"at": "l.at"}
_LISTING = Listing(_COLUMNS, _SOURCE, "gate_lifts l JOIN gates x ON x.id = l.gate_id", "l.id", SORTS, "at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of lifts in the scope, the newest first."""
    clauses, values = query.conditions(FILTERS, scope.condition("x.division", "l.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One lift of the scope."""
    clause, values = scope.condition("x.division", "l.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE l.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_gate(connection: Connection, gate_id: int, most: int = 10) -> list[dict[str, Any]]:
    """The newest lifts of a gate."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE l.gate_id = :gate ORDER BY l.at DESC, l.id DESC LIMIT :most"),
        {"gate": gate_id, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def put(connection: Connection, values: Mapping[str, Any]) -> tuple[int, bool]:
    """Keep a lift once: (its id, whether it is new). The same gate and source key again is the same lift."""
    row = connection.execute(
        text(
            f"INSERT INTO gate_lifts ({', '.join(_FIELDS)}) VALUES ({', '.join(f':{name}' for name in _FIELDS)})"
            " ON CONFLICT (gate_id, source_key) DO NOTHING RETURNING id"
        ),
        {name: values.get(name) for name in _FIELDS},
    ).scalar_one_or_none()
    if row is not None:
        return int(row), True
    known: int = connection.execute(
        text("SELECT id FROM gate_lifts WHERE gate_id = :gate AND source_key = :key"),
        {"gate": values["gate_id"], "key": values["source_key"]},
    ).scalar_one()
    return known, False


def answer_fits(connection: Connection, answer_id: int, enterprise_id: int) -> bool:
    """Whether an answer is one given to this enterprise."""
    found = connection.execute(
        text("SELECT EXISTS (SELECT FROM gate_answers WHERE id = :id AND enterprise_id = :e)"),
        {"id": answer_id, "e": enterprise_id},
    )
    return bool(found.scalar_one())
