"""Legal holds: days of an enterprise's ledgers that retention leaves alone."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

_SOURCE = "legal_holds h JOIN enterprises e ON e.id = h.enterprise_id"
_COLUMNS = """h.id, h.enterprise_id, e.name AS enterprise, h.division, h.from_on, h.to_on, h.reason, h.set_at, h.set_by,
  h.released_at, h.released_by, h.release_reason, (SELECT u.name FROM users u WHERE u.id = h.set_by) AS set_by_name,
  (SELECT u.name FROM users u WHERE u.id = h.released_by) AS released_by_name,
  CASE WHEN h.released_at IS NULL THEN 'held' ELSE 'released' END AS state"""
FILTERS: dict[str, str] = {
    "q": "e.name ILIKE :q",
    "enterprise": "h.enterprise_id = cast(:enterprise AS int)",
    "division": "h.division = :division",
    "state": "(:state = 'held') = (h.released_at IS NULL)",
}
SORTS = {"set_at": "h.set_at", "from_on": "h.from_on", "to_on": "h.to_on"}
LISTING = Listing(_COLUMNS, _SOURCE, _SOURCE, "h.id", SORTS, "set_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of holds of the scope, the newest first."""
    clauses, values = query.conditions(FILTERS, scope.condition("h.division"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One hold of the scope; `hold`: nobody else changes it until the transaction ends."""
    clause, values = scope.condition("h.division")
    lock = " FOR UPDATE OF h" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE h.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """A hold; its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO legal_holds (enterprise_id, division, from_on, to_on, reason, set_by)"
            " VALUES (:enterprise_id, :division, :from_on, :to_on, :reason, :set_by) RETURNING id"
        ),
        values,
    ).scalar_one()
    return number


def release(connection: Connection, number: int, by: int | None, reason: str) -> None:
    """The hold ends now."""
    connection.execute(
        text("UPDATE legal_holds SET released_at = now(), released_by = :by, release_reason = :reason WHERE id = :id"),
        {"id": number, "by": by, "reason": reason},
    )


def rows_under(connection: Connection, number: int) -> int:
    """Passages on the held days."""
    found: int = connection.execute(
        text(
            "SELECT coalesce(sum(d.passages), 0) FROM legal_holds h JOIN ledger_days d"
            " ON d.enterprise_id = h.enterprise_id AND d.day BETWEEN h.from_on AND h.to_on WHERE h.id = :id"
        ),
        {"id": number},
    ).scalar_one()
    return int(found)
