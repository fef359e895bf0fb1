"""Low-emission zones after etalab's schema-zfe: GeoJSON with agreed properties.

`date_fin` is the last day in force, so a zone's `valid_to` is the midnight after it. The rules per vehicle
class (`*_critair`, `*_horaires`) stay in `properties` under their names; `hours` are the lorries'
(`pl_horaires`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import shapely

from geo.faults import FaultCode, wrong_type
from geo.geojson import Feature, geometry_json, read_features
from geo.imported import CHINA, Imported, ImportedZone, ReadOptions, Report, moment, report_for
from geo.jsontext import member

CLASSES = ("vp", "vul", "pl", "autobus_autocars", "deux_rm")
STICKERS = ("V5", "V4", "V3", "V2", "V1", "EL", "NC")
_AREA_ID = re.compile(r"\d{9}-ZFE-\d{3}")
_LINKS = ("url_arrete", "url_site_information")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_schema_zfe(data: bytes | str, options: ReadOptions | None = None) -> Imported:
    """Zones of a schema-zfe area file; `options.zone` tells where a day begins."""
    options = options or ReadOptions()
    report = report_for(options)
    zones = [z for f in read_features(data, options, report) if (z := _zone(f, options, report))]
    return Imported(tuple(zones), report.faults.listed(), report.notes.listed())


def supersede(zones: Sequence[ImportedZone]) -> tuple[ImportedZone, ...]:
    """Close open ends: the same authority's next version of mostly the same area takes over."""
    return tuple(_closed(zone, zones) for zone in zones)


def write_schema_zfe(zones: Iterable[ImportedZone], zone: tzinfo = CHINA) -> str:
    """A file that validates against the schema; a zone without a start cannot be written (ValueError)."""
    features = [
        {"type": "Feature", "properties": _written(z, zone), "geometry": geometry_json(z.geometry)} for z in zones
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)


def _zone(feature: Feature, options: ReadOptions, report: Report) -> ImportedZone | None:
    before = report.faults.count
    place, given = member(feature.path, "properties"), feature.properties
    for name in ("id", "date_debut"):
        if not isinstance(given.get(name), str) or not given[name]:
            report.faults.add(FaultCode.MISSING, place, name=name)
    start = moment(given.get("date_debut"), member(place, "date_debut"), options.zone, report.faults)
    end = moment(given.get("date_fin"), member(place, "date_fin"), options.zone, report.faults)
    _check_rules(given, place, report)
    if report.faults.count > before:
        return None
    if not _AREA_ID.fullmatch(given["id"]):
        report.notes.add(FaultCode.VALUE, member(place, "id"), value=given["id"], wanted="SIREN(9)-ZFE-NNN")
    if end and _DAY.fullmatch(given["date_fin"].strip()):
        end = _day_after(end, options.zone)
    area = feature.area
    hours = given.get("pl_horaires")
    return ImportedZone(given["id"], area.geometry, start, end, hours, given, feature.path, area.repaired)


def _check_rules(given: dict[str, Any], place: str, report: Report) -> None:
    for kind in CLASSES:
        sticker, hours = given.get(f"{kind}_critair"), given.get(f"{kind}_horaires")
        if sticker is not None and sticker not in STICKERS:
            at = member(place, f"{kind}_critair")
            report.faults.add(FaultCode.VALUE, at, value=sticker, wanted=", ".join(STICKERS))
        if hours is not None and not isinstance(hours, str):
            wrong_type(report.faults, member(place, f"{kind}_horaires"), hours, str)
        for one, other in (("critair", "horaires"), ("horaires", "critair")):
            if f"{kind}_{one}" in given and f"{kind}_{other}" not in given:
                report.faults.add(FaultCode.MISSING, place, name=f"{kind}_{other}")


def _day_after(start_of_day: datetime, zone: tzinfo) -> datetime:
    local = start_of_day.astimezone(zone)
    following = local.date() + timedelta(days=1) if local.date() < date.max else local.date()
    return datetime.combine(following, local.time(), zone).astimezone(UTC)


def _closed(zone: ImportedZone, zones: Sequence[ImportedZone]) -> ImportedZone:
    if zone.valid_to is not None or zone.valid_from is None:
        return zone
    authority = zone.name.partition("-ZFE-")[0]
    later = [
        other.valid_from
        for other in zones
        if other.valid_from and other.valid_from > zone.valid_from
        and other.name.partition("-ZFE-")[0] == authority
        and _mostly_same(zone.geometry, other.geometry)
    ]  # fmt: skip
    return replace(zone, valid_to=min(later)) if later else zone


def _mostly_same(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    common = shapely.area(shapely.intersection(one, other))
    return bool(common > 0.5 * shapely.area(shapely.union(one, other)))


def _written(zone: ImportedZone, tz: tzinfo) -> dict[str, Any]:
    if zone.valid_from is None:
        raise ValueError(f"zone {zone.name!r}: schema-zfe wants a start date")
    given = zone.properties
    written: dict[str, Any] = {
        "id": str(given.get("id") or zone.name),
        "date_debut": zone.valid_from.astimezone(tz).date().isoformat(),
        "date_fin": _last_day(zone.valid_to, tz),
    }
    for kind in CLASSES:
        sticker, hours = given.get(f"{kind}_critair"), given.get(f"{kind}_horaires")
        hours = hours or (zone.hours if kind == "pl" else None)
        if sticker in STICKERS or hours:
            written[f"{kind}_critair"] = sticker if sticker in STICKERS else None
            written[f"{kind}_horaires"] = hours
    return written | {name: given[name] for name in _LINKS if isinstance(given.get(name), str)}


def _last_day(end: datetime | None, tz: tzinfo) -> str | None:
    return None if end is None else (end - timedelta(microseconds=1)).astimezone(tz).date().isoformat()
