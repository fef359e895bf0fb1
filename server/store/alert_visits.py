"""Visits to zones and sites during an alert, with who was there."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_VISITS = """
WITH z AS MATERIALIZED (SELECT id, code, division, kind, name_zh, name_en FROM zones WHERE division LIKE :area || '%'
                        OR :area LIKE rtrim(regexp_replace(division, '(00)+$', '')) || '%'),
v AS (
  SELECT v.* FROM z JOIN visits v ON v.zone_id = z.id AND v.first_at >= cast(:from_at AS timestamptz) - interval '1 day'
  UNION SELECT v.* FROM z JOIN visits v ON v.zone_id = z.id WHERE v.open AND NOT v.superseded)
SELECT v.id, v.zone_id, v.first_at, v.last_at, v.open, z.code, z.division, z.kind, z.name_zh, z.name_en, d.truck_id,
  d.machine_id, d.device, s.enterprise_id AS site_enterprise, s.kind AS site_kind, s.name AS site_name,
  coalesce(s.division, z.division) AS place_division, st.lon, st.lat
FROM v JOIN z ON z.id = v.zone_id JOIN terminals d ON d.id = v.terminal_id
LEFT JOIN sites s ON s.zone_id = z.id LEFT JOIN terminal_states st ON st.terminal_id = d.id AND v.open
WHERE v.established AND NOT v.superseded AND v.last_at > :from_at
  AND v.first_at < coalesce(cast(:to_at AS timestamptz), 'infinity')
  AND (d.truck_id IS NOT NULL OR d.machine_id IS NOT NULL)
ORDER BY v.id"""


def during(connection: Connection, area: str, from_at: datetime, to_at: datetime | None) -> list[dict[str, Any]]:
    """Every established visit in zones of the area that touches the period."""
    rows = connection.execute(text(_VISITS), {"area": area, "from_at": from_at, "to_at": to_at})
    return [dict(row) for row in rows.mappings()]
