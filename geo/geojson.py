"""Zones and boundaries in GeoJSON (RFC 7946), in and out. A fault is named by its place; no input raises."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import shapely

from geo import jsontext
from geo.crs import Crs, convert_geometry
from geo.faults import FaultCode, wrong_type
from geo.imported import Imported, ImportedZone, ReadOptions, Report, iso, moment, report_for
from geo.jsontext import member
from geo.positions import rings_of
from geo.rings import Area, area_of, note_orientation

_GEOMETRIES = (
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
)  # fmt: skip
_FOREIGN_TO_GEOMETRY = ("geometry", "properties", "features")
_FOREIGN = {"FeatureCollection": ("coordinates", "geometries", "geometry", "properties"),
            "Feature": ("coordinates", "geometries", "features")}  # fmt: skip
_WGS84_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490", "WGS84", "WGS 84")
_IN_FEATURE = re.compile(r"features\[\d+\]")
_OWN = ("name", "valid_from", "valid_to", "hours")
_NAMES = ("name", "NAME", "Name", "名称", "nom", "title", "id")


class Feature(NamedTuple):
    """A feature with a sound area."""

    path: str
    id: str | None
    area: Area
    properties: dict[str, Any]


def read_geojson(data: bytes | str, options: ReadOptions | None = None) -> Imported:
    """Zones from a FeatureCollection, Feature, Polygon or MultiPolygon."""
    options = options or ReadOptions()
    report = report_for(options)
    features = read_features(data, options, report)
    zones = [zone for number, f in enumerate(features, 1) if (zone := _zone(f, number, options, report))]
    return Imported(tuple(zones), report.faults.listed(), report.notes.listed())


def read_features(data: bytes | str, options: ReadOptions, report: Report) -> list[Feature]:
    """The features of a document that have a sound area; all else is in the report."""
    text = jsontext.text_of(data, options.max_bytes, report.faults)
    if text is None:
        return []
    before = report.faults.count
    root = jsontext.parse(text, report.faults)
    if root is None and report.faults.count > before:
        return []
    features = _unblamed(_document(root, options, report), report)
    if not features and report.faults.count == 0:
        report.faults.add(FaultCode.NO_ZONE, "")
    return features


def _unblamed(features: list[Feature], report: Report) -> list[Feature]:
    """The features no fault speaks of; none where a fault speaks of the whole document."""
    blamed = {match[0] if (match := _IN_FEATURE.match(f.path)) else "" for f in report.faults.faults}
    return [] if "" in blamed else [f for f in features if f.path not in blamed]


def write_geojson(zones: Iterable[ImportedZone], crs: Crs = Crs.WGS84, indent: int | None = None) -> str:
    """A FeatureCollection that `read_geojson` reads back as the same zones; outer rings anticlockwise."""
    features = [_feature_json(zone, crs) for zone in zones]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=indent)


def geometry_json(geometry: shapely.Geometry, crs: Crs = Crs.WGS84) -> dict[str, Any]:
    """The geometry as a GeoJSON object."""
    written: dict[str, Any] = json.loads(shapely.to_geojson(convert_geometry(geometry, Crs.WGS84, crs)))
    return written


def _feature_json(zone: ImportedZone, crs: Crs) -> dict[str, Any]:
    own = {
        "name": zone.name,
        "valid_from": iso(zone.valid_from) if zone.valid_from else None,
        "valid_to": iso(zone.valid_to) if zone.valid_to else None,
        "hours": zone.hours,
    }
    return {
        "type": "Feature",
        "properties": {**zone.properties, **own},
        "geometry": geometry_json(zone.geometry, crs),
    }


def _zone(feature: Feature, number: int, options: ReadOptions, report: Report) -> ImportedZone | None:
    before = report.faults.count
    place, given = member(feature.path, "properties"), feature.properties
    start = moment(given.get("valid_from"), member(place, "valid_from"), options.zone, report.faults)
    end = moment(given.get("valid_to"), member(place, "valid_to"), options.zone, report.faults)
    hours = given.get("hours")
    if hours is not None and not isinstance(hours, str):
        wrong_type(report.faults, member(place, "hours"), hours, str)
    if report.faults.count > before:
        return None
    rest = {k: v for k, v in given.items() if k not in _OWN}
    name = zone_name(feature, number)
    return ImportedZone(name, feature.area.geometry, start, end, hours, rest, feature.path, feature.area.repaired)


def zone_name(feature: Feature, number: int) -> str:
    """What the feature calls itself, unchanged; else its id, else a number."""
    for key in _NAMES:
        value = feature.properties.get(key)
        if isinstance(value, str) and value.strip():
            return value
    named = (v for k, v in feature.properties.items() if k.casefold().endswith(("name", "名")))
    return next((v for v in named if isinstance(v, str) and v.strip()), None) or feature.id or f"zone {number}"


def _document(root: Any, options: ReadOptions, report: Report) -> list[Feature]:
    if not isinstance(root, dict):
        wrong_type(report.faults, "", root, dict)
        return []
    _check_crs(root, "", report)
    kind = _type(root, "", ("FeatureCollection", "Feature", *_GEOMETRIES), report)
    if kind == "FeatureCollection":
        return _collection(root, options, report)
    if kind == "Feature":
        feature = _feature(root, "", options, report)
        return [feature] if feature else []
    area = _geometry(root, "", kind, options, report) if kind else None
    return [Feature("", None, area, {})] if area else []


def _collection(root: dict[str, Any], options: ReadOptions, report: Report) -> list[Feature]:
    _check_foreign(root, "", "FeatureCollection", report)
    if "features" not in root:
        report.faults.add(FaultCode.MISSING, "", name="features")
        return []
    if not isinstance(root["features"], list):
        wrong_type(report.faults, "features", root["features"], list)
        return []
    found = []
    for number, value in enumerate(root["features"]):
        path = f"features[{number}]"
        if not isinstance(value, dict):
            wrong_type(report.faults, path, value, dict)
        elif _type(value, path, ("Feature",), report) and (feature := _feature(value, path, options, report)):
            found.append(feature)
    return found


def _feature(value: dict[str, Any], path: str, options: ReadOptions, report: Report) -> Feature | None:
    before = report.faults.count
    _check_foreign(value, path, "Feature", report)
    if path:
        _check_crs(value, path, report)
    identifier = value.get("id", "")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int | float):
        wrong_type(report.faults, member(path, "id"), identifier, str)
    properties = _properties(value, path, report)
    area = _feature_geometry(value, path, options, report)
    if area is None or report.faults.count > before:
        return None
    return Feature(path, str(identifier) or None, area, properties)


def _properties(value: dict[str, Any], path: str, report: Report) -> dict[str, Any]:
    properties = value.get("properties")
    if "properties" not in value:
        report.faults.add(FaultCode.MISSING, path, name="properties")
    elif properties is not None and not isinstance(properties, dict):
        wrong_type(report.faults, member(path, "properties"), properties, dict)
    return dict(properties) if isinstance(properties, dict) else {}


def _feature_geometry(value: dict[str, Any], path: str, options: ReadOptions, report: Report) -> Area | None:
    place = member(path, "geometry")
    geometry = value.get("geometry")
    if "geometry" not in value:
        report.faults.add(FaultCode.MISSING, path, name="geometry")
    elif geometry is None:
        report.faults.add(FaultCode.EMPTY, place)
    elif not isinstance(geometry, dict):
        wrong_type(report.faults, place, geometry, dict)
    elif kind := _type(geometry, place, _GEOMETRIES, report):
        return _geometry(geometry, place, kind, options, report)
    return None


def _geometry(value: dict[str, Any], path: str, kind: str, options: ReadOptions, report: Report) -> Area | None:
    before = report.faults.count
    for name in _FOREIGN_TO_GEOMETRY:
        if name in value:
            report.faults.add(FaultCode.NOT_ALLOWED, path, type=kind, name=name)
    if kind not in ("Polygon", "MultiPolygon"):
        report.faults.add(FaultCode.NOT_AN_AREA, path, type=kind)
        return None
    if "coordinates" not in value:
        report.faults.add(FaultCode.MISSING, path, name="coordinates")
        return None
    place = member(path, "coordinates")
    parts = rings_of(value["coordinates"], place, kind == "Polygon", report)
    if report.faults.count > before or not all(len(ring) for rings in parts for ring in rings):
        return None  # a number that is not finite was named when the text was read
    area = area_of(parts, place, kind == "Polygon", options, report)
    if area:
        note_orientation(parts, place, kind == "Polygon", report)
    return area


def _type(value: dict[str, Any], path: str, known: tuple[str, ...], report: Report) -> str | None:
    kind = value.get("type")
    if "type" not in value:
        report.faults.add(FaultCode.MISSING, path, name="type")
    elif not isinstance(kind, str):
        wrong_type(report.faults, member(path, "type"), kind, str)
    elif kind not in known:
        report.faults.add(FaultCode.UNKNOWN_TYPE, member(path, "type"), type=kind, wanted=" / ".join(known))
    else:
        return kind
    return None


def _check_foreign(value: dict[str, Any], path: str, kind: str, report: Report) -> None:
    for name in _FOREIGN[kind]:
        if name in value:
            report.faults.add(FaultCode.NOT_ALLOWED, path, type=kind, name=name)


def _check_crs(value: dict[str, Any], path: str, report: Report) -> None:
    """The `crs` member of the 2008 draft: what means WGS-84 passes, all else is refused."""
    crs = value.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else crs
    if not (isinstance(name, str) and name.upper().endswith(_WGS84_NAMES)):
        report.faults.add(FaultCode.CRS, member(path, "crs"), name=name)
