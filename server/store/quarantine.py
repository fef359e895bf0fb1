"""Frames that could not be taken: whole, with the cause and its place, until they are replayed or set aside.

A city sees all of them; a county those that name a terminal of its own: what nobody has on file belongs to the city.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

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
_JOINS = """LEFT JOIN users u ON u.id = q.settled_by
 LEFT JOIN terminals t ON t.kind = q.kind AND t.device = q.device"""


_OF_A_COUNTY = """EXISTS (SELECT FROM terminals d LEFT JOIN trucks k ON k.id = d.truck_id
 LEFT JOIN machines m ON m.id = d.machine_id LEFT JOIN enterprises e
   ON e.id = coalesce(d.enterprise_id, k.enterprise_id, m.enterprise_id)
 WHERE d.kind = q.kind AND d.device = q.device AND coalesce(k.division, m.division, e.division)
   LIKE :scope_divisions)"""


def _within(scope: Scope) -> tuple[str, dict[str, Any]]:
    if scope.enterprise_id is not None:
        return "false", {}
    if scope.divisions is None or len(scope.divisions) < 6:
        return "true", {}
    return _OF_A_COUNTY, {"scope_divisions": scope.divisions + "%"}


def _where(query: Query, scope: Scope) -> tuple[str, dict[str, Any]]:
    clauses, values = query.conditions(FILTERS, _within(scope))
    if "device" in values:
        values["device"] = escape_like(values["device"])
    return clauses, values


_LISTING = Listing(_COLUMNS, f"quarantine q {_JOINS}", "quarantine q", "q.id", SORTS, "id")


def find(connection: Connection, query: Query, scope: Scope) -> Found:
    """A page of the quarantine."""
    clauses, values = _where(query, scope)
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, number: int, scope: Scope) -> dict[str, Any] | None:
    """One frame with its bytes, if the scope has it."""
    clause, values = _within(scope)
    row = connection.execute(
        text(f"SELECT {_COLUMNS}, q.raw, t.layout FROM quarantine q {_JOINS} WHERE q.id = :id AND {clause}"),
        {"id": number, **values},
    )
    found = row.mappings().first()
    return {**found, "raw": bytes(found["raw"])} if found else None


def counts(connection: Connection, scope: Scope) -> list[dict[str, Any]]:
    """How many frames are held, by cause, most first; with the time of the newest."""
    clause, values = _within(scope)
    rows = connection.execute(
        text(
            "SELECT code, sum(frames)::bigint AS frames, count(*) AS devices, sum(times)::bigint AS times,"
            " max(newest_at) AS newest_at FROM (SELECT q.code, q.device, count(*) AS frames, sum(q.times) AS times,"
            f" max(q.last_received_at) AS newest_at FROM quarantine q WHERE q.state = 'held' AND {clause}"
            " GROUP BY q.code, q.device) d GROUP BY code ORDER BY frames DESC, code LIMIT 30"
        ),
        values,
    )
    return [dict(row) for row in rows.mappings()]


def matching(connection: Connection, query: Query, scope: Scope, at_most: int, after: int = 0) -> list[int]:
    """Ids above `after` of held frames that the filters find, in order."""
    clauses, values = _where(query, scope)
    rows = connection.execute(
        text(
            f"SELECT q.id FROM quarantine q WHERE {clauses} AND q.state = 'held' AND q.id > :after"
            " ORDER BY q.id LIMIT :at_most"
        ),
        {**values, "at_most": at_most, "after": after},
    )
    return list(rows.scalars())


def among(connection: Connection, numbers: Sequence[int], scope: Scope, states: Sequence[str]) -> list[int]:
    """Those of the frames that the scope has and that are in one of these states."""
    clause, values = _within(scope)
    rows = connection.execute(
        text(f"SELECT q.id FROM quarantine q WHERE q.id = ANY(:numbers) AND q.state = ANY(:states) AND {clause}"),
        {**values, "numbers": list(numbers), "states": list(states)},
    )
    return sorted(rows.scalars())


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
