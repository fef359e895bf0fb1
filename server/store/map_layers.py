"""What lies under the positions on the map: administrative boundaries, control zones, open violations."""

from typing import Any

from sqlalchemy import Connection, text

from server.store.scopes import Scope

SIMPLE_DEG = 0.002  # about 200 m: a base layer, not a cadastre


def divisions(connection: Connection, city: str) -> str:
    """Boundaries as GeoJSON text: counties of the city, cities around it; simplified."""
    found: str = connection.execute(
        text(
            """
WITH home AS (SELECT ST_Expand(ST_Extent(geometry)::geometry, 1.5) AS box FROM divisions WHERE code LIKE :counties),
parts AS (
  SELECT d.code, d.level, d.name_zh, d.name_en, ST_PointOnSurface(d.geometry) AS label,
    ST_SimplifyPreserveTopology(d.geometry, CASE d.level WHEN 'county' THEN :simple / 2 ELSE :simple END) AS shape
  FROM divisions d, home
  WHERE (d.level = 'county' AND d.code LIKE :counties)
     OR (d.level = 'city' AND (home.box IS NULL OR ST_Intersects(d.geometry, ST_SetSRID(home.box, 4326))))
)
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(json_build_object(
  'type', 'Feature', 'geometry', ST_AsGeoJSON(shape, 4)::json, 'properties', json_build_object(
    'code', code, 'level', level, 'zh', name_zh, 'en', name_en, 'lon', ST_X(label), 'lat', ST_Y(label)))
  ORDER BY code), '[]'))::text FROM parts
"""
        ),
        {"counties": city[:4] + "%", "simple": SIMPLE_DEG},
    ).scalar_one()
    return found


def zones(connection: Connection) -> str:
    """The versions of control zones in force now, as GeoJSON text."""
    found: str = connection.execute(
        text(
            """
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(json_build_object(
  'type', 'Feature', 'id', z.id, 'geometry', ST_AsGeoJSON(v.geometry, 6)::json, 'properties', json_build_object(
    'id', z.id, 'code', z.code, 'zh', z.name_zh, 'en', z.name_en, 'version', v.number,
    'lon', ST_X(ST_PointOnSurface(v.geometry)), 'lat', ST_Y(ST_PointOnSurface(v.geometry))))
  ORDER BY v.area_m2 DESC, z.id), '[]'))::text
FROM zone_versions v JOIN zones z ON z.id = v.zone_id
WHERE z.kind = 'control' AND v.valid_from <= now() AND (v.valid_to IS NULL OR v.valid_to > now())
"""
        )
    ).scalar_one()
    return found


def open_violations(connection: Connection, scope: Scope, most: int) -> list[dict[str, Any]]:
    """Violations to be checked, the newest first."""
    clause, values = scope.condition("v.division", "v.enterprise_id")
    rows = connection.execute(
        text(
            "SELECT v.id, v.number, v.first_at, v.lon, v.lat, z.name_zh AS zone_zh, z.name_en AS zone_en, t.plate,"
            " t.plate_colour, coalesce(m.registration_number, m.machine_code, d.device) AS device"
            " FROM violations v JOIN zones z ON z.id = v.zone_id JOIN terminals d ON d.id = v.terminal_id"
            " LEFT JOIN trucks t ON t.id = v.truck_id LEFT JOIN machines m ON m.id = v.machine_id"
            f" WHERE v.status = 'flagged' AND {clause} ORDER BY v.first_at DESC LIMIT :most"
        ),
        {"most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def extent(connection: Connection, prefix: str) -> list[float] | None:
    """West, south, east, north of the area of a division code; None without boundaries."""
    row = connection.execute(
        text(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
            " FROM (SELECT ST_Extent(geometry) AS e FROM divisions"
            " WHERE code LIKE :prefix AND level <> 'province') AS b WHERE e IS NOT NULL"
        ),
        {"prefix": prefix + "%"},
    ).one_or_none()
    return None if row is None else [float(value) for value in row]
