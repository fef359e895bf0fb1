"""The audit log: append-only and hash-chained by the database (migration 0001)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Query, count_capped


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it and from where; user_id None: the platform itself, or nobody signed in."""

    user_id: int | None
    username: str
    organisation_id: int | None = None
    address: str | None = None


PLATFORM = Actor(None, "platform")


def append(
    connection: Connection,
    actor: Actor,
    action: str,
    subject_kind: str,
    subject_id: object,
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Add one row to the chain, in the caller's transaction; the number of the row."""
    number: int = connection.execute(
        text(
            "SELECT append_audit(:user_id, :username, :organisation_id, :address,"
            " :action, :subject_kind, :subject_id, cast(:detail AS jsonb))"
        ),
        {
            "user_id": actor.user_id,
            "username": actor.username,
            "organisation_id": actor.organisation_id,
            "address": actor.address,
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": str(subject_id),
            "detail": json.dumps(dict(detail or {}), ensure_ascii=False, default=str),
        },
    ).scalar_one()
    return number


FILTERS: dict[str, str] = {
    "action": "a.action = :action",
    "subject_kind": "a.subject_kind = :subject_kind",
    "subject_id": "a.subject_id = :subject_id",
    "username": "a.username = :username",
    "address": "a.address = :address",
    "from": "a.at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "a.at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}


def find(connection: Connection, query: Query) -> Found:
    """A page of the log, newest first."""
    clauses, values = query.conditions(FILTERS)
    rows = connection.execute(
        text(
            f"SELECT a.*, encode(a.hash, 'hex') AS hash_hex FROM audit_log a WHERE {clauses}"
            f" ORDER BY a.id {query.direction} LIMIT :limit OFFSET :offset"
        ),
        {**values, **query.window},
    )
    total, capped = count_capped(connection, f"audit_log a WHERE {clauses}", values)
    return Found([dict(row) for row in rows.mappings()], total, capped)


def of_subject(connection: Connection, subject_kind: str, subject_id: object) -> list[dict[str, Any]]:
    """What was done to one thing, oldest first: its timeline."""
    rows = connection.execute(
        text(
            "SELECT id, at, username, action, detail FROM audit_log"
            " WHERE subject_kind = :kind AND subject_id = :id ORDER BY id"
        ),
        {"kind": subject_kind, "id": str(subject_id)},
    )
    return [dict(row) for row in rows.mappings()]


def actions(connection: Connection) -> Sequence[str]:
    """Every action that occurs, for the filter (walks the distinct values, not the rows)."""
    return list(
        connection.execute(
            text(
                "WITH RECURSIVE one AS ((SELECT action FROM audit_log ORDER BY action LIMIT 1) UNION ALL"
                " SELECT (SELECT a.action FROM audit_log a WHERE a.action > one.action ORDER BY a.action LIMIT 1)"
                " FROM one WHERE one.action IS NOT NULL) SELECT action FROM one WHERE action IS NOT NULL"
            )
        ).scalars()
    )


def verify(connection: Connection, at_most: int = 100) -> tuple[int, list[dict[str, Any]]]:
    """How many rows the chain has, and the places where it is broken."""
    rows: int = connection.execute(text("SELECT count(*) FROM audit_log")).scalar_one()
    faults = connection.execute(text("SELECT id, fault FROM verify_audit() LIMIT :limit"), {"limit": at_most})
    return rows, [dict(fault) for fault in faults.mappings()]


def head(connection: Connection) -> tuple[int, str]:
    """Number and hash (hex) of the newest row; 0 and zeros of an empty log."""
    row = connection.execute(
        text("SELECT id, encode(hash, 'hex') FROM audit_log ORDER BY id DESC LIMIT 1")
    ).one_or_none()
    return (0, "0" * 64) if row is None else (row[0], row[1])


def holds(connection: Connection, number: int, digest: str) -> bool:
    """Whether the row of this number still has this hash: all before it is then what it was when they were noted."""
    found = connection.execute(
        text("SELECT EXISTS (SELECT FROM audit_log WHERE id = :id AND encode(hash, 'hex') = lower(:digest))"),
        {"id": number, "digest": digest},
    )
    return bool(found.scalar_one())
