"""Batches in which rows of the ledgers come in, rows that were refused, and what a row said before."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query
from server.store.scopes import Scope

OUTCOMES = ("taken", "repeated", "corrected", "refused")


def open_batch(connection: Connection, values: Mapping[str, Any]) -> int:
    """A batch; its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO ledger_batches (enterprise_id, division, ledger, source, gate_id, file_name, received_at,"
            " received_by, system_key_id) VALUES (:enterprise_id, :division, :ledger, :source, :gate_id, :file_name,"
            " :received_at, :received_by, :system_key_id) RETURNING id"
        ),
        values,
    ).scalar_one()
    return number


def add_counts(connection: Connection, batch_id: int, counts: Mapping[str, int], now: datetime) -> None:
    """Add what became of rows to the counts of their batch."""
    values = {name: counts.get(name, 0) for name in OUTCOMES}
    connection.execute(
        text(
            "UPDATE ledger_batches SET rows_n = rows_n + :all, done_n = done_n + :all, beat_at = :now,"
            f" {', '.join(f'{name}_n = {name}_n + :{name}' for name in OUTCOMES)} WHERE id = :id"
        ),
        {"id": batch_id, "all": sum(values.values()), "now": now, **values},
    )


def refuse(connection: Connection, common: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep refused rows as they came; one that came before is counted. `rows` differ in their hash."""
    connection.execute(
        text(
            "INSERT INTO ledger_refusals AS f (enterprise_id, ledger, batch_id, position, source_key, payload,"
            " payload_sha256, faults, times, first_at, last_at)"
            " SELECT cast(:enterprise_id AS int), cast(:ledger AS text), cast(:batch_id AS bigint), r.position,"
            " r.source_key, r.payload, r.payload_sha256, r.faults, r.times, cast(:now AS timestamptz),"
            " cast(:now AS timestamptz) FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r (position int,"
            " source_key text, payload jsonb, payload_sha256 bytea, faults jsonb, times int) ORDER BY r.payload_sha256"
            " ON CONFLICT (enterprise_id, ledger, payload_sha256) DO UPDATE SET times = f.times + excluded.times,"
            " last_at = excluded.last_at, faults = excluded.faults, batch_id = excluded.batch_id,"
            " position = excluded.position"
        ),
        {**common, "rows": json.dumps(rows, ensure_ascii=False, default=str)},
    )


def settle_sent_again(
    connection: Connection, enterprise_id: int, ledger: str, keys: Collection[str], now: datetime
) -> None:
    """Refused rows whose key has now been taken need nobody's attention any more."""
    if not keys:
        return
    connection.execute(
        text(
            "UPDATE ledger_refusals SET settled_at = :now, settled_how = 'sent_again' WHERE enterprise_id = :enterprise"
            " AND ledger = :ledger AND source_key = ANY(:keys) AND settled_at IS NULL"
        ),
        {"enterprise": enterprise_id, "ledger": ledger, "keys": list(keys), "now": now},
    )


def note_history(connection: Connection, common: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """What rows said before a correction, and what they say now."""
    connection.execute(
        text(
            "INSERT INTO ledger_history (at, ledger, row_id, enterprise_id, version, by_user, by_name, reason, before,"
            " after) SELECT cast(:now AS timestamptz), cast(:ledger AS text), r.row_id, cast(:enterprise_id AS int),"
            " r.version, cast(:by_user AS int), cast(:by_name AS text), cast(:reason AS text), r.before, r.after FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r (row_id bigint, version int, before jsonb,"
            " after jsonb) ORDER BY r.row_id"
        ),
        {**common, "rows": json.dumps(rows, ensure_ascii=False, default=str)},
    )


def history_of(connection: Connection, ledger: str, row_id: int) -> list[dict[str, Any]]:
    """Corrections of a row, the oldest first."""
    rows = connection.execute(
        text(
            "SELECT id, at, version, by_user, by_name, reason, before - 'content_sha256' AS before,"
            " after - 'content_sha256' AS after FROM ledger_history WHERE ledger = :ledger AND row_id = :row"
            " ORDER BY id"
        ),
        {"ledger": ledger, "row": row_id},
    )
    return [dict(row) for row in rows.mappings()]


_SOURCE = "ledger_batches b JOIN enterprises e ON e.id = b.enterprise_id"
_COLUMNS = """b.id, b.enterprise_id, e.name AS enterprise, b.division, b.ledger, b.source, b.gate_id, b.state,
  b.file_name, b.rows_n, b.done_n, b.taken_n, b.repeated_n, b.corrected_n, b.refused_n, b.fault_zh, b.fault_en,
  b.received_at, b.received_by, (SELECT u.name FROM users u WHERE u.id = b.received_by) AS received_by_name"""
FILTERS: dict[str, str] = {
    "ledger": "b.ledger = :ledger",
    "enterprise": "b.enterprise_id = cast(:enterprise AS int)",
    "division": "b.division = :division",
    "source": "b.source = :source",
    "refused": "(:refused = 'yes') = (b.refused_n > 0)",
    "from": "b.received_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "b.received_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
SORTS = {"received_at": "b.received_at"}
LISTING = Listing(_COLUMNS, _SOURCE, "ledger_batches b", "b.id", SORTS, "received_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of batches of the scope, the newest first."""
    clauses, values = query.conditions(FILTERS, scope.condition("b.division", "b.enterprise_id"))
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One batch of the scope."""
    clause, values = scope.condition("b.division", "b.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE b.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)
