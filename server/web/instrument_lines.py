"""Instruments as pages show them: a kind that no rule asks a verification of does not lack one."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import get_rule
from server.flows import rule_book


def told(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows, with `verification` "not_needed" where none is on file and none is asked for."""
    asked = get_rule(rule_book.current(connection), "instrument.verified_kinds", datetime.now(UTC)).words
    return [
        {**row, "verification": "not_needed"}
        if row["verification"] == "never" and row["kind"] not in asked
        else {**row}
        for row in rows
    ]
