"""Personal tokens of the JSON API: only their SHA-256 is kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, text

MOST_LIVE = 50  # tokens an account may have in force


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as its owner sees it afterwards: never its text."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    ended: bool


_COLUMNS = """k.id, k.name, k.created_at, k.expires_at, k.last_used_at, k.revoked_at,
  k.revoked_at IS NOT NULL OR k.expires_at <= now() OR k.session_epoch <> u.session_epoch AS ended"""
_SOURCE = "api_tokens k JOIN users u ON u.id = k.user_id"


def add(connection: Connection, user_id: int, name: str, sha256: bytes, expires_at: datetime) -> int:
    """Keep a token of an account; its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO api_tokens (user_id, name, sha256, session_epoch, expires_at)"
            " SELECT u.id, :name, :sha256, u.session_epoch, :expires_at FROM users u WHERE u.id = :user_id RETURNING id"
        ),
        {"user_id": user_id, "name": name, "sha256": sha256, "expires_at": expires_at},
    ).scalar_one()
    return number


def hold_owner(connection: Connection, user_id: int) -> None:
    """One change of an account's tokens at a time."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('api_tokens'), :id)"), {"id": user_id})


def live_count(connection: Connection, user_id: int) -> int:
    """Tokens of the account that are in force."""
    number: int = connection.execute(
        text(
            f"SELECT count(*) FROM {_SOURCE} WHERE k.user_id = :id AND k.revoked_at IS NULL"
            " AND k.expires_at > now() AND k.session_epoch = u.session_epoch"
        ),
        {"id": user_id},
    ).scalar_one()
    return number


def of_user(connection: Connection, user_id: int, limit: int, offset: int = 0) -> list[ApiToken]:
    """Tokens of an account, newest first."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE k.user_id = :id ORDER BY k.id DESC LIMIT :limit OFFSET :offset"),
        {"id": user_id, "limit": limit, "offset": offset},
    )
    return [_token(row) for row in rows]


def count(connection: Connection, user_id: int) -> int:
    """How many tokens the account ever had."""
    number: int = connection.execute(
        text("SELECT count(*) FROM api_tokens WHERE user_id = :id"), {"id": user_id}
    ).scalar_one()
    return number


def find_one(connection: Connection, user_id: int, number: int) -> ApiToken | None:
    """A token of this account."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE k.user_id = :user AND k.id = :id"),
        {"user": user_id, "id": number},
    ).one_or_none()
    return None if row is None else _token(row)


def _token(row: Row[tuple[object, ...]]) -> ApiToken:
    return ApiToken(**row._mapping)


def revoke(connection: Connection, user_id: int, number: int) -> bool:
    """End a token; false where it is not this account's or had ended."""
    done = connection.execute(
        text("UPDATE api_tokens SET revoked_at = now() WHERE id = :id AND user_id = :user AND revoked_at IS NULL"),
        {"id": number, "user": user_id},
    )
    return bool(done.rowcount)


def find_owner(connection: Connection, sha256: bytes) -> tuple[int, int] | None:
    """(token, account) of a token in force; its use is noted, once a minute."""
    row = connection.execute(
        text(
            f"SELECT k.id, k.user_id, coalesce(k.last_used_at < now() - interval '1 minute', true) AS stale"
            f" FROM {_SOURCE} WHERE k.sha256 = :sha256 AND k.revoked_at IS NULL AND k.expires_at > now()"
            " AND k.session_epoch = u.session_epoch"
        ),
        {"sha256": sha256},
    ).one_or_none()
    if row is None:
        return None
    if row.stale:
        connection.execute(text("UPDATE api_tokens SET last_used_at = now() WHERE id = :id"), {"id": row.id})
    return row.id, row.user_id
