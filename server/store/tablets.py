"""Tablets: a device and an account that was signed in on it, with the key to what the device holds encrypted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from server.store.paging import Found, Query, count_capped, escape_like
from server.store.scopes import Scope


@dataclass(frozen=True, slots=True)
class Tablet:
    """One device of one account."""

    id: UUID
    user_id: int
    organisation_id: int
    name: str
    vault_key: bytes
    enrolled_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a tablet says of itself: version of the app, unsent checks, our clock minus its own (ms)."""

    app_version: str | None = None
    unsent: int | None = None
    clock_offset_ms: int | None = None


def find_one(connection: Connection, tablet_id: UUID) -> Tablet | None:
    """The tablet with this id."""
    row = connection.execute(
        text(
            "SELECT id, user_id, organisation_id, name, vault_key, enrolled_at, revoked_at FROM tablets WHERE id = :id"
        ),
        {"id": tablet_id},
    ).one_or_none()
    return None if row is None else Tablet(**{**row._mapping, "vault_key": bytes(row.vault_key)})


def add(
    connection: Connection, tablet_id: UUID, user_id: int, organisation_id: int, name: str, vault_key: bytes
) -> bool:
    """Keep a new tablet; False where the id is taken."""
    return (
        connection.execute(
            text(
                "INSERT INTO tablets (id, user_id, organisation_id, name, vault_key)"
                " VALUES (:id, :user, :organisation, :name, :key) ON CONFLICT (id) DO NOTHING"
            ),
            {"id": tablet_id, "user": user_id, "organisation": organisation_id, "name": name, "key": vault_key},
        ).rowcount
        == 1
    )


def note_contact(connection: Connection, tablet_id: UUID, seen: Seen) -> None:
    """It spoke to us just now; what it did not say stays as it was."""
    connection.execute(
        text(
            "UPDATE tablets SET last_seen_at = now(), app_version = coalesce(:version, app_version),"
            " unsent = coalesce(:unsent, unsent), clock_offset_ms = coalesce(:offset, clock_offset_ms)"
            " WHERE id = :id"
        ),
        {"id": tablet_id, "version": seen.app_version, "unsent": seen.unsent, "offset": seen.clock_offset_ms},
    )


def move(connection: Connection, tablet_id: UUID, organisation_id: int) -> None:
    """Its account works in another organisation now."""
    connection.execute(
        text("UPDATE tablets SET organisation_id = :organisation WHERE id = :id"),
        {"id": tablet_id, "organisation": organisation_id},
    )


def revoke(connection: Connection, tablet_id: UUID, by: int | None, reason: str) -> bool:
    """It may not speak to us any more; False where it was revoked already."""
    return (
        connection.execute(
            text(
                "UPDATE tablets SET revoked_at = now(), revoked_by = :by, revoked_reason = :reason"
                " WHERE id = :id AND revoked_at IS NULL"
            ),
            {"id": tablet_id, "by": by, "reason": reason},
        ).rowcount
        == 1
    )


def restore(connection: Connection, tablet_id: UUID) -> bool:
    """It was found again; False where it was not revoked."""
    return (
        connection.execute(
            text(
                "UPDATE tablets SET revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL"
                " WHERE id = :id AND revoked_at IS NOT NULL"
            ),
            {"id": tablet_id},
        ).rowcount
        == 1
    )


FILTERS: dict[str, str] = {
    "q": "t.name ILIKE :q OR u.username ILIKE :q OR u.name ILIKE :q",
    "state": "(t.revoked_at IS NULL) = (:state = 'active')",
    "unsent": "(coalesce(t.unsent, 0) > 0) = (:unsent = 'yes')",
}
SORTS = {
    "name": "t.name",
    "account": "u.username",
    "organisation": "o.name_zh",
    "last_seen_at": "t.last_seen_at",
    "enrolled_at": "t.enrolled_at",
    "unsent": "coalesce(t.unsent, 0)",
}


def find(connection: Connection, scope: Scope | None, query: Query) -> Found:
    """A page of tablets; without a scope, of every organisation."""
    clauses, values = query.conditions(FILTERS)
    if "q" in values:
        values["q"] = escape_like(values["q"])
    held, more = ("true", {}) if scope is None else scope.condition("o.division")
    values |= more
    source = (
        "tablets t JOIN users u ON u.id = t.user_id JOIN organisations o ON o.id = t.organisation_id"
        f" WHERE {clauses} AND {held}"
    )
    rows = connection.execute(
        text(
            "SELECT t.id, t.name, u.username, u.name AS person, o.name_zh AS organisation_zh,"
            " o.name_en AS organisation_en, t.app_version, t.enrolled_at, t.last_seen_at, t.clock_offset_ms, t.unsent,"
            " t.revoked_at, t.revoked_reason, (SELECT r.name FROM users r WHERE r.id = t.revoked_by) AS revoked_by_name"
            f" FROM {source} ORDER BY {query.order(SORTS, 'last_seen_at', 't.id')} LIMIT :limit OFFSET :offset"
        ),
        {**values, **query.window},
    )
    total, capped = count_capped(connection, source, values)
    return Found([dict(row) for row in rows.mappings()], total, capped)


def find_in_scope(connection: Connection, scope: Scope | None, tablet_id: UUID) -> dict[str, Any] | None:
    """One tablet with its account, if it lies in the scope."""
    held, values = ("true", {}) if scope is None else scope.condition("o.division")
    row = connection.execute(
        text(
            "SELECT t.id, t.name, t.user_id, u.username, t.revoked_at FROM tablets t"
            " JOIN users u ON u.id = t.user_id JOIN organisations o ON o.id = t.organisation_id"
            f" WHERE t.id = :id AND {held}"
        ),
        {**values, "id": tablet_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)
