"""Files of the ledgers on their way in: the sheet as it came, its state, its counts, what was found in it.

They are rows of `ledger_batches`, as the batches of gate systems are; the list shows both.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query
from server.store.scopes import Scope

STALE_S = 60
_COLUMNS = """b.id, b.enterprise_id, b.division, b.ledger, b.source, b.gate_id, b.state, b.file_name, b.rows_n, b.done_n,
 b.taken_n, b.repeated_n, b.corrected_n, b.refused_n, b.fault_zh, b.fault_en, b.received_at, b.received_by,
 b.system_key_id, b.report,
 length(b.content) AS length, encode(sha256(b.content), 'hex') AS sha256, e.name AS enterprise,
 b.state IN ('reading', 'writing') AND b.beat_at < now() - make_interval(secs => 60) AS stalled"""
_SOURCE = "ledger_batches b JOIN enterprises e ON e.id = b.enterprise_id"
FILTERS: dict[str, str] = {
    "ledger": "b.ledger = :ledger",
    "source": "b.source = :source",
    "state": "b.state = :state",
    "refused": "CASE :refused WHEN 'yes' THEN b.refused_n > 0 ELSE b.refused_n = 0 END",
    "enterprise": "b.enterprise_id = cast(:enterprise AS int)",
    "from": "b.received_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "b.received_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
LISTING = Listing(_COLUMNS, _SOURCE, "ledger_batches b", "b.id", {"id": "b.id"}, "id")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of batches and files of the scope, newest first."""
    clauses, values = query.conditions(FILTERS, scope.condition("b.division", "b.enterprise_id"))
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One batch of the scope, without its file."""
    clause, values = scope.condition("b.division", "b.enterprise_id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE b.id = :id AND {clause}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def enterprises_of(connection: Connection, scope: Scope) -> list[dict[str, Any]]:
    """Enterprises of the scope whose rows have come in, by name: what a bureau chooses from."""
    clause, values = scope.condition("b.division", "b.enterprise_id")
    rows = connection.execute(
        text(
            "SELECT e.id, e.name FROM enterprises e WHERE EXISTS (SELECT FROM ledger_batches b"
            f" WHERE b.enterprise_id = e.id AND {clause}) ORDER BY e.name, e.id LIMIT 2000"
        ),
        values,
    )
    return [dict(row) for row in rows.mappings()]


def create(connection: Connection, values: Mapping[str, Any]) -> int:
    """Keep a file (enterprise_id, division, ledger, file_name, content, user_id); its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO ledger_batches (enterprise_id, division, ledger, source, state, file_name, content, received_by)"
            " VALUES (:enterprise_id, :division, :ledger, 'sheet', 'reading', :file_name, :content, :user_id)"
            " RETURNING id"
        ),
        dict(values),
    ).scalar_one()
    return number


def get_file(connection: Connection, number: int) -> dict[str, Any]:
    """The file as it came, and whose ledger it is for."""
    row = connection.execute(
        text(
            "SELECT id, enterprise_id, division, ledger, file_name, content, report FROM ledger_batches"
            " WHERE id = :id AND content IS NOT NULL"
        ),
        {"id": number},
    ).one_or_none()
    if row is None:
        raise LookupError(f"no file {number}")
    return {**row._mapping, "content": bytes(row.content)}


def claim(connection: Connection, number: int, from_states: tuple[str, ...], to_state: str) -> bool:
    """Move on to a state of work, if nobody else is at it (a worker that gave no sign for a minute is dead)."""
    done = connection.execute(
        text(
            "UPDATE ledger_batches SET state = :to_state, beat_at = now(), done_n = 0, fault_zh = NULL, fault_en = NULL"
            " WHERE id = :id AND content IS NOT NULL AND (state = ANY(:from_states)"
            " OR state = ANY(ARRAY[:to_state, 'reading', 'writing']) AND beat_at < now() - make_interval(secs => :stale))"
        ),
        {"id": number, "from_states": list(from_states), "to_state": to_state, "stale": STALE_S},
    )
    return done.rowcount == 1


def beat(connection: Connection, number: int, done: int, of: int) -> None:
    """How far the work is."""
    connection.execute(
        text("UPDATE ledger_batches SET done_n = :done, rows_n = :of, beat_at = now() WHERE id = :id"),
        {"id": number, "done": done, "of": of},
    )


def finish(connection: Connection, number: int, state: str, **values: Any) -> None:
    """End a step of work with its counts, its report or its fault."""
    report = values.pop("report", None)
    settings = "".join(f", {name} = :{name}" for name in values)
    connection.execute(
        text(
            f"UPDATE ledger_batches SET state = :state, beat_at = now(){settings},"
            " report = coalesce(cast(:report AS jsonb), report) WHERE id = :id"
        ),
        {"id": number, "state": state, **values, "report": None if report is None else json.dumps(report)},
    )


def begin_counts(connection: Connection, number: int) -> None:
    """Counts begin at nothing: the rows are about to be taken, and each portion adds its own."""
    names = ("rows_n", "done_n", "taken_n", "repeated_n", "corrected_n", "refused_n")
    connection.execute(
        text(f"UPDATE ledger_batches SET {', '.join(f'{name} = 0' for name in names)}, beat_at = now() WHERE id = :id"),
        {"id": number},
    )
