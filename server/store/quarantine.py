"""Frames that could not be taken: whole, with the cause and its place, until they are replayed or set aside."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Query, count_capped, escape_like

FILTERS = {
    "code": "q.code = :code",
    "kind": "q.kind = :kind",
    "device": "q.device ILIKE :device",
    "state": "q.state = :state",
    "from": "q.last_received_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "q.last_received_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "sha256": "encode(q.sha256, 'hex') = lower(:sha256)",
}
SORTS = {"id": "q.id", "last_received_at": "q.last_received_at", "times": "q.times", "device": "q.device"}
_COLUMNS = """q.id, q.received_at, q.last_received_at, q.times, q.kind, q.device, q.topic, q.code, q.at_byte, q.detail,
 encode(q.sha256, 'hex') AS sha256, length(q.raw) AS length, q.state, q.settled_at, q.reason, u.name AS settled_by_name,
 t.id AS terminal_id"""
_SOURCE = """quarantine q LEFT JOIN users u ON u.id = q.settled_by
 LEFT JOIN terminals t ON t.kind = q.kind AND t.device = q.device"""


def _where(query: Query) -> tuple[str, dict[str, Any]]:
    clauses, values = query.conditions(FILTERS)
    if "device" in values:
        values["device"] = escape_like(values["device"])
    return clauses, values


def find(connection: Connection, query: Query) -> Found:
    """A page of the quarantine."""
    clauses, values = _where(query)
    order = f"{SORTS.get(query.sort, 'q.id')} {query.direction}, q.id {query.direction}"
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE {clauses} ORDER BY {order} LIMIT :limit OFFSET :offset"),
        {**values, **query.window},
    )
    total, capped = count_capped(connection, f"quarantine q WHERE {clauses}", values)
    return Found([dict(row) for row in rows.mappings()], total, capped)


def find_one(connection: Connection, number: int) -> dict[str, Any] | None:
    """One frame with its bytes."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS}, q.raw FROM {_SOURCE} WHERE q.id = :id"),
        {"id": number},
    )
    found = row.mappings().first()
    return {**found, "raw": bytes(found["raw"])} if found else None


def counts(connection: Connection) -> list[dict[str, Any]]:
    """How many frames are held, by cause and kind, most first; with the time of the newest."""
    rows = connection.execute(
        text(
            "SELECT code, kind, count(*) AS frames, count(DISTINCT device) AS devices, sum(times) AS times,"
            " max(last_received_at) AS newest_at FROM quarantine WHERE state = 'held'"
            " GROUP BY code, kind ORDER BY frames DESC, code, kind LIMIT 60"
        )
    )
    return [dict(row) for row in rows.mappings()]


def matching(connection: Connection, query: Query, at_most: int) -> list[int]:
    """Ids of held frames that the filters find, oldest first."""
    clauses, values = _where(query)
    rows = connection.execute(
        text(f"SELECT q.id FROM quarantine q WHERE {clauses} AND q.state = 'held' ORDER BY q.id LIMIT :at_most"),
        {**values, "at_most": at_most},
    )
    return list(rows.scalars())


def set_aside(connection: Connection, numbers: Sequence[int], reason: str, user_id: int | None) -> list[int]:
    """Settle held frames without taking them in; the bytes stay. The ids that were held."""
    rows = connection.execute(
        text(
            "UPDATE quarantine SET state = 'set_aside', settled_at = now(), settled_by = :user_id, reason = :reason"
            " WHERE id = ANY(:numbers) AND state = 'held' RETURNING id"
        ),
        {"numbers": list(numbers), "reason": reason, "user_id": user_id},
    )
    return sorted(rows.scalars())


def held_of_device(connection: Connection, kind: str, device: str) -> int:
    """How many frames of one terminal are held."""
    number: int = connection.execute(
        text("SELECT count(*) FROM quarantine WHERE kind = :kind AND device = :device AND state = 'held'"),
        {"kind": kind, "device": device},
    ).scalar_one()
    return number
