"""Rows of the ledgers that were not taken, as people read and settle them."""

from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query
from server.store.scopes import Scope

_SOURCE = "ledger_refusals f JOIN ledger_batches b ON b.id = f.batch_id JOIN enterprises e ON e.id = f.enterprise_id"
_NARROW = "ledger_refusals f JOIN ledger_batches b ON b.id = f.batch_id"
_COLUMNS = """f.id, f.enterprise_id, e.name AS enterprise, b.division, f.ledger, f.batch_id, f.position, f.source_key,
  f.payload, f.faults, f.times, f.first_at, f.last_at, f.settled_at, f.settled_how, f.settled_note, b.source,
  b.file_name, f.settled_by, (SELECT u.name FROM users u WHERE u.id = f.settled_by) AS settled_by_name"""

FILTERS: dict[str, str] = {
    "ledger": "f.ledger = :ledger",
    "enterprise": "f.enterprise_id = cast(:enterprise AS int)",
    "division": "b.division = :division",
    "batch": "f.batch_id = cast(:batch AS bigint)",
    "settled": "(:settled = 'yes') = (f.settled_at IS NOT NULL)",
    "source": "b.source = :source",
    "fault": "f.faults @> jsonb_build_array(jsonb_build_object('code', cast(:fault AS text)))",
    "field": "f.faults @> jsonb_build_array(jsonb_build_object('field', cast(:field AS text)))",
}
SORTS = {"last_at": "f.last_at", "first_at": "f.first_at"}
LISTING = Listing(_COLUMNS, _SOURCE, _NARROW, "f.id", SORTS, "last_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of refused rows of the scope, the newest first."""
    clauses, values = query.conditions(FILTERS, scope.condition("b.division", "f.enterprise_id"))
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One refused row of the scope."""
    clause, values = scope.condition("b.division", "f.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE f.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def settle(connection: Connection, number: int, how: str, note: str | None, by: int | None) -> bool:
    """Nobody needs to look at it any more; false where somebody has settled it already."""
    done = connection.execute(
        text(
            "UPDATE ledger_refusals SET settled_at = now(), settled_by = :by, settled_how = :how, settled_note = :note"
            " WHERE id = :id AND settled_at IS NULL"
        ),
        {"id": number, "how": how, "note": note, "by": by},
    )
    return done.rowcount == 1
