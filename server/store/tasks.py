"""What waits for somebody beside violations and leads: frames held in quarantine, alarms not settled."""

from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import COUNT_CAP


def held_frames(connection: Connection) -> int:
    """Frames in quarantine that nobody has settled, counted up to the cap."""
    number: int = connection.execute(
        text("SELECT count(*) FROM (SELECT FROM quarantine WHERE state = 'held' LIMIT :cap) AS held"),
        {"cap": COUNT_CAP},
    ).scalar_one()
    return number


def open_alarms(connection: Connection, most: int = 20) -> list[dict[str, Any]]:
    """Alarms that nobody has settled, the newest first."""
    rows = connection.execute(
        text("SELECT id, at, kind, detail FROM alarms WHERE settled_at IS NULL ORDER BY id DESC LIMIT :most"),
        {"most": most},
    )
    return [dict(row) for row in rows.mappings()]


def settle_alarm(connection: Connection, number: int, user_id: int | None) -> bool:
    """Somebody has looked at it; whether it was still open."""
    done = connection.execute(
        text("UPDATE alarms SET settled_at = now(), settled_by = :user WHERE id = :id AND settled_at IS NULL"),
        {"id": number, "user": user_id},
    )
    return bool(done.rowcount)
