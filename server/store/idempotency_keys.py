"""Idempotency keys of the API: what was done under a key, and the answer that was given."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

KEPT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands under a key; `status` is None while the answer is not known (or was lost)."""

    operation: str
    body_sha256: bytes
    status: int | None
    answer: str | None
    headers: dict[str, str]


def claim(connection: Connection, caller: str, key: str, operation: str, body_sha256: bytes) -> bool:
    """Take the key in the transaction of the work itself; false when it is taken. Waits for one that is at work."""
    connection.execute(
        text("DELETE FROM idempotency_keys WHERE caller = :caller AND at < now() - make_interval(days => :days)"),
        {"caller": caller, "days": KEPT_DAYS},
    )
    done = connection.execute(
        text(
            "INSERT INTO idempotency_keys (caller, key, operation, body_sha256)"
            " VALUES (:caller, :key, :operation, :sha) ON CONFLICT DO NOTHING"
        ),
        {"caller": caller, "key": key, "operation": operation, "sha": body_sha256},
    )
    return bool(done.rowcount)


def find(connection: Connection, caller: str, key: str) -> Kept | None:
    """What stands under a key."""
    row = connection.execute(
        text(
            "SELECT operation, body_sha256, status, answer, headers FROM idempotency_keys"
            " WHERE caller = :caller AND key = :key AND at >= now() - make_interval(days => :days)"
        ),
        {"caller": caller, "key": key, "days": KEPT_DAYS},
    ).one_or_none()
    return None if row is None else Kept(row.operation, bytes(row.body_sha256), row.status, row.answer, row.headers)


def keep(connection: Connection, caller: str, key: str, status: int, answer: str, headers: dict[str, Any]) -> None:
    """Put the answer under the key."""
    connection.execute(
        text(
            "UPDATE idempotency_keys SET status = :status, answer = :answer, headers = cast(:headers AS jsonb)"
            " WHERE caller = :caller AND key = :key"
        ),
        {"caller": caller, "key": key, "status": status, "answer": answer, "headers": json.dumps(headers)},
    )
