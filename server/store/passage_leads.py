"""Leads that rest on a passage of ledger A, for its page."""

from typing import Any

from sqlalchemy import Connection, text


def of_passage(connection: Connection, number: int) -> list[dict[str, Any]]:
    """Every lead of one passage, the oldest first."""
    rows = connection.execute(
        text("SELECT id, kind, status, last_at FROM leads WHERE passage_id = :passage ORDER BY id"), {"passage": number}
    )
    return [dict(row) for row in rows.mappings()]
