"""What stood at a place at a moment: zone versions in force there, and the administrative area."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_ZONES = """SELECT v.id AS version_id, v.zone_id, v.number AS version, v.terms, v.valid_from, v.valid_to,
  z.code, z.name_zh, z.name_en FROM zone_versions v JOIN zones z ON z.id = v.zone_id"""
_POINT = "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)"


def zones_at(connection: Connection, lon: float, lat: float, at: datetime) -> list[dict[str, Any]]:
    """Versions of control zones in force at the moment that hold the point; the boundary counts as inside."""
    rows = connection.execute(
        text(
            f"{_ZONES} WHERE z.kind = 'control' AND v.valid_from <= :at AND (v.valid_to IS NULL OR v.valid_to > :at)"
            f" AND ST_Intersects(v.geometry, {_POINT}) ORDER BY z.code, v.id"
        ),
        {"lon": lon, "lat": lat, "at": at},
    )
    return [dict(row) for row in rows.mappings()]


def versions(connection: Connection, ids: list[int]) -> list[dict[str, Any]]:
    """Zone versions by their number."""
    rows = connection.execute(text(f"{_ZONES} WHERE v.id = ANY(:ids) ORDER BY z.code, v.id"), {"ids": ids})
    return [dict(row) for row in rows.mappings()]


def division_at(connection: Connection, lon: float, lat: float) -> str | None:
    """Code of the smallest area whose boundary holds the point."""
    found: str | None = connection.execute(
        text(
            f"SELECT code FROM divisions WHERE ST_Intersects(geometry, {_POINT})"
            " ORDER BY array_position(ARRAY['county', 'city', 'province'], level), code LIMIT 1"
        ),
        {"lon": lon, "lat": lat},
    ).scalar()
    return found
