"""What the reference file of a tablet is made of: zones of a city by time, colleagues with a card, stations."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from shapely import MultiPolygon, from_wkb
from sqlalchemy import Connection, text

from server.store.scopes import Scope

_ZONES = """SELECT v.id AS version_id, v.zone_id, v.number, z.code, z.name_zh, z.name_en, v.valid_from, v.valid_to,
  v.terms, ST_AsBinary(v.geometry) AS geometry
FROM zone_versions v JOIN zones z ON z.id = v.zone_id
WHERE z.kind = 'control' AND v.valid_from <= :until AND (v.valid_to IS NULL OR v.valid_to > :since)
  AND (z.division LIKE :city || '%' OR :city LIKE rtrim(z.division, '0') || '%'
    OR EXISTS (SELECT FROM divisions d WHERE d.code = rpad(:city, 6, '0') AND ST_Intersects(d.geometry, v.geometry)))
ORDER BY z.code, v.id"""


def zones(connection: Connection, city: str, since: dt.datetime, until: dt.datetime) -> list[dict[str, Any]]:
    """Zone versions in force at some time of the period that are of the city (its first four digits) or lie in it."""
    rows = connection.execute(text(_ZONES), {"city": city, "since": since, "until": until})
    return [{**row, "geometry": _area(row["geometry"])} for row in rows.mappings()]


def _area(stored: Any) -> MultiPolygon:
    area = from_wkb(bytes(stored))
    if not isinstance(area, MultiPolygon):
        raise TypeError(f"a zone version holds a {area.geom_type}")
    return area


def colleagues(connection: Connection, organisation_id: int) -> list[dict[str, str]]:
    """People of the organisation who hold an enforcement card, by name; nothing of them but that."""
    rows = connection.execute(
        text(
            "SELECT name, enforcement_card AS card_number FROM users WHERE organisation_id = :o AND active"
            " AND coalesce(enforcement_card, '') <> '' ORDER BY name, id"
        ),
        {"o": organisation_id},
    )
    return [dict(row) for row in rows.mappings()]


def stations(connection: Connection, division: str, most: int = 40) -> list[dict[str, str]]:
    """Stations in use of the city, those of the county first, as a notice lists them."""
    rows = connection.execute(
        text(
            "SELECT kind, name, coalesce(address, '') AS address, coalesce(phone, '') AS phone FROM stations"
            " WHERE state = 'active' AND division LIKE :city"
            " ORDER BY kind = 'inspection', division = :division DESC, name, id LIMIT :most"
        ),
        {"city": division[:4] + "%", "division": division, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def instruments(connection: Connection, scope: Scope) -> list[dict[str, Any]]:
    """Instruments in use of the area, as an inspection records them."""
    clause, values = scope.condition("i.division")
    rows = connection.execute(
        text(
            "SELECT i.id, i.kind, i.serial, i.maker, i.model, coalesce(i.software_version, '') AS software_version"
            f" FROM instruments i WHERE i.state = 'active' AND {clause} ORDER BY i.kind, i.serial, i.id"
        ),
        values,
    )
    return [dict(row) for row in rows.mappings()]


def verifications(connection: Connection, ids: Sequence[int], since: dt.date) -> dict[int, list[dict[str, Any]]]:
    """Certificates of these instruments that held on or after a day, by instrument, oldest first."""
    rows = connection.execute(
        text(
            "SELECT instrument_id, certificate, valid_from, valid_to FROM instrument_verifications"
            " WHERE instrument_id = ANY(:ids) AND valid_to >= :since ORDER BY valid_from, id"
        ),
        {"ids": list(ids), "since": since},
    )
    return _by_instrument(rows.mappings())


def checks(connection: Connection, ids: Sequence[int], since: dt.datetime) -> dict[int, list[dict[str, Any]]]:
    """Checks of these instruments made since, by instrument, the newest first."""
    rows = connection.execute(
        text(
            "SELECT instrument_id, kind, at, passed, expected, measured FROM instrument_checks"
            " WHERE instrument_id = ANY(:ids) AND at >= :since ORDER BY at DESC, id DESC"
        ),
        {"ids": list(ids), "since": since},
    )
    return _by_instrument(rows.mappings())


def _by_instrument(rows: Any) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        values = dict(row)
        found.setdefault(values.pop("instrument_id"), []).append(values)
    return found
