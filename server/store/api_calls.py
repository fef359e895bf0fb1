"""Calls of the JSON API, counted a caller and minute for all processes of the web server together."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

KEPT = "10 minutes"


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls of a caller in this minute, this one included, and when the next minute begins."""

    calls: int
    seconds_left: int


def count(connection: Connection, caller: str) -> Counted:
    """Count one call; a caller's first call of a minute clears what is old."""
    calls, seconds_left = connection.execute(
        text(
            "INSERT INTO api_calls AS c (caller, minute, calls) VALUES (:caller, date_trunc('minute', now()), 1)"
            " ON CONFLICT (caller, minute) DO UPDATE SET calls = c.calls + 1"
            " RETURNING calls, ceil(60 - extract(second FROM now()))::int"
        ),
        {"caller": caller},
    ).one()
    if calls == 1:
        connection.execute(text(f"DELETE FROM api_calls WHERE minute < now() - interval '{KEPT}'"))
    return Counted(calls, max(seconds_left, 1))
