"""Where watched trucks and machines last were: positions of the last minutes near a point."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.watch_entries import watch_reasons_sql

MOST = 500  # of a box, before the circle is cut out of it

_SEEN = f"""
WITH seen AS MATERIALIZED (
  SELECT CASE WHEN d.truck_id IS NOT NULL THEN 'truck' ELSE 'machine' END AS kind,
    coalesce(d.truck_id, d.machine_id) AS subject_id, d.device, s.lon, s.lat, s.speed_kmh, s.direction_deg, s.measured_at
  FROM terminal_states s JOIN terminals d ON d.id = s.terminal_id
  WHERE s.lon BETWEEN :west AND :east AND s.lat BETWEEN :south AND :north AND s.measured_at BETWEEN :since AND :until
), why AS (
  SELECT w.kind, w.subject_id, array_agg(DISTINCT w.reason ORDER BY w.reason) AS reasons,
    coalesce(string_agg(DISTINCT e.note, '；') FILTER (WHERE e.note <> ''), '') AS note
  FROM ({watch_reasons_sql}) w
  LEFT JOIN watch_entries e ON w.record_kind = 'watch_entry' AND e.id = w.record_id
  WHERE w.division LIKE :city AND (w.kind, w.subject_id) IN (SELECT seen.kind, seen.subject_id FROM seen)
  GROUP BY w.kind, w.subject_id
)
SELECT seen.*, why.reasons, why.note, t.plate_colour AS colour,
  coalesce(t.plate, m.registration_number, m.pin, m.machine_code, seen.device) AS text
FROM seen JOIN why USING (kind, subject_id)
LEFT JOIN trucks t ON seen.kind = 'truck' AND t.id = seen.subject_id
LEFT JOIN machines m ON seen.kind = 'machine' AND m.id = seen.subject_id
ORDER BY seen.measured_at DESC LIMIT :most"""


def near(
    connection: Connection,
    values: Mapping[str, Any],
    city: str,
    box: tuple[float, float, float, float],
    since: datetime,
    until: datetime,
) -> list[dict[str, Any]]:
    """Watched subjects seen in a box (west, south, east, north; degrees WGS-84) in a span of time, the newest first.

    `values` are those of `watch_values`; `city`: the first four digits of the area whose records count.
    """
    west, south, east, north = box
    place = {"west": west, "south": south, "east": east, "north": north, "since": since, "until": until}
    rows = connection.execute(text(_SEEN), {**values, **place, "city": city + "%", "most": MOST})
    return [dict(row) for row in rows.mappings()]
