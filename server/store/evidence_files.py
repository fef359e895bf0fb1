"""Rows of kept files, for the check of the whole store."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from enforcement.evidence.digests import Digests


def every(connection: Connection) -> Iterator[tuple[str, Digests]]:
    """SHA-256 and digests of every file on record, by id; read as a stream."""
    statement = text(
        "SELECT encode(sha256, 'hex') AS sha256, encode(sm3, 'hex') AS sm3, bytes FROM evidence_files ORDER BY id"
    )
    for row in connection.execute(statement.execution_options(stream_results=True)):
        yield row.sha256, Digests(row.bytes, {"sha256": row.sha256, "sm3": row.sm3})


def is_on_record(connection: Connection, sha256: str) -> bool:
    """Whether a file has a row."""
    return bool(
        connection.execute(
            text("SELECT EXISTS (SELECT FROM evidence_files WHERE sha256 = decode(:sha256, 'hex'))"),
            {"sha256": sha256},
        ).scalar_one()
    )


def claim(connection: Connection, sha256: str) -> bool:
    """Put a row in a file's place, for a transaction that will be undone: whoever keeps that file now has to wait.

    False: the file is on record.
    """
    done = connection.execute(
        text(
            "INSERT INTO evidence_files (sha256, sm3, bytes, media_type) VALUES (decode(:sha256, 'hex'),"
            " decode(:sha256, 'hex'), 1, 'unclaimed') ON CONFLICT (sha256) DO NOTHING"
        ),
        {"sha256": sha256},
    )
    return bool(done.rowcount)
