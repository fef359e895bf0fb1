"""Pleas of enterprises to their cases and violations (APL 45: statement and defence), and the bureau's answers."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, MaybeNull, Query, escape_like
from server.store.scopes import Scope

_COLUMNS = """p.*, e.name AS enterprise, c.number AS case_number, c.state AS case_state, v.number AS violation_number,
  coalesce(c.subject_text, t.plate, m.registration_number, m.machine_code) AS subject, g.name_zh AS division_zh,
  g.name_en AS division_en, (SELECT u.name FROM users u WHERE u.id = p.answered_by) AS answerer,
  (SELECT u.name FROM users u WHERE u.id = p.sent_by) AS sender"""
_SOURCE = """pleas p JOIN enterprises e ON e.id = p.enterprise_id LEFT JOIN cases c ON c.id = p.case_id
  LEFT JOIN violations v ON v.id = p.violation_id LEFT JOIN trucks t ON t.id = v.truck_id
  LEFT JOIN machines m ON m.id = v.machine_id LEFT JOIN divisions g ON g.code = p.division"""
FILTERS: dict[str, str] = {
    "q": "p.number ILIKE :q OR p.case_id IN (SELECT id FROM cases WHERE number ILIKE :q)"
    " OR p.enterprise_id IN (SELECT id FROM enterprises WHERE name ILIKE :q)",
    "state": "p.state = :state",
    "division": "p.division = :division",
    "hearing": "p.wants_hearing = (:hearing = 'yes')",
    "case": "p.case_id = cast(:case AS bigint)",
    "violation": "p.violation_id = cast(:violation AS bigint)",
    "enterprise": "p.enterprise_id = cast(:enterprise AS int)",
    "from": "p.sent_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "p.sent_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
SORTS = {"sent_at": "p.sent_at", "answered_at": MaybeNull("p.answered_at"), "number": "p.number"}
LISTING = Listing(_COLUMNS, _SOURCE, "pleas p", "p.id", SORTS, "sent_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of pleas in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("p.division", "p.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One plea of the scope; `hold` locks it until the transaction ends.

    An enterprise cannot lock one that was answered, for it cannot change it: that one is read as it stands.
    """
    clause, values = scope.condition("p.division", "p.enterprise_id")
    lock = " FOR UPDATE OF p" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE p.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    if row is None and hold:
        return find_one(connection, scope, number)
    return None if row is None else dict(row._mapping)


def of_case(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """The pleas to a case, the oldest first."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE p.case_id = :case ORDER BY p.id"), {"case": case_id}
    )
    return [dict(row) for row in rows.mappings()]


def of_violation(connection: Connection, violation_id: int) -> list[dict[str, Any]]:
    """The pleas to a violation, the oldest first."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE p.violation_id = :violation ORDER BY p.id"),
        {"violation": violation_id},
    )
    return [dict(row) for row in rows.mappings()]


def open_of_case(connection: Connection, case_id: int) -> list[str]:
    """Numbers of the pleas to a case that nobody has answered."""
    rows = connection.execute(
        text("SELECT number FROM pleas WHERE case_id = :case AND state = 'sent' ORDER BY id"), {"case": case_id}
    )
    return list(rows.scalars())


def waiting(connection: Connection, scope: Scope) -> int:
    """How many pleas of the scope wait for an answer."""
    clause, values = scope.condition("p.division", "p.enterprise_id")
    number: int = connection.execute(
        text(f"SELECT count(*) FROM pleas p WHERE p.state = 'sent' AND {clause}"), values
    ).scalar_one()
    return number


def lock_ground(connection: Connection, case_id: int | None, violation_id: int | None) -> None:
    """One at a time pleads about a case or violation; held until the transaction ends."""
    key = f"case:{case_id}" if case_id else f"violation:{violation_id}"
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 75))"), {"key": key})


def unanswered(connection: Connection, case_id: int | None, violation_id: int | None) -> str | None:
    """The number of the plea about it that waits for its answer."""
    found: str | None = connection.execute(
        text(
            "SELECT number FROM pleas WHERE state = 'sent' AND (case_id = cast(:case AS bigint)"
            " OR violation_id = cast(:violation AS bigint)) ORDER BY id LIMIT 1"
        ),
        {"case": case_id, "violation": violation_id},
    ).scalar()
    return found


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Keep a plea; its id. The number is the Beijing day and a running number."""
    names = ("enterprise_id", "division", "case_id", "violation_id", "content", "person", "phone", "wants_hearing",
             "sent_at", "sent_by")  # fmt: skip
    number: int = connection.execute(
        text(
            f"INSERT INTO pleas (number, {', '.join(names)}) VALUES ('P' || to_char(cast(:sent_at AS timestamptz)"
            " AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') || '-' || lpad(nextval('plea_numbers')::text, 6, '0'),"
            f" {', '.join(f':{name}' for name in names)}) RETURNING id"
        ),
        {name: values.get(name) for name in names},
    ).scalar_one()
    return number


def withdraw(connection: Connection, number: int) -> None:
    """Who sent it takes it back."""
    connection.execute(
        text("UPDATE pleas SET state = 'withdrawn', version = version + 1 WHERE id = :id"), {"id": number}
    )


def answer(connection: Connection, number: int, state: str, words: str, user_id: int | None) -> None:
    """What the bureau says to it."""
    connection.execute(
        text(
            "UPDATE pleas SET state = :state, answer = :words, answered_at = now(), answered_by = :user,"
            " version = version + 1 WHERE id = :id"
        ),
        {"id": number, "state": state, "words": words, "user": user_id},
    )
