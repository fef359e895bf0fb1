"""Reading packets for the device page: the list of a stretch of time, one packet with its bytes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_COLUMNS = """p.measured_at, p.last_at, p.received_at, p.serial, p.flags, p.samples_n, p.command, p.protocol,
 encode(p.sha256, 'hex') AS sha256, length(p.raw) AS length, p.summary,
 extract(epoch FROM p.received_at - p.last_at)::float8 AS lag_s"""


def of_terminal(
    connection: Connection, terminal_id: int, from_at: datetime, to_at: datetime, limit: int, offset: int
) -> list[dict[str, Any]]:
    """Packets that speak of [from, to), newest first."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM packets p WHERE p.terminal_id = :terminal_id"
            " AND p.measured_at >= :from_at AND p.measured_at < :to_at"
            " ORDER BY p.measured_at DESC, p.digest LIMIT :limit OFFSET :offset"
        ),
        {"terminal_id": terminal_id, "from_at": from_at, "to_at": to_at, "limit": limit, "offset": offset},
    )
    return [dict(row) for row in rows.mappings()]


def number_of(connection: Connection, terminal_id: int, from_at: datetime, to_at: datetime) -> int:
    """How many packets speak of [from, to)."""
    number: int = connection.execute(
        text(
            "SELECT count(*) FROM packets WHERE terminal_id = :terminal_id"
            " AND measured_at >= :from_at AND measured_at < :to_at"
        ),
        {"terminal_id": terminal_id, "from_at": from_at, "to_at": to_at},
    ).scalar_one()
    return number


def find_one(connection: Connection, terminal_id: int, measured_at: datetime, sha256: bytes) -> dict[str, Any] | None:
    """One packet with its bytes; time and hash together name it."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS}, p.raw FROM packets p WHERE p.terminal_id = :terminal_id"
            " AND p.measured_at = :measured_at AND p.sha256 = :sha256"
        ),
        {"terminal_id": terminal_id, "measured_at": measured_at, "sha256": sha256},
    )
    found = row.mappings().first()
    return {**found, "raw": bytes(found["raw"])} if found else None


def newest_day(connection: Connection, terminal_id: int) -> datetime | None:
    """The time of the newest packet: where the page opens."""
    newest: datetime | None = connection.execute(
        text(
            "SELECT coalesce((SELECT measured_at FROM terminal_states WHERE terminal_id = :id),"
            " (SELECT max(measured_at) FROM packets WHERE terminal_id = :id))"
        ),
        {"id": terminal_id},
    ).scalar()
    return newest


def neighbours(
    connection: Connection, terminal_id: int, from_at: datetime, to_at: datetime
) -> tuple[datetime | None, datetime | None]:
    """The last packet before [from, to) and the first one after it."""
    before, after = connection.execute(
        text(
            "SELECT (SELECT max(measured_at) FROM packets WHERE terminal_id = :id AND measured_at < :from_at),"
            " (SELECT min(measured_at) FROM packets WHERE terminal_id = :id AND measured_at >= :to_at)"
        ),
        {"id": terminal_id, "from_at": from_at, "to_at": to_at},
    ).one()
    return before, after
