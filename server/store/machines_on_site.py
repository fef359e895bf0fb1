"""Machines on a site by telemetry (visits to its boundary) beside the register of stays, and where the two differ."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_NUMBER = "coalesce(m.registration_number, m.pin, m.machine_code, m.engine_number)"
_SEEN = """SELECT t.machine_id, min(v.first_at) AS first_at, max(greatest(v.last_at,
    CASE WHEN v.open THEN st.measured_at END)) AS last_at
  FROM visits v JOIN terminals t ON t.id = v.terminal_id LEFT JOIN terminal_states st ON st.terminal_id = t.id
  WHERE v.zone_id = cast(:zone AS int) AND v.open AND v.established AND NOT v.superseded AND t.machine_id IS NOT NULL
  GROUP BY t.machine_id"""


def side_by_side(connection: Connection, site_id: int, zone_id: int | None) -> list[dict[str, Any]]:
    """Each machine that the register or telemetry says is on site now: `standing` both, seen_only or registered_only.

    `reported_at` is when its terminal last said anything, wherever; None where it carries none. A fenced account is
    shown what telemetry says of its own machines alone.
    """
    rows = connection.execute(
        text(
            f"""
WITH seen AS ({_SEEN}),
present AS (SELECT * FROM site_stays WHERE site_id = :site AND left_at IS NULL)
SELECT p.id AS stay_id, m.id AS machine_id, coalesce({_NUMBER}, p.machine_text) AS number,
  coalesce(m.category, p.category) AS category, coalesce(m.stage, p.stage) AS stage, p.entered_at,
  w.first_at AS seen_from, w.last_at AS seen_until,
  (SELECT max(st.measured_at) FROM terminals t JOIN terminal_states st ON st.terminal_id = t.id
   WHERE t.machine_id = m.id) AS reported_at,
  CASE WHEN p.id IS NULL THEN 'seen_only' WHEN w.machine_id IS NULL THEN 'registered_only' ELSE 'both' END AS standing
FROM present p FULL JOIN seen w ON w.machine_id = p.machine_id
LEFT JOIN machines m ON m.id = coalesce(p.machine_id, w.machine_id)
ORDER BY p.id IS NOT NULL AND w.machine_id IS NOT NULL, number
"""
        ),
        {"site": site_id, "zone": zone_id},
    )
    return [dict(row) for row in rows.mappings()]


def unregistered(connection: Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Visits of machines to sites since `since` that no stay covers within the grace.

    A terminal that may be a machine's and is bound to nothing is one: what it moves is in no register. `values`: since,
    now, grace_h, least_min.
    """
    rows = connection.execute(
        text(
            f"""
SELECT v.id AS visit_id, s.id AS site_id, s.name AS site, s.zone_id, s.division, s.enterprise_id, t.id AS terminal_id,
  t.device, t.machine_id, {_NUMBER} AS number, v.first_at, v.last_at, st.lon, st.lat
FROM sites s JOIN visits v ON v.zone_id = s.zone_id AND NOT v.superseded AND v.established
JOIN terminals t ON t.id = v.terminal_id LEFT JOIN machines m ON m.id = t.machine_id
LEFT JOIN terminal_states st ON st.terminal_id = t.id
WHERE v.first_at >= cast(:since AS timestamptz) - interval '60 days' AND v.last_at >= :since
  AND v.first_at <= cast(:now AS timestamptz) - make_interval(hours => cast(:grace_h AS int))
  AND v.last_at - v.first_at >= make_interval(mins => cast(:least_min AS int))
  AND t.truck_id IS NULL AND (t.machine_id IS NOT NULL OR t.kind NOT IN ('hdv', 'ev'))
  AND NOT EXISTS (SELECT FROM site_stays y WHERE y.site_id = s.id
    AND (y.machine_id = t.machine_id OR y.machine_text IN (t.device, m.registration_number, m.pin, m.machine_code))
    AND y.entered_at <= v.last_at + make_interval(hours => cast(:grace_h AS int))
    AND coalesce(y.left_at, 'infinity') >= v.first_at - make_interval(hours => cast(:grace_h AS int)))
ORDER BY s.id, t.id, v.first_at
"""
        ),
        dict(values),
    )
    return [dict(row) for row in rows.mappings()]


def silent(connection: Connection, before: datetime) -> list[dict[str, Any]]:
    """Stays of machines registered as present whose terminals have said nothing since before that moment."""
    rows = connection.execute(
        text(
            f"""
SELECT y.id AS stay_id, s.id AS site_id, s.name AS site, s.zone_id, s.division, s.enterprise_id, y.machine_id,
  y.entered_at, {_NUMBER} AS number, told.terminal_id, told.at AS reported_at, told.lon, told.lat
FROM site_stays y JOIN sites s ON s.id = y.site_id JOIN machines m ON m.id = y.machine_id
JOIN LATERAL (SELECT t.id AS terminal_id, st.measured_at AS at, st.lon, st.lat
  FROM terminals t LEFT JOIN terminal_states st ON st.terminal_id = t.id WHERE t.machine_id = y.machine_id
  ORDER BY st.measured_at DESC NULLS LAST LIMIT 1) told ON true
WHERE y.left_at IS NULL AND y.entered_at < :before AND s.state = 'active' AND coalesce(told.at, '-infinity') < :before
ORDER BY y.id
"""
        ),
        {"before": before},
    )
    return [dict(row) for row in rows.mappings()]


def open_leads(connection: Connection, kind: str, since: datetime) -> list[str]:
    """Keys of the open leads of a kind that the job put (a worker's own name no site) and may still judge."""
    rows = connection.execute(
        text(
            "SELECT key FROM leads WHERE kind = :kind AND status = 'open' AND (detail ? 'stay_id'"
            " OR detail ? 'site_id' AND last_at >= :since) ORDER BY key"
        ),
        {"kind": kind, "since": since},
    )
    return list(rows.scalars())
