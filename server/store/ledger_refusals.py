"""Rows of the ledgers that were not taken: the list, one with what it said, and how it was settled."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

_COLUMNS = """f.id, f.enterprise_id, f.ledger, f.batch_id, f.position, f.source_key, f.payload, f.faults, f.times,
 f.first_at, f.last_at, f.settled_at, f.settled_how, f.settled_note, b.source, b.file_name, b.division,
 f.settled_by, e.name AS enterprise, f.payload ->> 'plate' AS plate, f.payload ->> 'passed_at' AS passed_at"""
_SOURCE = "ledger_refusals f JOIN ledger_batches b ON b.id = f.batch_id JOIN enterprises e ON e.id = f.enterprise_id"
_NARROW = "ledger_refusals f JOIN ledger_batches b ON b.id = f.batch_id"
FILTERS: dict[str, str] = {
    "q": "f.payload ->> 'plate' ILIKE :q OR f.source_key ILIKE :q",
    "ledger": "f.ledger = :ledger",
    "open": "CASE :open WHEN 'yes' THEN f.settled_at IS NULL ELSE f.settled_at IS NOT NULL END",
    "source": "b.source = :source",
    "division": "b.division = :division",
    "fault": "f.faults @> jsonb_build_array(jsonb_build_object('code', cast(:fault AS text)))",
    "field": "f.faults @> jsonb_build_array(jsonb_build_object('field', cast(:field AS text)))",
    "batch": "f.batch_id = cast(:batch AS bigint)",
    "enterprise": "f.enterprise_id = cast(:enterprise AS int)",
    "from": "f.last_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "f.last_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
LISTING = Listing(_COLUMNS, _SOURCE, _NARROW, "f.id", {"last_at": "f.last_at"}, "last_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of refused rows of the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("b.division", "f.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One refused row of the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("b.division", "f.enterprise_id")
    lock = " FOR UPDATE OF f" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE f.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_key(connection: Connection, enterprise_id: int, ledger: str, source_key: str | None) -> list[dict[str, Any]]:
    """Open refused rows that would have changed the row with this key of its source."""
    if not source_key:
        return []
    rows = connection.execute(
        text(
            "SELECT id, last_at, faults FROM ledger_refusals WHERE enterprise_id = :enterprise AND ledger = :ledger"
            " AND source_key = :key AND settled_at IS NULL ORDER BY id LIMIT 20"
        ),
        {"enterprise": enterprise_id, "ledger": ledger, "key": source_key},
    )
    return [dict(row) for row in rows.mappings()]


def of_batch(connection: Connection, batch_id: int) -> dict[int, int]:
    """Open refused rows of a batch: id by place."""
    rows = connection.execute(
        text("SELECT position, id FROM ledger_refusals WHERE batch_id = :batch AND settled_at IS NULL"),
        {"batch": batch_id},
    )
    return {row.position: row.id for row in rows}


def answer_of(connection: Connection, answer_id: int | None) -> dict[str, Any] | None:
    """What the platform answered at the gate when the row passed."""
    if answer_id is None:
        return None
    row = connection.execute(
        text("SELECT id, asked_at, answer, reason_zh, reason_en FROM gate_answers WHERE id = :id"), {"id": answer_id}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def settle(
    connection: Connection, enterprise_id: int, ids: list[int], how: str, user_id: int | None, note: str, now: datetime
) -> int:
    """Nobody needs to look at these any more; how many of them were open."""
    done = connection.execute(
        text(
            "UPDATE ledger_refusals SET settled_at = :now, settled_by = :user, settled_how = :how, settled_note = :note"
            " WHERE enterprise_id = :enterprise AND id = ANY(:ids) AND settled_at IS NULL"
        ),
        {"enterprise": enterprise_id, "ids": ids, "how": how, "user": user_id, "note": note or None, "now": now},
    )
    return done.rowcount
