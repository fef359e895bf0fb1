"""Imports of sheets into the registry: the file as it came, its state, its counts, and every note on its rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Query, count_capped

STALE_S = 60
_COLUMNS = """r.id, r.noun, r.file_name, encode(r.sha256, 'hex') AS sha256, length(r.content) AS length,
 r.divisions, r.state,
 r.mode, r.rows_n, r.done_n, r.new_n, r.changed_n, r.unchanged_n, r.refused_n, r.warned_n, r.fault_zh, r.fault_en,
 r.created_at, r.created_by, r.beat_at, r.written_at, u.username, u.name AS created_by_name,
 r.state IN ('reading', 'writing') AND r.beat_at < now() - make_interval(secs => 60) AS stalled"""
_SOURCE = "registry_imports r LEFT JOIN users u ON u.id = r.created_by"


@dataclass(frozen=True, slots=True)
class Note:
    """A refused cell or a warning: row number in the file (0: the file), field, value, why and what would be right."""

    row: int
    field: str
    value: str
    refused: bool
    zh: str
    en: str
    first_id: int | None = None


def create(
    connection: Connection, noun: str, file_name: str, content: bytes, divisions: str | None, user_id: int | None
) -> int:
    """Keep a file; the number of the import."""
    number: int = connection.execute(
        text(
            "INSERT INTO registry_imports (noun, file_name, sha256, content, divisions, created_by)"
            " VALUES (:noun, :file_name, sha256(:content), :content, :divisions, :user_id) RETURNING id"
        ),
        {"noun": noun, "file_name": file_name[:200], "content": content, "divisions": divisions, "user_id": user_id},
    ).scalar_one()
    return number


def find_one(connection: Connection, number: int, user_id: int | None = None) -> dict[str, Any] | None:
    """One import without its file; with `user_id`, only that account's own."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE r.id = :id"
            " AND (cast(:user_id AS int) IS NULL OR r.created_by = :user_id)"
        ),
        {"id": number, "user_id": user_id},
    )
    found = row.mappings().first()
    return dict(found) if found else None


def find(connection: Connection, query: Query, user_id: int | None) -> Found:
    """A page of the imports of an account, newest first."""
    values = {"user_id": user_id}
    clause = "(cast(:user_id AS int) IS NULL OR r.created_by = :user_id)"
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE {clause} ORDER BY r.id DESC LIMIT :limit OFFSET :offset"),
        {**values, **query.window},
    )
    total, capped = count_capped(connection, f"registry_imports r WHERE {clause}", values)
    return Found([dict(row) for row in rows.mappings()], total, capped)


def get_content(connection: Connection, number: int) -> bytes:
    """The file as it came."""
    content: bytes = connection.execute(
        text("SELECT content FROM registry_imports WHERE id = :id"), {"id": number}
    ).scalar_one()
    return bytes(content)


def claim(
    connection: Connection, number: int, from_states: tuple[str, ...], to_state: str, mode: str | None = None
) -> bool:
    """Move on to a state of work, if nobody else is at it (a worker that gave no sign for a minute is dead)."""
    done = connection.execute(
        text(
            "UPDATE registry_imports SET state = :to_state, mode = coalesce(:mode, mode), beat_at = now(), done_n = 0,"
            " fault_zh = NULL, fault_en = NULL WHERE id = :id AND (state = ANY(:from_states)"
            " OR state = :to_state AND beat_at < now() - make_interval(secs => :stale))"
        ),
        {"id": number, "from_states": list(from_states), "to_state": to_state, "mode": mode, "stale": STALE_S},
    )
    return done.rowcount == 1


def beat(connection: Connection, number: int, done: int, of: int) -> None:
    """How far the work is."""
    connection.execute(
        text("UPDATE registry_imports SET done_n = :done, rows_n = :of, beat_at = now() WHERE id = :id"),
        {"id": number, "done": done, "of": of},
    )


def finish(connection: Connection, number: int, state: str, **values: Any) -> None:
    """End a step of work with its counts or its fault."""
    settings = "".join(f", {name} = :{name}" for name in values)
    connection.execute(
        text(f"UPDATE registry_imports SET state = :state, beat_at = now(){settings} WHERE id = :id"),
        {"id": number, "state": state, **values},
    )


def keep_notes(connection: Connection, number: int, notes: Iterable[Note]) -> None:
    """Put these notes in the place of those from before."""
    connection.execute(text("DELETE FROM registry_import_notes WHERE import_id = :id"), {"id": number})
    cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    columns = "import_id, number, row_no, field, value, refused, zh, en, first_id"
    with cursor, cursor.copy(f"COPY registry_import_notes ({columns}) FROM STDIN") as stream:
        for at, note in enumerate(notes):
            value = note.value.replace("\x00", "")[:500]
            stream.write_row((number, at, note.row, note.field, value, note.refused, note.zh, note.en, note.first_id))


def notes(
    connection: Connection, number: int, refused: bool | None, limit: int, offset: int = 0
) -> list[dict[str, Any]]:
    """A stretch of the notes: refused ones, warnings, or (None) both."""
    rows = connection.execute(
        text(
            "SELECT number, row_no, field, value, refused, zh, en, first_id FROM registry_import_notes"
            " WHERE import_id = :id AND (cast(:refused AS boolean) IS NULL OR refused = :refused)"
            " ORDER BY number LIMIT :limit OFFSET :offset"
        ),
        {"id": number, "refused": refused, "limit": limit, "offset": offset},
    )
    return [dict(row) for row in rows.mappings()]
