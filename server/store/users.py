"""Accounts: who signs in, in which organisation and roles, and the log-in attempts that lock them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, text

from server.store.paging import Found, Query, count_capped, escape_like
from server.store.scopes import Scope, scope_of


class Role(StrEnum):
    """The roles of design.md; what each may do stands in server/web/permissions.py."""

    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"
    OFFICER = "officer"
    REVIEWER = "reviewer"
    INSPECTOR = "inspector"
    APPROVER = "approver"
    ENTERPRISE = "enterprise"
    STATION = "station"
    PARTNER = "partner"
    DEVICE = "device"
    READ_ONLY = "read_only"


@dataclass(frozen=True, slots=True)
class Account:
    """One account with its organisation."""

    id: int
    username: str
    name: str
    roles: frozenset[Role]
    locale: str
    active: bool
    session_epoch: int
    enforcement_card: str | None
    organisation_id: int
    organisation_kind: str
    organisation_zh: str
    organisation_en: str
    division: str
    enterprise_id: int | None

    @property
    def scope(self) -> Scope:
        return scope_of(self.organisation_kind, self.division, self.enterprise_id, self.organisation_id)


_ACCOUNT = """
SELECT u.id, u.username, u.name, u.roles, u.locale, u.active AND o.active AS active, u.session_epoch,
  u.enforcement_card,
  o.id AS organisation_id, o.kind AS organisation_kind, o.name_zh AS organisation_zh, o.name_en AS organisation_en,
  o.division, (SELECT min(e.id) FROM enterprises e WHERE e.organisation_id = o.id) AS enterprise_id
