"""What gates asked and were answered, with what it rested on. A row is never changed."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

FIELDS = (
    "asked_at", "gate_id", "enterprise_id", "plate", "plate_colour", "direction", "answer", "reason_code", "reason_zh",
    "reason_en", "law", "rule_keys", "measure_keys", "alert_id", "whitelist_id", "truck_id", "facts", "valid_until",
    "source", "list_id",
)  # fmt: skip
_INSERT = text(
    f"INSERT INTO gate_answers ({', '.join(FIELDS)}) VALUES"
    f" ({', '.join('cast(:facts AS jsonb)' if name == 'facts' else f':{name}' for name in FIELDS)}) RETURNING id"
)
_COLUMNS = """a.*, x.name AS gate, x.entrance_no, x.barrier_no, x.division, e.name AS enterprise,
  l.level AS alert_level, l.document AS alert_document"""
_SOURCE = """gate_answers a JOIN gates x ON x.id = a.gate_id JOIN enterprises e ON e.id = a.enterprise_id
  LEFT JOIN alerts l ON l.id = a.alert_id"""
FILTERS: dict[str, str] = {
    "plate": "a.plate LIKE :plate",
    "enterprise": "a.enterprise_id = cast(:enterprise AS int)",
    "gate": "a.gate_id = cast(:gate AS int)",
    "answer": "a.answer = :answer",
    "kept_back": "(a.answer <> 'allow') = (:kept_back = 'yes')",
    "direction": "a.direction = :direction",
    "source": "a.source = :source",
    "alert": "a.alert_id = cast(:alert AS int)",
    "from": "a.asked_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "a.asked_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
SORTS = {"asked_at": "a.asked_at"}
_LISTING = Listing(_COLUMNS, _SOURCE, "gate_answers a", "a.id", SORTS, "asked_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of answers in the scope, the newest first."""
    values = dict(query.values)
    clauses, given = Query(values, query.sort, query.descending).conditions(FILTERS, _within(scope))
    if "plate" in given:
        given["plate"] = escape_like(given["plate"].upper())[1:]  # from its beginning
    return _LISTING.find(connection, query, clauses, given)


def _within(scope: Scope) -> tuple[str, dict[str, Any]]:
    """By enterprise: an answer carries no area of its own. A province or city reads all of its gates' answers."""
    clause, values = scope.condition("x.division", "a.enterprise_id")
    if scope.divisions is None:
        return clause, values
    return f"a.gate_id IN (SELECT x.id FROM gates x WHERE {clause})", values


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One answer of the scope."""
    clause, values = scope.condition("x.division", "a.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE a.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_gate(connection: Connection, gate_id: int, enterprise_id: int, most: int = 10) -> list[dict[str, Any]]:
    """The newest answers of a gate, among the last thousand of its enterprise."""
    rows = connection.execute(
        text(
            "SELECT * FROM (SELECT id, gate_id, asked_at, plate, plate_colour, direction, answer FROM gate_answers"
            " WHERE enterprise_id = :e ORDER BY asked_at DESC, id DESC LIMIT 1000) AS newest"
            " WHERE gate_id = :gate LIMIT :most"
        ),
        {"gate": gate_id, "e": enterprise_id, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Keep an answer; its id."""
    given = {name: values.get(name) for name in FIELDS}
    given["facts"] = json.dumps(values["facts"], ensure_ascii=False)
    number: int = connection.execute(_INSERT, given).scalar_one()
    return number


def lock_offline(connection: Connection, enterprise_id: int) -> None:
    """Until the transaction ends nobody else tells what this enterprise's gates did by themselves."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('offline answers'), :e)"), {"e": enterprise_id})


def find_offline(
    connection: Connection, gate_id: int, at: datetime, plate: str, colour: str, direction: str
) -> int | None:
    """The answer that this gate told of this moment already."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM gate_answers WHERE plate = :plate AND asked_at = :at AND gate_id = :gate"
            " AND plate_colour = :colour AND direction = :direction AND source <> 'platform'"
        ),
        {"plate": plate, "at": at, "gate": gate_id, "colour": colour, "direction": direction},
    ).scalar()
    return found
