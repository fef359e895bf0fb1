"""Who looked at an evidence item or took a copy of it, and when."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from server.store.audit import Actor


def log(connection: Connection, actor: Actor, item_ids: Sequence[int], how: str) -> None:
    """Write down a look at each item; `how` as in migration 0054."""
    connection.execute(
        text(
            "INSERT INTO evidence_reads (item_id, user_id, username, address, how)"
            " SELECT id, :user, :username, :address, :how FROM unnest(cast(:items AS bigint[])) AS id"
        ),
        {
            "items": list(item_ids),
            "user": actor.user_id,
            "username": actor.username,
            "address": actor.address,
            "how": how,
        },
    )


def of_item(connection: Connection, item_id: int, most: int) -> list[dict[str, Any]]:
    """The newest looks at an item, with the names of who looked."""
    rows = connection.execute(
        text(
            "SELECT r.id, r.at, r.username, r.address, r.how, u.name,"
            " (SELECT o.name_zh FROM organisations o WHERE o.id = u.organisation_id) AS organisation_zh,"
            " (SELECT o.name_en FROM organisations o WHERE o.id = u.organisation_id) AS organisation_en"
            " FROM evidence_reads r LEFT JOIN users u ON u.id = r.user_id"
            " WHERE r.item_id = :item ORDER BY r.id DESC LIMIT :most"
        ),
        {"item": item_id, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def counts(connection: Connection, item_id: int) -> dict[str, int]:
    """How often an item was looked at, by how."""
    rows = connection.execute(
        text("SELECT how, count(*) AS times FROM evidence_reads WHERE item_id = :item GROUP BY how ORDER BY how"),
        {"item": item_id},
    )
    return {row.how: row.times for row in rows}