FROM users u JOIN organisations o ON o.id = u.organisation_id
"""


def _account(row: Row[Any] | None) -> Account | None:
    if row is None:
        return None
    values = dict(row._mapping)
    values["roles"] = frozenset(Role(role) for role in values["roles"])
    return Account(**values)


def find_account(connection: Connection, user_id: int) -> Account | None:
    """The account with this number, if there is one."""
    return _account(connection.execute(text(_ACCOUNT + "WHERE u.id = :id"), {"id": user_id}).one_or_none())


def system_account(connection: Connection, organisation_id: int, name: str) -> Account:
    """What stands for another system that calls with a key of its organisation: no person, no roles, number 0."""
    row = connection.execute(
        text(
            "SELECT 0 AS id, :username AS username, :name AS name, cast('{}' AS text[]) AS roles, 'zh' AS locale,"
            " o.active, 0 AS session_epoch, cast(NULL AS text) AS enforcement_card, o.id AS organisation_id,"
            " o.kind AS organisation_kind, o.name_zh AS organisation_zh, o.name_en AS organisation_en, o.division,"
            " (SELECT min(e.id) FROM enterprises e WHERE e.organisation_id = o.id) AS enterprise_id"
            " FROM organisations o WHERE o.id = :organisation"
        ),
        {"username": f"system:{name}"[:100], "name": name, "organisation": organisation_id},
    ).one()
    found = _account(row)
    assert found is not None
    return found


def find_by_username(connection: Connection, username: str) -> tuple[Account, str] | None:
    """The account of a user name, with its password hash."""
    row = connection.execute(text(_ACCOUNT + "WHERE u.username = :username"), {"username": username}).one_or_none()
    account = _account(row)
    return None if account is None else (account, password_hash(connection, account.id))


def password_hash(connection: Connection, user_id: int) -> str:
    """The stored hash of an account that exists."""
    found: str = connection.execute(
        text("SELECT password_hash FROM users WHERE id = :id"), {"id": user_id}
    ).scalar_one()
    return found


FILTERS: dict[str, str] = {
    "q": "u.username ILIKE :q OR u.name ILIKE :q",
    "role": ":role = ANY (u.roles)",
    "organisation": "u.organisation_id = cast(:organisation AS int)",
    "active": "u.active = (:active = 'yes')",
}
SORTS = {
    "username": "u.username",
    "name": "u.name",
    "organisation": "o.name_zh",
    "created_at": "u.created_at",
}


def find(connection: Connection, query: Query) -> Found:
    """A page of accounts."""
    clauses, values = query.conditions(FILTERS)
    if "q" in values:
        values["q"] = escape_like(values["q"])
    source = f"users u JOIN organisations o ON o.id = u.organisation_id WHERE {clauses}"
    rows = connection.execute(
        text(
            "SELECT u.id, u.username, u.name, u.roles, u.active, u.created_at, o.name_zh AS organisation_zh,"
            " o.name_en AS organisation_en, (SELECT max(l.at) FROM login_attempts l"
            f" WHERE l.username = u.username AND l.succeeded) AS last_seen_at FROM {source}"
            f" ORDER BY {query.order(SORTS, 'username', 'u.id')} LIMIT :limit OFFSET :offset"
        ),
        {**values, **query.window},
    )
    total, capped = count_capped(connection, source, values)
    return Found([dict(row) for row in rows.mappings()], total, capped)


def create(connection: Connection, **values: Any) -> int:
    """Add an account (organisation_id, username, name, password_hash, roles, enforcement_card, locale); its id."""
    values.setdefault("enforcement_card", None)
    values.setdefault("locale", "zh")
    values["roles"] = sorted(values["roles"])
    number: int = connection.execute(
        text(
            "INSERT INTO users (organisation_id, username, name, password_hash, roles, enforcement_card, locale)"
            " VALUES (:organisation_id, :username, :name, :password_hash, :roles, :enforcement_card, :locale)"
            " RETURNING id"
        ),
        values,
    ).scalar_one()
    return number


def update(connection: Connection, user_id: int, **values: Any) -> None:
    """Change name, organisation, roles, card and activity; ends every session of the account."""
    values["roles"] = sorted(values["roles"])
    connection.execute(
        text(
            "UPDATE users SET name = :name, organisation_id = :organisation_id, roles = :roles,"
            " enforcement_card = :enforcement_card, active = :active, session_epoch = session_epoch + 1"
            " WHERE id = :id"
        ),
        {**values, "id": user_id},
    )


def set_password(connection: Connection, user_id: int, new_hash: str) -> None:
    """Store a new hash and end every session of the account."""
    connection.execute(
        text(
            "UPDATE users SET password_hash = :hash, password_changed_at = now(),"
            " session_epoch = session_epoch + 1 WHERE id = :id"
        ),
        {"hash": new_hash, "id": user_id},
    )


def refresh_hash(connection: Connection, user_id: int, new_hash: str) -> None:
    """The same password under newer parameters."""
    connection.execute(text("UPDATE users SET password_hash = :hash WHERE id = :id"), {"hash": new_hash, "id": user_id})


def set_locale(connection: Connection, user_id: int, locale: str) -> None:
    """Remember the language of the pages."""
    connection.execute(text("UPDATE users SET locale = :locale WHERE id = :id"), {"locale": locale, "id": user_id})


def end_sessions(connection: Connection, user_id: int) -> None:
    """End every session of the account."""
    connection.execute(text("UPDATE users SET session_epoch = session_epoch + 1 WHERE id = :id"), {"id": user_id})


def lock_admins(connection: Connection) -> list[int]:
    """The active security administrators, locked until the transaction ends so that two cannot remove each other."""
    rows = connection.execute(
        text("SELECT id FROM users WHERE active AND 'security_admin' = ANY (roles) ORDER BY id FOR UPDATE")
    )
    return list(rows.scalars())


# --- log-in attempts ---


def lock_attempts(connection: Connection, keys: Iterable[str]) -> None:
    """One attempt at a time for a user name and for an address: parallel guesses are counted one by one."""
    for key in sorted(keys):
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('login'), hashtext(:key))"), {"key": key})


def failures_of_account(connection: Connection, username: str, since: datetime, limit: int) -> list[datetime]:
    """Times of the newest failures after the last success, newest first, at most `limit`."""
    rows = connection.execute(
        text(
            "SELECT at FROM login_attempts WHERE username = :username AND NOT succeeded AND at > :since"
            " AND at > coalesce((SELECT max(s.at) FROM login_attempts s WHERE s.username = :username"
            " AND s.succeeded AND s.at > :since), '-infinity') ORDER BY at DESC LIMIT :limit"
        ),
        {"username": username, "since": since, "limit": limit},
    )
    return list(rows.scalars())


def failures_of_address(connection: Connection, address: str, since: datetime, limit: int) -> list[datetime]:
    """Times of the newest failures from an address, newest first, at most `limit`."""
    rows = connection.execute(
        text(
            "SELECT at FROM login_attempts WHERE address = cast(:address AS inet) AND NOT succeeded"
            " AND at > :since ORDER BY at DESC LIMIT :limit"
        ),
        {"address": address, "since": since, "limit": limit},
    )
    return list(rows.scalars())


def add_attempt(connection: Connection, username: str, address: str | None, at: datetime) -> int:
    """Note an attempt as failed before the password is looked at; settle_attempt() says otherwise."""
    number: int = connection.execute(
        text(
            "INSERT INTO login_attempts (at, username, address, succeeded)"
            " VALUES (:at, :username, cast(:address AS inet), false) RETURNING id"
        ),
        {"at": at, "username": username, "address": address},
    ).scalar_one()
    return number


def settle_attempt(connection: Connection, attempt_id: int) -> None:
    """The attempt succeeded."""
    connection.execute(text("UPDATE login_attempts SET succeeded = true WHERE id = :id"), {"id": attempt_id})
