"""Calls of the JSON API, counted a caller and minute for all processes of the web server together."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

KEPT = "10 minutes"


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls of a caller in this minute, this one included, and when the next minute begins."""

    calls: int
    seconds_left: int


def count(connection: Connection, caller: str, added: int = 1) -> Counted:
    """Count a call, or several at once; a caller's first of a minute clears what is old."""
    calls, seconds_left = connection.execute(
        text(
            "INSERT INTO api_calls AS c (caller, minute, calls) VALUES (:caller, date_trunc('minute', now()), :added)"
            " ON CONFLICT (caller, minute) DO UPDATE SET calls = c.calls + :added"
            " RETURNING calls, ceil(60 - extract(second FROM now()))::int"
        ),
        {"caller": caller, "added": added},
    ).one()
    if calls == added:
        connection.execute(text(f"DELETE FROM api_calls WHERE minute < now() - interval '{KEPT}'"))
    return Counted(calls, max(seconds_left, 1))
