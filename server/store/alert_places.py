"""What measures ask of a place, as the lists of the bureau said it on a day: one query."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_PLACE = """
SELECT e.id, e.division, coalesce(e.industry, '') AS industry,
  u.kind AS user_kind, u.trips_normal, coalesce(u.people_supply, false) AS people_supply,
  coalesce(g.grade, '') AS grade,
  ARRAY(SELECT DISTINCT s.kind FROM sites s WHERE s.enterprise_id = e.id AND s.state = 'active'
        AND (s.begins_on IS NULL OR s.begins_on <= d.day) AND (s.ends_on IS NULL OR s.ends_on >= d.day)) AS site_kinds,
  ARRAY(SELECT z.code FROM zone_versions v JOIN zones z ON z.id = v.zone_id
        WHERE z.kind = 'control' AND v.valid_from <= :at AND (v.valid_to IS NULL OR v.valid_to > :at)
        AND ST_Intersects(v.geometry, e.location)) AS zone_codes
FROM enterprises e CROSS JOIN (SELECT (cast(:at AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date AS day) d
LEFT JOIN large_users u ON u.enterprise_id = e.id AND u.from_on <= d.day AND (u.to_on IS NULL OR u.to_on > d.day)
LEFT JOIN performance_grades g ON g.enterprise_id = e.id AND g.from_on <= d.day AND (g.to_on IS NULL OR g.to_on > d.day)
WHERE e.id = :enterprise"""


def find(connection: Connection, enterprise_id: int, at: datetime) -> dict[str, Any] | None:
    """The enterprise as the lists have it at that moment."""
    row = connection.execute(text(_PLACE), {"enterprise": enterprise_id, "at": at}).mappings().first()
    return None if row is None else dict(row)


def daily_trips(connection: Connection, enterprise_id: int, at: datetime, days: int) -> float | None:
    """Passages a day in the last days of its ledger that have any; None where there is none."""
    found = connection.execute(
        text(
            "SELECT sum(passages)::float8 / nullif(count(DISTINCT day), 0) FROM ledger_days WHERE enterprise_id = :id"
            " AND day < beijing_day(:at) AND day >= beijing_day(:at) - cast(:days AS int)"
        ),
        {"id": enterprise_id, "at": at, "days": days},
    ).scalar()
    return None if found is None else float(found)
