"""Signed lists that gates hold for when they are cut off, and whom a list names."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.gate_questions import TOLD

_TRUCKS = f"""
WITH asked AS (
  SELECT plate, plate_colour FROM ledger_passages WHERE enterprise_id = :enterprise AND state = 'taken' AND passed_at > :since
  UNION SELECT plate, plate_colour FROM trucks WHERE enterprise_id = :enterprise
  UNION SELECT x.plate, x.plate_colour FROM whitelist_entries w JOIN trucks x ON x.id = w.truck_id
    WHERE w.state = 'active' AND w.valid_to > :at AND (w.enterprise_id IS NULL OR w.enterprise_id = :enterprise))
SELECT t.*, one.plate AS asked_plate, one.plate_colour AS asked_colour, {TOLD}
WHERE one.plate_colour IS NOT NULL"""


def trucks(connection: Connection, enterprise_id: int, since: datetime, at: datetime) -> Iterator[dict[str, Any]]:
    """Trucks seen at the plant since then, its own, and those with leave for it; as `gate_questions.find_subject`."""
    given = {"enterprise": enterprise_id, "since": since, "at": at}
    yield from (dict(row) for row in connection.execute(text(_TRUCKS), given).mappings())


def next_number(connection: Connection) -> int:
    """The number that the next list will have: it stands in the list itself."""
    found: int = connection.execute(text("SELECT nextval(pg_get_serial_sequence('gate_lists', 'id'))")).scalar_one()
    return found


def add(connection: Connection, values: dict[str, Any]) -> None:
    """Keep a list."""
    connection.execute(
        text(
            "INSERT INTO gate_lists (id, enterprise_id, made_at, valid_until, entries_n, sha256, key_id, content)"
            " OVERRIDING SYSTEM VALUE VALUES (:id, :enterprise_id, :made_at, :valid_until, :entries_n, :sha256,"
            " :key_id, :content)"
        ),
        values,
    )


def content_of(connection: Connection, number: int) -> bytes | None:
    """The list as it is handed out, gzipped."""
    found: bytes | None = connection.execute(
        text("SELECT content FROM gate_lists WHERE id = :id"), {"id": number}
    ).scalar_one_or_none()
    return None if found is None else bytes(found)


def forget(connection: Connection, enterprise_id: int, before: datetime) -> int:
    """Drop the content of lists that ended before then; that they were given stays on file."""
    done = connection.execute(
        text(
            "UPDATE gate_lists SET content = NULL WHERE enterprise_id = :e AND valid_until < :before"
            " AND content IS NOT NULL"
        ),
        {"e": enterprise_id, "before": before},
    )
    return int(done.rowcount)


def held_at(connection: Connection, number: int, enterprise_id: int, at: datetime) -> bool:
    """Whether this list of the enterprise held at that moment."""
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM gate_lists WHERE id = :id AND enterprise_id = :e AND made_at <= :at"
            " AND :at < valid_until)"
        ),
        {"id": number, "e": enterprise_id, "at": at},
    )
    return bool(found.scalar_one())
