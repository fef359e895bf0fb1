"""Boundaries of sites: zones of kind `site` with versions by time, each kept for good; and their shapes for maps."""

import json
from datetime import datetime
from typing import Any

from shapely import MultiPolygon
from sqlalchemy import Connection, text

from server.store.scopes import Scope


def add(connection: Connection, code: str, name: str, division: str, user_id: int | None) -> int:
    """A zone for a boundary, without versions; its id."""
    number: int = connection.execute(
        text(
            "INSERT INTO zones (code, name_zh, name_en, division, kind, created_by)"
            " VALUES (:code, :name, :name, :division, 'site', :user) RETURNING id"
        ),
        {"code": code, "name": name, "division": division, "user": user_id},
    ).scalar_one()
    return number


def rename(connection: Connection, zone_id: int, name: str) -> None:
    """The boundary bears the site's name."""
    connection.execute(
        text("UPDATE zones SET name_zh = :name, name_en = :name WHERE id = :id AND kind = 'site'"),
        {"id": zone_id, "name": name},
    )


def newest(connection: Connection, zone_id: int) -> dict[str, Any] | None:
    """The newest version of a boundary (id, number, valid_from, valid_to), its zone locked until the transaction ends."""
    row = connection.execute(
        text(
            "SELECT v.id, v.number, v.valid_from, v.valid_to FROM zones z JOIN zone_versions v ON v.zone_id = z.id"
            " WHERE z.id = :id AND z.kind = 'site' ORDER BY v.number DESC LIMIT 1 FOR UPDATE OF z"
        ),
        {"id": zone_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def versions(connection: Connection, zone_id: int | None) -> list[dict[str, Any]]:
    """The versions of a boundary, the newest first, without their shapes."""
    rows = connection.execute(
        text(
            "SELECT v.id, v.number, v.valid_from, v.valid_to, v.area_m2, v.source, v.note, v.crs_declared,"
            " (SELECT u.name FROM users u WHERE u.id = v.created_by) AS maker"
            " FROM zone_versions v WHERE v.zone_id = :zone ORDER BY v.number DESC"
        ),
        {"zone": zone_id},
    )
    return [dict(row) for row in rows.mappings()]


def geometry_of(connection: Connection, zone_id: int | None) -> dict[str, Any] | None:
    """The newest shape of a boundary as GeoJSON."""
    found = connection.execute(
        text("SELECT ST_AsGeoJSON(geometry, 7) FROM zone_versions WHERE zone_id = :zone ORDER BY number DESC LIMIT 1"),
        {"zone": zone_id},
    ).scalar()
    return json.loads(found) if found else None


def distance_m(connection: Connection, shape: MultiPolygon, enterprise_id: int) -> float | None:
    """How far a shape lies from the place the enterprise is registered with; None where there is none."""
    found = connection.execute(
        text(
            "SELECT ST_Distance(e.location::geography, ST_GeomFromText(:wkt, 4326)::geography)"
            " FROM enterprises e WHERE e.id = :enterprise"
        ),
        {"wkt": shape.wkt, "enterprise": enterprise_id},
    ).scalar()
    return None if found is None else float(found)


def layer(connection: Connection, scope: Scope, at: datetime) -> str:
    """The boundaries of the scope in force at a moment, as GeoJSON text for the map."""
    clause, values = scope.condition("s.division", "s.enterprise_id")
    found: str = connection.execute(
        text(
            f"""
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(json_build_object(
  'type', 'Feature', 'id', s.id, 'geometry', ST_AsGeoJSON(v.geometry, 6)::json, 'properties', json_build_object(
    'id', s.id, 'zh', s.name, 'en', s.name, 'lon', ST_X(ST_PointOnSurface(v.geometry)),
    'lat', ST_Y(ST_PointOnSurface(v.geometry)))) ORDER BY v.area_m2 DESC, s.id), '[]'))::text
FROM sites s JOIN zone_versions v ON v.zone_id = s.zone_id
WHERE s.state = 'active' AND v.valid_from <= :at AND (v.valid_to IS NULL OR v.valid_to > :at) AND {clause}
"""
        ),
        {"at": at, **values},
    ).scalar_one()
    return found
