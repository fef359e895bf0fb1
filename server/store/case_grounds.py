"""The rows that a case can be opened from: a violation, a capture, an inspection, as the officer's area has them.

Each is locked against change until the transaction ends, so that it still stands when the case is written.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from server.store.scopes import Scope

_SUBJECT = """t.plate, t.plate_colour, t.owner AS truck_owner, m.owner AS machine_owner,
  coalesce(m.registration_number, m.machine_code, m.pin) AS machine_number,
  coalesce(x.enterprise_id, t.enterprise_id, m.enterprise_id) AS enterprise_id, e.name AS enterprise,
  e.credit_code AS enterprise_code"""
_JOINS = """LEFT JOIN trucks t ON t.id = x.truck_id LEFT JOIN machines m ON m.id = x.machine_id
  LEFT JOIN enterprises e ON e.id = coalesce(x.enterprise_id, t.enterprise_id, m.enterprise_id)"""


def violation(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """A violation of the scope, with its verdict and the name of its zone."""
    return _one(
        connection,
        scope,
        f"SELECT x.id, x.number, x.status, x.first_at, x.last_at, x.division, x.lon, x.lat, x.law, x.verdict,"
        f" x.evidence, x.truck_id, x.machine_id, x.reason_codes, z.name_zh AS place, {_SUBJECT}"
        f" FROM violations x JOIN zones z ON z.id = x.zone_id {_JOINS}",
        number,
    )


def capture(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """A capture of the scope, with its device's place."""
    machine_less = _JOINS.replace("x.machine_id", "NULL::int")
    return _one(
        connection,
        scope,
        f"SELECT x.id, x.number, x.status, x.standing, x.standing_reasons, x.captured_at, x.division, v.lon, v.lat,"
        f" v.place, v.code AS device, x.law, x.truck_id, NULL::int AS machine_id, x.plate AS plate_read,"
        f" x.plate_colour AS colour_read, x.ringelmann, x.same_pass_as, {_SUBJECT}"
        f" FROM captures x JOIN capture_devices v ON v.id = x.device_id {machine_less}",
        number,
    )


def inspection(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """An inspection of the scope, with its verdict."""
    return _one(
        connection,
        scope,
        f"SELECT x.id, x.number, x.version, x.kind, x.status, x.outcome, x.standing, x.inspected_at, x.division, x.lon,"
        f" x.lat, x.place, x.law, x.truck_id, x.machine_id, x.subject_text, x.offences, x.verdict,"
        f" x.zone_version_ids, {_SUBJECT} FROM inspections x {_JOINS}",
        number,
    )


def _one(connection: Connection, scope: Scope, select: str, number: int) -> dict[str, Any] | None:
    clause, values = scope.condition("x.division")
    row = connection.execute(
        text(f"{select} WHERE x.id = :id AND {clause} FOR SHARE OF x"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


_OTHERS = """
SELECT 'violation' AS kind, x.id, x.number, x.first_at AS at, z.name_zh AS place FROM violations x
  JOIN zones z ON z.id = x.zone_id WHERE x.status = 'confirmed' AND x.{column} = :subject
  AND x.first_at BETWEEN :from AND :to AND {scope}
UNION ALL SELECT 'inspection', x.id, x.number, x.inspected_at, x.place FROM inspections x
  WHERE x.outcome = 'failed' AND x.standing = 'legal' AND x.status = 'recorded' AND x.{column} = :subject
  AND x.inspected_at BETWEEN :from AND :to AND {scope}"""
_CAPTURES = """
UNION ALL SELECT 'capture', x.id, x.number, x.captured_at, v.place FROM captures x
  JOIN capture_devices v ON v.id = x.device_id WHERE x.status = 'confirmed' AND x.standing = 'evidence'
  AND x.truck_id = :subject AND x.captured_at BETWEEN :from AND :to AND {scope}"""


def others(
    connection: Connection, scope: Scope, truck_id: int | None, machine_id: int | None, acted: tuple[datetime, datetime]
) -> list[dict[str, Any]]:
    """What else could carry a case about a truck or machine within a week of an act, and is in none yet."""
    if truck_id is None and machine_id is None:
        return []
    clause, values = scope.condition("x.division")
    column = "truck_id" if truck_id else "machine_id"
    union = (_OTHERS + (_CAPTURES if truck_id else "")).format(column=column, scope=clause)
    rows = connection.execute(
        text(
            f"SELECT * FROM ({union}) f WHERE NOT EXISTS (SELECT FROM case_sources s WHERE s.kind = f.kind"
            " AND s.source_id = f.id) ORDER BY f.at, f.kind, f.id LIMIT 20"
        ),
        {
            "subject": truck_id or machine_id,
            "from": acted[0] - timedelta(days=7),
            "to": acted[1] + timedelta(days=7),
            **values,
        },
    )
    return [dict(row) for row in rows.mappings()]


def free_captures(connection: Connection, scope: Scope, most: int) -> list[int]:
    """Confirmed captures of trucks on file with evidence standing that are in no case, the oldest first."""
    clause, values = scope.condition("x.division")
    rows = connection.execute(
        text(
            f"SELECT x.id FROM captures x WHERE x.status = 'confirmed' AND x.standing = 'evidence' AND {clause}"
            " AND x.truck_id IS NOT NULL AND NOT EXISTS (SELECT FROM case_sources s WHERE s.kind = 'capture'"
            " AND s.source_id = x.id) ORDER BY x.captured_at, x.id LIMIT :most"
        ),
        {"most": most, **values},
    )
    return list(rows.scalars())
