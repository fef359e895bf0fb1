"""Last positions of terminals for the live map, counted in cells when many are in view."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from server.store.scopes import Scope

ONLINE = timedelta(minutes=2)  # GB 17691 terminals speak every 10 s, HJ 1239 every 30 s: two minutes is silence
LATE = timedelta(minutes=30)  # after it a terminal counts as off line
VIOLATION_SHOWN = timedelta(hours=24)
MOST_POINTS = 300  # in view; above it cells are counted
FEW = 3  # terminals in a cell that are still shown one by one
CELLS_ACROSS = 18


@dataclass(frozen=True, slots=True)
class Box:
    """Part of the map, degrees WGS-84."""

    west: float
    south: float
    east: float
    north: float


# state: the strongest that holds. A violation counts as long as it is to be checked and not older than a day.
_IN_VIEW = """
WITH flagged AS (
  SELECT DISTINCT v.terminal_id FROM violations v
  WHERE v.status = 'flagged' AND v.first_at > now() - cast(:shown AS interval)
), seen AS (
  SELECT s.terminal_id, s.lon, s.lat, s.direction_deg, s.speed_kmh, s.measured_at, s.received_at,
    CASE WHEN f.terminal_id IS NOT NULL THEN 'violation' WHEN s.inside = 2 THEN 'forbidden'
         WHEN s.received_at > now() - cast(:online AS interval) THEN 'online'
         WHEN s.received_at > now() - cast(:late AS interval) THEN 'late' ELSE 'offline' END AS state
  FROM terminal_states s LEFT JOIN flagged f USING (terminal_id)
  WHERE s.lon BETWEEN :west AND :east AND s.lat BETWEEN :south AND :north{scope}
)
"""
# A county sees what is registered in it and what drives in it.
_COUNTY = """ AND (s.terminal_id IN (SELECT d.id FROM terminals d JOIN trucks t ON t.id = d.truck_id
      WHERE t.division LIKE :scope_divisions
    UNION ALL SELECT d.id FROM terminals d JOIN machines m ON m.id = d.machine_id
      WHERE m.division LIKE :scope_divisions)
  OR ST_Intersects((SELECT ST_Union(g.geometry) FROM divisions g WHERE g.level = 'county'
      AND g.code LIKE :scope_divisions), ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326)))"""


def _in_view(scope: Scope, box: Box) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"west": box.west, "south": box.south, "east": box.east, "north": box.north}
    values |= {"online": ONLINE, "late": LATE, "shown": VIOLATION_SHOWN}
    if scope.divisions is None or len(scope.divisions) < 6:  # the fence holds enterprises; the city sees all
        return _IN_VIEW.format(scope=""), values
    return _IN_VIEW.format(scope=_COUNTY), values | {"scope_divisions": scope.divisions + "%"}


def in_view(connection: Connection, scope: Scope, box: Box) -> dict[str, Any]:
    """Terminals in a part of the map; where many stand close together and many are in view, cells with counts."""
    source, values = _in_view(scope, box)
    number: int = connection.execute(
        text(f"{source} SELECT count(*) FROM (SELECT FROM seen LIMIT :most) AS counted"),
        {**values, "most": MOST_POINTS + 1},
    ).scalar_one()
    if number <= MOST_POINTS:
        return {"points": _points(connection, source, values, None), "cells": []}
    cells = _cells(connection, source, values, box)
    lone = [terminal_id for cell in cells if cell["n"] <= FEW for terminal_id in cell["ids"]]
    return {"cells": [cell for cell in cells if cell["n"] > FEW], "points": _points(connection, source, values, lone)}


def _cells(connection: Connection, source: str, values: dict[str, Any], box: Box) -> list[dict[str, Any]]:
    side = max(box.east - box.west, (box.north - box.south) * 1.35) / CELLS_ACROSS
    rows = connection.execute(
        text(
            f"{source} SELECT avg(lon) AS lon, avg(lat) AS lat, count(*) AS n,"
            " count(*) FILTER (WHERE state = 'violation') AS violation,"
            " count(*) FILTER (WHERE state = 'forbidden') AS forbidden,"
            " (array_agg(terminal_id))[1:cast(:few AS int)] AS ids"
            " FROM seen GROUP BY floor(lon / :side), floor(lat / :side * 1.35) ORDER BY n DESC"
        ),
        {**values, "side": side, "few": FEW},
    )
    return [dict(row) for row in rows.mappings()]


def _points(
    connection: Connection, source: str, values: dict[str, Any], only: list[int] | None
) -> list[dict[str, Any]]:
    chosen = "" if only is None else "WHERE seen.terminal_id = ANY (:only)"
    rows = connection.execute(
        text(
            f"{source} SELECT seen.*, t.plate, t.plate_colour, d.kind, d.truck_id, d.machine_id,"
            " coalesce(m.registration_number, m.machine_code, d.device) AS number"
            " FROM seen JOIN terminals d ON d.id = seen.terminal_id LEFT JOIN trucks t ON t.id = d.truck_id"
            f" LEFT JOIN machines m ON m.id = d.machine_id {chosen} ORDER BY seen.terminal_id"
        ),
        values if only is None else {**values, "only": only},
    )
    return [dict(row) for row in rows.mappings()]


def after(connection: Connection, scope: Scope, box: Box, terminal_id: int, most: int) -> list[dict[str, Any]]:
    """Terminals in a part of the map with an id above the given one, by id: a list to go through, for programs."""
    source, values = _in_view(scope, box)
    rows = connection.execute(
        text(f"{source} SELECT seen.terminal_id FROM seen WHERE seen.terminal_id > :after ORDER BY 1 LIMIT :most"),
        {**values, "after": terminal_id, "most": most},
    )
    return _points(connection, source, values, list(rows.scalars()))


def counts(connection: Connection, scope: Scope) -> dict[str, int]:
    """Terminals of the scope by state."""
    source, values = _in_view(scope, Box(-180, -90, 180, 90))
    rows = connection.execute(
        text(f"{source} SELECT state, count(*) FROM seen GROUP BY state"),
        values,
    )
    return {row[0]: row[1] for row in rows}


def last_packet_age_s(connection: Connection) -> float | None:
    """Seconds since the newest packet was received; None when there never was one."""
    age: float | None = connection.execute(
        text("SELECT extract(epoch FROM now() - max(received_at))::float8 FROM terminal_states")
    ).scalar_one()
    return age
