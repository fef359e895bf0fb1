"""Zones in and out: GeoJSON, etalab's schema-zfe, DATEX II, and the coordinate list of the form.

Which format a file speaks is seen from its content, not from its name. Whatever its coordinates speak is declared by
the officer; what comes out is WGS-84.
"""

import datetime as dt
import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import shapely

from geo.faults import FaultCode, ImportFault
from geo.formats.datex2 import read_datex2
from geo.formats.datex2_export import write_datex2
from geo.formats.schema_zfe import read_schema_zfe, supersede, write_schema_zfe
from geo.geojson import read_geojson, write_geojson
from geo.imported import Imported, ImportedZone, ReadOptions
from server.documents.coordinate_lists import as_geojson, read_coordinates, write_coordinates

CHINA_BOX = (73.0, 18.0, 136.0, 54.0)


class ZoneFormat(StrEnum):
    """The formats of files."""

    GEOJSON = "geojson"
    SCHEMA_ZFE = "schema-zfe"
    DATEX2 = "datex2"


SUFFIX = {ZoneFormat.GEOJSON: "geojson", ZoneFormat.SCHEMA_ZFE: "zfe.geojson", ZoneFormat.DATEX2: "datex2.xml"}
MEDIA_TYPE = {
    ZoneFormat.GEOJSON: "application/geo+json",
    ZoneFormat.SCHEMA_ZFE: "application/geo+json",
    ZoneFormat.DATEX2: "application/xml",
}


def format_of(data: bytes) -> ZoneFormat:
    """XML is DATEX II; JSON whose properties speak schema-zfe is that; all else is read as GeoJSON."""
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head == b"<":
        return ZoneFormat.DATEX2
    return ZoneFormat.SCHEMA_ZFE if b'"date_debut"' in data else ZoneFormat.GEOJSON


def read_zone_file(data: bytes, options: ReadOptions) -> tuple[ZoneFormat, Imported]:
    """What a file holds; nothing in it raises."""
    kind = format_of(data)
    if kind is ZoneFormat.DATEX2:
        return kind, read_datex2(data, options)
    if kind is ZoneFormat.SCHEMA_ZFE:
        read = read_schema_zfe(data, options)
        return kind, Imported(supersede(read.zones), read.faults, read.notes)
    return kind, read_geojson(data, options)


def read_drawn(content: str, options: ReadOptions) -> Imported:
    """The coordinate list of the form as one zone; a line that cannot be read is a fault like any other."""
    polygons, unread = read_coordinates(content)
    faults = tuple(
        ImportFault(f"line {fault.line}", None, None, FaultCode.SYNTAX, fault.zh, fault.en) for fault in unread
    )
    if faults:
        return Imported((), faults)
    if not polygons:
        nothing = ImportFault(
            "",
            None,
            None,
            FaultCode.EMPTY,
            "还没有画出区域：请在地图上绘制或填写坐标",
            "No area yet: draw it or type its coordinates",
        )
        return Imported((), (nothing,))
    return read_geojson(json.dumps(as_geojson(polygons)), options)


def write_zone_file(
    kind: ZoneFormat, zones: Sequence[ImportedZone], published_at: dt.datetime, authority: str
) -> bytes:
    """The zones in the format asked for; `authority` stands where a zone names no issuing authority."""
    if kind is ZoneFormat.DATEX2:
        return write_datex2(zones, published_at, authority)
    if kind is ZoneFormat.SCHEMA_ZFE:
        return write_schema_zfe(zones).encode()
    return write_geojson(zones, indent=1).encode()


def rough_coordinates(data: bytes) -> str:
    """The first area of a GeoJSON document as it stands, faulty as it may be, for the form to show and mend; else
    nothing."""
    try:
        found = _first_area(json.loads(data.decode("utf-8-sig")), 0)
        return write_coordinates(found) if found is not None else ""
    except (ValueError, TypeError, RecursionError, shapely.errors.GEOSException):
        return ""


def _first_area(value: Any, depth: int) -> shapely.MultiPolygon | None:
    if not isinstance(value, dict) or depth > 3:
        return None
    if value.get("type") in ("Polygon", "MultiPolygon"):
        parts = value["coordinates"] if value["type"] == "MultiPolygon" else [value["coordinates"]]
        return shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in parts])
    inner = [value.get("geometry"), *(value["features"] if isinstance(value.get("features"), list) else [])]
    return next((found for one in inner if (found := _first_area(one, depth + 1)) is not None), None)
