"""What happened to a truck or machine: visits to zones, violations, whitelist entries; newest first."""

from typing import Any

from sqlalchemy import Connection, text

MOST = 50


def visits(connection: Connection, truck_id: int | None, machine_id: int | None) -> list[dict[str, Any]]:
    """Visits of the terminals bound to the subject now."""
    rows = connection.execute(
        text(
            "SELECT v.id, v.zone_id, z.name_zh AS zone_zh, z.name_en AS zone_en, v.first_at, v.last_at,"
            " v.open, v.forbidden, x.id AS violation_id FROM visits v JOIN zones z ON z.id = v.zone_id"
            " LEFT JOIN violations x ON x.visit_id = v.id"
            " WHERE v.terminal_id IN (SELECT id FROM terminals WHERE truck_id = :truck_id OR machine_id = :machine_id)"
            " AND NOT v.superseded ORDER BY v.first_at DESC, v.id LIMIT :most"
        ),
        {"truck_id": truck_id, "machine_id": machine_id, "most": MOST},
    )
    return [dict(row) for row in rows.mappings()]


def violations(connection: Connection, truck_id: int | None, machine_id: int | None) -> list[dict[str, Any]]:
    """Violations that name the subject."""
    rows = connection.execute(
        text(
            "SELECT v.id, v.number, v.status, v.first_at, v.dwell_s, v.reason_codes, z.name_zh AS zone_zh,"
            " z.name_en AS zone_en FROM violations v JOIN zones z ON z.id = v.zone_id"
            " WHERE v.truck_id = :truck_id OR v.machine_id = :machine_id ORDER BY v.first_at DESC, v.id LIMIT :most"
        ),
        {"truck_id": truck_id, "machine_id": machine_id, "most": MOST},
    )
    return [dict(row) for row in rows.mappings()]


def whitelist_entries(connection: Connection, truck_id: int | None, machine_id: int | None) -> list[dict[str, Any]]:
    """Exceptions granted, asked for or ended."""
    rows = connection.execute(
        text(
            "SELECT w.id, w.purpose, w.valid_from, w.valid_to, w.zone_id, w.gates_only, CASE WHEN w.state = 'active'"
            " AND EXISTS (SELECT FROM whitelist_suspensions s WHERE s.entry_id = w.id AND s.to_at IS NULL)"
            " THEN 'suspended' ELSE w.state END AS state, z.name_zh AS zone_zh,"
            " z.name_en AS zone_en FROM whitelist_entries w LEFT JOIN zones z ON z.id = w.zone_id"
            " WHERE w.truck_id = :truck_id OR w.machine_id = :machine_id ORDER BY w.valid_from DESC, w.id LIMIT :most"
        ),
        {"truck_id": truck_id, "machine_id": machine_id, "most": MOST},
    )
    return [dict(row) for row in rows.mappings()]
