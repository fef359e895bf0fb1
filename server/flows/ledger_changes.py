"""A change of rows of a ledger: the new content, the older one in the history with who and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from server.store import ledger_batches, ledger_tables
from server.store.audit import Actor
from server.store.ledger_tables import LedgerTable


def correct_rows(
    connection: Connection, actor: Actor, table: LedgerTable, enterprise_id: int,
    wanted: Mapping[int, Mapping[str, Any]], reason: str, now: datetime, by_hand: bool = False,
) -> None:  # fmt: skip
    """Give each row (by id) its new content and keep what it said; the enterprise's ledgers are held."""
    before = ledger_tables.rows_as_json(connection, table, wanted)
    rows = [{"id": row_id, **values} for row_id, values in wanted.items()]
    ledger_tables.correct(connection, table, rows, now if by_hand else None)
    note(connection, actor, table, enterprise_id, before, reason, now)


def note(
    connection: Connection, actor: Actor, table: LedgerTable, enterprise_id: int,
    before: Mapping[int, Mapping[str, Any]], reason: str, now: datetime,
) -> None:  # fmt: skip
    """Write the history of rows that were just changed."""
    after = ledger_tables.rows_as_json(connection, table, before)
    names = (*table.content, "content_sha256", "state")
    entries = []
    for row_id, old in before.items():
        new = after[row_id]
        changed = [name for name in names if old.get(name) != new.get(name)]
        said, says = ({name: _told(name, row) for name in changed} for row in (old, new))
        entries.append({"row_id": row_id, "version": new["version"], "before": said, "after": says})
    common = {
        "ledger": table.ledger, "enterprise_id": enterprise_id, "by_user": actor.user_id, "by_name": actor.username,
        "reason": reason, "now": now,
    }  # fmt: skip
    ledger_batches.note_history(connection, common, entries)


def _told(name: str, row: Mapping[str, Any]) -> Any:
    value = row.get(name)
    return value.removeprefix("\\x") if name == "content_sha256" and isinstance(value, str) else value
