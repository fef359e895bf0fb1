"""Visits of one terminal for its page."""

from typing import Any

from sqlalchemy import Connection, text


def open_visits(connection: Connection, terminal_id: int) -> list[dict[str, Any]]:
    """Zones and sites the terminal is in now, by its last fixes, and the violation a visit has become."""
    rows = connection.execute(
        text(
            "SELECT i.first_at, i.last_at, i.established, i.forbidden, z.id AS zone_id,"
            " (SELECT s.id FROM sites s WHERE s.zone_id = z.id) AS site_id, z.name_zh AS zone_zh,"
            " z.name_en AS zone_en, v.id AS violation_id, v.number AS violation_number"
            " FROM visits i JOIN zones z ON z.id = i.zone_id"
            " LEFT JOIN violations v ON v.visit_id = i.id AND v.status <> 'superseded'"
            " WHERE i.terminal_id = :id AND i.open AND NOT i.superseded ORDER BY i.first_at"
        ),
        {"id": terminal_id},
    )
    return [dict(row) for row in rows.mappings()]
