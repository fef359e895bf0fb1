"""Controlled zones in DATEX II version 3.7 (CEN/TS 16157): writing.

Elements and their order follow DATEXII_3_ControlledZone and DATEXII_3_TrafficRegulation. The publication time
is an argument. XML knows no control characters: those in a name become U+FFFD. Name, period and area go out;
hours and conditions on vehicles do not: they need the bureau's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from xml.etree.ElementTree import Element, QName, SubElement, register_namespace, tostring

import shapely

from geo.formats.datex2 import XSI_TYPE
from geo.imported import ImportedZone, iso

_ROOT = "http://datex2.eu/schema/3/"
_SPACES = {
    "mc": "messageContainer", "cz": "controlledZone", "tro": "trafficRegulation",
    "loc": "locationReferencing", "com": "common",
}  # fmt: skip
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TYPES = (
    "limitedTrafficZone",
    "lowEmissionZone",
    "pedestrianZone",
    "restrictedParkingZone",
    "zeroEmissionZone",
)
for _prefix, _name in _SPACES.items():
    register_namespace(_prefix, _ROOT + _name)


def write_datex2(
    zones: Iterable[ImportedZone],
    published_at: datetime,
    authority: str,
    country: str = "cn",
    lang: str = "zh",
) -> bytes:
    """A ControlledZoneTablePublication; `authority` stands where a zone names no issuing authority."""
    root = Element(_tag("mc:messageContainer"), {"modelBaseVersion": "3"})
    payload = _typed(root, "mc:payload", "cz:ControlledZoneTablePublication")
    payload.attrib.update({"id": "zones", "lang": lang, "modelBaseVersion": "3"})
    _leaf(payload, "com:publicationTime", iso(published_at))
    creator = _leaf(payload, "com:publicationCreator")
    _leaf(creator, "com:country", country)
    _leaf(creator, "com:nationalIdentifier", authority)
    _leaf(_leaf(payload, "cz:headerInformation"), "com:informationStatus", "real")
    table = _leaf(payload, "cz:controlledZoneTable")
    _leaf(table, "cz:tableVersionTime", iso(published_at))
    for number, zone in enumerate(zones, 1):
        _zone(table, zone, str(zone.properties.get("id") or f"zone-{number}"), (published_at, authority, lang))
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _tag(name: str) -> str:
    prefix, _, plain = name.partition(":")
    return f"{{{_ROOT}{_SPACES[prefix]}}}{plain}"


def _leaf(parent: Element, name: str, text: str | None = None) -> Element:
    element = SubElement(parent, _tag(name))
    if text is not None:
        element.text = _UNFIT.sub("\ufffd", text)
    return element


def _typed(parent: Element, name: str, kind: str) -> Element:
    element = _leaf(parent, name)
    element.set(XSI_TYPE, QName(_tag(kind)))  # type: ignore[arg-type]  # serialised with its prefix
    return element


def _words(parent: Element, name: str, text: str, lang: str) -> None:
    value = _leaf(_leaf(_leaf(parent, name), "com:values"), "com:value", text)
    value.set("lang", lang)


def _zone(table: Element, zone: ImportedZone, identifier: str, source: tuple[datetime, str, str]) -> None:
    published_at, authority, lang = source
    given = zone.properties
    element = _numbered(_leaf(table, "cz:controlledZone"), identifier, given)
    _words(element, "cz:name", zone.name, lang)
    kind = given.get("type")
    _leaf(element, "cz:controlledZoneType", kind if kind in _TYPES else "lowEmissionZone")
    _leaf(element, "cz:recordVersionTime", iso(published_at))
    _leaf(element, "cz:status", "active")
    order = _numbered(_leaf(element, "cz:trafficRegulationOrder"), f"{identifier}-order", given)
    _words(order, "tro:issuingAuthority", str(given.get("issuing_authority") or authority), lang)
    _leaf(order, "tro:regulationId", str(given.get("regulation_id") or identifier))
    _leaf(order, "tro:status", "madeAndImplemented")
    rule = _numbered(_leaf(order, "tro:trafficRegulation"), f"{identifier}-rule", given)
    kind_of_rule = _typed(rule, "tro:typeOfRegulation", "tro:AccessRestriction")
    _leaf(kind_of_rule, "tro:accessRestrictionType", "restrictedAccess")
    both = _typed(rule, "tro:condition", "tro:ConditionSet")
    _leaf(both, "tro:operator", "and")
    _validity(both, zone)
    _location(both, zone.geometry)


def _numbered(element: Element, identifier: str, given: dict[str, object]) -> Element:
    element.attrib.update(id=_UNFIT.sub("\ufffd", identifier), version=str(given.get("version") or "1"))
    return element


def _validity(both: Element, zone: ImportedZone) -> None:
    if zone.valid_from is None:
        return
    order = _leaf(_typed(both, "tro:conditions", "tro:ValidityCondition"), "tro:validityByOrder")
    _leaf(order, "com:validityStatus", "definedByValidityTimeSpec")
    times = _leaf(order, "com:validityTimeSpecification")
    _leaf(times, "com:overallStartTime", iso(zone.valid_from))
    if zone.valid_to:
        _leaf(times, "com:overallEndTime", iso(zone.valid_to))


def _location(both: Element, geometry: shapely.MultiPolygon) -> None:
    condition = _typed(both, "tro:conditions", "tro:LocationCondition")
    polygons = _leaf(_typed(condition, "tro:locationByOrder", "loc:AreaLocation"), "loc:gmlMultiPolygon")
    for part in geometry.geoms:
        polygon = _leaf(polygons, "loc:gmlPolygon")
        for number, ring in enumerate(shapely.get_rings(part)):
            name = "loc:interior" if number else "loc:exterior"
            element = _leaf(polygon, name)
            element.set("srsName", "WGS 84")
            positions = shapely.get_coordinates(ring).tolist()
            _leaf(element, "loc:posList", " ".join(f"{lat!r} {lon!r}" for lon, lat in positions))
