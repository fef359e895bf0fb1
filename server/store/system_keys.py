"""Keys of other systems (cameras, stations, gates): only their SHA-256 is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Query, count_capped, escape_like


@dataclass(frozen=True, slots=True)
class SystemKey:
    """A key in force."""

    id: int
    name: str
    organisation_id: int
    scopes: tuple[str, ...]


def add(
    connection: Connection, name: str, organisation_id: int, scopes: Sequence[str], sha256: bytes,
    expires_at: datetime, by: int | None,
) -> int:  # fmt: skip
    """Keep a key; its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO system_keys (name, organisation_id, scopes, sha256, expires_at, created_by)"
            " VALUES (:name, :organisation, :scopes, :sha256, :expires_at, :by) RETURNING id"
        ),
        {"name": name, "organisation": organisation_id, "scopes": list(scopes), "sha256": sha256,
         "expires_at": expires_at, "by": by},
    ).scalar_one()  # fmt: skip
    return number


def find_holder(connection: Connection, sha256: bytes) -> SystemKey | None:
    """The key in force with this hash; its use is noted, once a minute."""
    row = connection.execute(
        text(
            "SELECT k.id, k.name, k.organisation_id, k.scopes,"
            " coalesce(k.last_used_at < now() - interval '1 minute', true) AS stale"
            " FROM system_keys k JOIN organisations o ON o.id = k.organisation_id"
            " WHERE k.sha256 = :sha256 AND k.revoked_at IS NULL AND k.expires_at > now() AND o.active"
        ),
        {"sha256": sha256},
    ).one_or_none()
    if row is None:
        return None
    if row.stale:
        connection.execute(text("UPDATE system_keys SET last_used_at = now() WHERE id = :id"), {"id": row.id})
    return SystemKey(row.id, row.name, row.organisation_id, tuple(row.scopes))


FILTERS: dict[str, str] = {
    "q": "k.name ILIKE :q OR o.name_zh ILIKE :q OR o.name_en ILIKE :q",
    "scope": ":scope = ANY (k.scopes)",
    "state": "(k.revoked_at IS NULL AND k.expires_at > now()) = (:state = 'in_force')",
}
SORTS = {"name": "k.name", "created_at": "k.created_at", "expires_at": "k.expires_at", "organisation": "o.name_zh"}


def find(connection: Connection, query: Query) -> Found:
    """A page of keys, ended ones too."""
    clauses, values = query.conditions(FILTERS)
    if "q" in values:
        values["q"] = escape_like(values["q"])
    source = f"system_keys k JOIN organisations o ON o.id = k.organisation_id WHERE {clauses}"
    rows = connection.execute(
        text(
            "SELECT k.id, k.name, k.scopes, k.created_at, k.expires_at, k.last_used_at, k.revoked_at,"
            " k.revoked_at IS NULL AND k.expires_at > now() AS in_force, o.name_zh AS organisation_zh,"
            " o.name_en AS organisation_en, (SELECT u.name FROM users u WHERE u.id = k.created_by) AS created_by_name"
            f" FROM {source} ORDER BY {query.order(SORTS, 'created_at', 'k.id')} LIMIT :limit OFFSET :offset"
        ),
        {**values, **query.window},
    )
    total, capped = count_capped(connection, source, values)
    return Found([dict(row) for row in rows.mappings()], total, capped)


def revoke(connection: Connection, number: int) -> dict[str, Any] | None:
    """End a key; what it was, None where there is none in force."""
    row = connection.execute(
        text(
            "UPDATE system_keys SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL"
            " RETURNING id, name, organisation_id, scopes"
        ),
        {"id": number},
    ).one_or_none()
    return None if row is None else dict(row._mapping)
