"""The way of a whitelist entry step by step, and its suspensions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


def add_step(connection: Connection, entry_id: int, step: str, by_user: int | None, by_name: str, note: str) -> None:
    """Write a step down; it is never changed."""
    connection.execute(
        text(
            "INSERT INTO whitelist_steps (entry_id, step, by_user, by_name, note)"
            " VALUES (:entry, :step, :user, :name, :note)"
        ),
        {"entry": entry_id, "step": step, "user": by_user, "name": by_name, "note": note},
    )


def steps(connection: Connection, entry_id: int) -> list[dict[str, Any]]:
    """What happened to an entry, oldest first."""
    rows = connection.execute(
        text("SELECT at, step, by_name, note FROM whitelist_steps WHERE entry_id = :id ORDER BY id"), {"id": entry_id}
    )
    return [dict(row) for row in rows.mappings()]


def suspensions(connection: Connection, entry_id: int) -> list[dict[str, Any]]:
    """Suspensions of an entry, the newest first."""
    rows = connection.execute(
        text(
            "SELECT id, from_at, to_at, cause, cause_id, reason_zh, reason_en, rule_keys, ended_reason"
            " FROM whitelist_suspensions WHERE entry_id = :id ORDER BY from_at DESC, id DESC"
        ),
        {"id": entry_id},
    )
    return [dict(row) for row in rows.mappings()]


def suspend(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Begin a suspension; None where one for the same cause holds already."""
    found: int | None = connection.execute(
        text(
            "INSERT INTO whitelist_suspensions (entry_id, from_at, cause, cause_id, reason_zh, reason_en, rule_keys, set_by)"
            " VALUES (:entry_id, :from_at, :cause, :cause_id, :reason_zh, :reason_en, :rule_keys, :set_by)"
            " ON CONFLICT DO NOTHING RETURNING id"
        ),
        dict(values),
    ).scalar_one_or_none()
    return found


def end_suspension(
    connection: Connection, entry_id: int, suspension_id: int, at: datetime, by: int | None, reason: str
) -> bool:
    """End an open suspension; whether there was one."""
    done = connection.execute(
        text(
            "UPDATE whitelist_suspensions SET to_at = greatest(from_at, :at), ended_by = :by, ended_reason = :reason"
            " WHERE id = :id AND entry_id = :entry AND to_at IS NULL"
        ),
        {"id": suspension_id, "entry": entry_id, "at": at, "by": by, "reason": reason},
    )
    return done.rowcount == 1
