"""A correction of rows of ledger A: the new content, the older one in the history with who and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from server.store import ledger_batches, ledger_rows
from server.store.audit import Actor

TOLD = (*ledger_rows.CONTENT, "content_sha256", "state")


def correct_rows(
    connection: Connection, actor: Actor, enterprise_id: int, wanted: Mapping[int, Mapping[str, Any]], reason: str,
    now: datetime, by_hand: bool = False,
) -> None:  # fmt: skip
    """Give each row (by id) its new content and keep what it said; the enterprise's ledgers are held."""
    before = ledger_rows.rows_as_json(connection, wanted)
    rows = [{"id": row_id, **values} for row_id, values in wanted.items()]
    ledger_rows.correct(connection, rows, now if by_hand else None)
    note(connection, actor, enterprise_id, before, reason, now)


def note(
    connection: Connection, actor: Actor, enterprise_id: int, before: Mapping[int, Mapping[str, Any]], reason: str,
    now: datetime,
) -> None:  # fmt: skip
    """Write the history of rows that were just changed."""
    after = ledger_rows.rows_as_json(connection, before)
    entries = []
    for row_id, old in before.items():
        new = after[row_id]
        changed = [name for name in TOLD if old.get(name) != new.get(name)]
        entries.append({
            "row_id": row_id, "version": new["version"], "before": {name: _told(name, old) for name in changed},
            "after": {name: _told(name, new) for name in changed},
        })  # fmt: skip
    common = {
        "ledger": "A", "enterprise_id": enterprise_id, "by_user": actor.user_id, "by_name": actor.username,
        "reason": reason, "now": now,
    }  # fmt: skip
    ledger_batches.note_history(connection, common, entries)


def _told(name: str, row: Mapping[str, Any]) -> Any:
    value = row.get(name)
    return value.removeprefix("\\x") if name == "content_sha256" and isinstance(value, str) else value
