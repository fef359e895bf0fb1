"""Rows of photos that come in pieces from a tablet (migration 0060); their bytes lie in store/piece_files.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class PieceRow:
    """What the database knows of a file on its way: its whole length and how much of it was written down, bytes."""

    sha256: str
    bytes: int
    received: int


_COLUMNS = "encode(sha256, 'hex') AS sha256, bytes, received"
_KEY = "user_id = :user AND sha256 = decode(:sha256, 'hex')"


def find(connection: Connection, user_id: int, sha256: str) -> PieceRow | None:
    """One file of an account."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM tablet_files WHERE {_KEY}"), {"user": user_id, "sha256": sha256}
    ).one_or_none()
    return None if row is None else PieceRow(*row)


def hold(connection: Connection, user_id: int, sha256: str, total: int) -> PieceRow:
    """The row of a file, new or there already, locked until the transaction ends: pieces come one at a time."""
    values = {"user": user_id, "sha256": sha256, "total": total}
    connection.execute(
        text(
            "INSERT INTO tablet_files (user_id, sha256, bytes) VALUES (:user, decode(:sha256, 'hex'), :total)"
            " ON CONFLICT DO NOTHING"
        ),
        values,
    )
    row = connection.execute(text(f"SELECT {_COLUMNS} FROM tablet_files WHERE {_KEY} FOR UPDATE"), values).one_or_none()
    return hold(connection, user_id, sha256, total) if row is None else PieceRow(*row)  # it was swept in between


def hold_all(connection: Connection, user_id: int, names: Sequence[str]) -> dict[str, PieceRow]:
    """Rows of several files by their hash, locked in one order for all, so that no two wait for each other."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM tablet_files WHERE user_id = :user AND sha256 = ANY ("
            " SELECT decode(name, 'hex') FROM unnest(cast(:names AS text[])) AS n(name)) ORDER BY sha256 FOR UPDATE"
        ),
        {"user": user_id, "names": list(names)},
    )
    return {row.sha256: PieceRow(*row) for row in rows}


def put(connection: Connection, user_id: int, sha256: str, total: int, received: int) -> None:
    """How much of a held file there is now."""
    connection.execute(
        text(f"UPDATE tablet_files SET bytes = :total, received = :received, changed_at = now() WHERE {_KEY}"),
        {"user": user_id, "sha256": sha256, "total": total, "received": received},
    )


def drop(connection: Connection, user_id: int, names: Sequence[str]) -> None:
    """The rows of files go: what they belong to is recorded, or their bytes were not what their name says."""
    connection.execute(
        text(
            "DELETE FROM tablet_files WHERE user_id = :user AND sha256 = ANY ("
            " SELECT decode(name, 'hex') FROM unnest(cast(:names AS text[])) AS n(name))"
        ),
        {"user": user_id, "names": list(names)},
    )


def waiting(connection: Connection, user_id: int) -> tuple[int, int]:
    """How many files of an account wait for their check, and the bytes that they are to have in all."""
    row = connection.execute(
        text("SELECT count(*), coalesce(sum(bytes), 0)::bigint FROM tablet_files WHERE user_id = :user"),
        {"user": user_id},
    ).one()
    return row[0], row[1]


def drop_stale(connection: Connection, unchanged: timedelta, user_id: int | None = None) -> list[tuple[int, str]]:
    """Drop what nobody went on with, of one account or of all: account and hash of each, for their bytes."""
    rows = connection.execute(
        text(
            "DELETE FROM tablet_files WHERE changed_at < now() - :unchanged"
            " AND (cast(:user AS int) IS NULL OR user_id = :user) RETURNING user_id, encode(sha256, 'hex') AS sha256"
        ),
        {"unchanged": unchanged, "user": user_id},
    )
    return [(row.user_id, row.sha256) for row in rows]


def names(connection: Connection) -> set[tuple[int, str]]:
    """Account and hash of every file on its way."""
    rows = connection.execute(text("SELECT user_id, encode(sha256, 'hex') AS sha256 FROM tablet_files"))
    return {(row.user_id, row.sha256) for row in rows}
