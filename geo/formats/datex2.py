"""Controlled zones in DATEX II version 3 (CEN/TS 16157): reading.

One zone per traffic regulation of a controlled zone. Elements are told by their local names. GML positions
are latitude first. The conditions (vehicles, exemptions) are kept as a tree in `properties`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from geo.faults import FaultCode, FaultList, finite
from geo.formats.overlaps import untangled
from geo.imported import Imported, ImportedZone, ReadOptions, Report, moment, open_end, report_for
from geo.jsontext import MAX_DEPTH
from geo.rings import Area, Ring, area_of

_ZONES = ("urbanVehicleAccessRegulation", "controlledZone", "uvarZone")  # the names changed with 3.7
_RULES = ("trafficRegulation", "controlledZoneRegulation")
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_LAT_LON = (
    "",
    "WGS84",
    "EPSG:4326",
    "EPSG::4326",
    "EPSG/0/4326",
    "EPSG:4258",
    "EPSG::4258",
    "EPSG:4490",
    "EPSG::4490",
)
_DAYS = {"monday": "Mo", "tuesday": "Tu", "wednesday": "We", "thursday": "Th",
         "friday": "Fr", "saturday": "Sa", "sunday": "Su"}  # fmt: skip


class _Node(NamedTuple):
    """An element and the path that leads to it."""

    element: Element
    path: str


def read_datex2(data: bytes | str, options: ReadOptions | None = None) -> Imported:
    """Zones of a ControlledZoneTablePublication."""
    options = options or ReadOptions()
    report = report_for(options)
    root = _parsed(data, options.max_bytes, report.faults)
    if root is None:
        return Imported((), report.faults.listed())
    zones: list[ImportedZone] = []
    found = list(_descendants(_Node(root, ""), *_ZONES))
    for regulation in found:
        zones.extend(_zones(regulation, options, report))
    if not zones and report.faults.count == 0:
        report.faults.add(FaultCode.NO_ZONE, "")
    return Imported(tuple(zones), report.faults.listed(), report.notes.listed())


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _parsed(data: bytes | str, max_bytes: int, faults: FaultList) -> Element | None:
    if len(data) > max_bytes:
        faults.add(FaultCode.TOO_LARGE, "", size=len(data), limit=max_bytes)
        return None
    try:
        root = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        faults.add(FaultCode.SYNTAX, f"line {line} column {column + 1}", detail=str(error))
        return None
    except (DefusedXmlException, ValueError, LookupError) as error:
        faults.add(FaultCode.SYNTAX, "", detail=f"{type(error).__name__}: {error}")
        return None
    if _too_deep(root):
        faults.add(FaultCode.TOO_DEEP, "", limit=MAX_DEPTH)
        return None
    return root


def _too_deep(root: Element) -> bool:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True


def _children(node: _Node) -> Iterator[_Node]:
    count: dict[str, int] = {}
    for child in node.element:
        name = local(child)
        number = count[name] = count.get(name, -1) + 1
        yield _Node(child, f"{node.path}/{name}[{number}]" if node.path else f"{name}[{number}]")


def _descendants(node: _Node, *names: str) -> Iterator[_Node]:
    """The nearest elements of these names below the node (not those inside one found)."""
    for child in _children(node):
        if local(child.element) in names:
            yield child
        else:
            yield from _descendants(child, *names)


def _named(node: _Node, *names: str) -> list[_Node]:
    return [child for child in _children(node) if local(child.element) in names]


def _text(node: _Node, name: str) -> str | None:
    found = next(iter(_descendants(node, name)), None)
    text = "".join(found.element.itertext()).strip() if found else ""
    return text or None


def _zones(regulation: _Node, options: ReadOptions, report: Report) -> Iterator[ImportedZone]:
    rules = list(_descendants(regulation, *_RULES))
    if not rules:
        report.faults.add(FaultCode.MISSING, regulation.path, name="trafficRegulation")
    for rule in rules:
        zone = _zone(regulation, rule, options, report)
        if zone:
            yield zone


def _zone(regulation: _Node, rule: _Node, options: ReadOptions, report: Report) -> ImportedZone | None:
    before = report.faults.count
    top = _top_conditions(rule)
    area = _area(top, rule, options, report)
    start, end = _period(top, options, report)
    if area is None or report.faults.count > before:
        return None
    names = _named(regulation, "name")
    identifier = regulation.element.get("id")
    properties = {
        "id": identifier,
        "version": regulation.element.get("version"),
        "regulation_id": _text(regulation, "regulationId"),
        "issuing_authority": _text(regulation, "issuingAuthority"),
        "type": _text(regulation, "controlledZoneType"),
        "status": next((c.element.text for c in _named(regulation, "status")), None),
        "url": _text(regulation, "urlForFurtherInformation"),
        "conditions": [_tree(c) for c in top if _kind(c) not in ("LocationCondition", "ValidityCondition")],
    }
    kept = {k: v for k, v in properties.items() if v}
    name = (names and _text(names[0], "value")) or identifier or "zone"
    return ImportedZone(name, area.geometry, start, end, _hours(top), kept, regulation.path, area.repaired)


def _kind(node: _Node) -> str:
    return (node.element.get(XSI_TYPE) or "").rpartition(":")[2]


def _negated(node: _Node) -> bool:
    return any((c.element.text or "").strip() in ("true", "1") for c in _named(node, "negate"))


def _top_conditions(rule: _Node) -> list[_Node]:
    """What must all hold: the condition, or the members of the `and` set it is."""
    found, queue = [], _named(rule, "condition")
    while queue:
        node = queue.pop(0)
        operators = [(c.element.text or "").strip() for c in _named(node, "operator")]
        if operators == ["and"] and not _negated(node):
            queue.extend(_named(node, "conditions"))
        else:
            found.append(node)
    return found


def _tree(node: _Node) -> dict[str, Any]:
    """A condition as nested values: operator and members, or the leaves by name."""
    below = _named(node, "conditions")
    tree: dict[str, Any] = {"not": True} if _negated(node) else {}
    if below:
        tree["operator"] = _text(node, "operator")
        tree["conditions"] = [_tree(c) for c in below]
    else:
        leaves = [e for e in node.element.iter() if len(e) == 0 and local(e) != "negate"]
        for leaf in leaves:
            tree.setdefault(local(leaf), []).append((leaf.text or "").strip())
    return tree


def _period(top: list[_Node], options: ReadOptions, report: Report) -> tuple[datetime | None, datetime | None]:
    ends: list[datetime | None] = []
    for name in ("overallStartTime", "overallEndTime"):
        conditions = [c for c in top if _kind(c) == "ValidityCondition" and not _negated(c)]
        found = next((n for c in conditions for n in _descendants(c, name)), None)
        text = (found.element.text or "").strip() if found else None
        ends.append(moment(text, found.path if found else "", options.zone, report.faults))
    return ends[0], open_end(ends[1])


def _hours(top: list[_Node]) -> str | None:
    """Recurring hours in the manner of OpenStreetMap's opening hours."""
    lines = []
    for period in (p for c in top if not _negated(c) for p in _descendants(c, "validPeriod")):
        days = ",".join(
            _DAYS.get(e.element.text or "", e.element.text or "") for e in _descendants(period, "applicableDay")
        )
        for day in _descendants(period, "recurringTimePeriodOfDay"):
            start, end = _text(day, "startTimeOfPeriod"), _text(day, "endTimeOfPeriod")
            lines.append(f"{days} {(start or '00:00')[:5]}-{(end or '24:00')[:5]}".strip())
    return "; ".join(lines) or None


def _area(top: list[_Node], rule: _Node, options: ReadOptions, report: Report) -> Area | None:
    places = [c for c in top if _kind(c) == "LocationCondition" and not _negated(c)]
    polygons = [p for c in places for p in _descendants(c, "gmlPolygon")]
    if not polygons:
        report.faults.add(FaultCode.MISSING, rule.path, name="gmlPolygon")
        return None
    before = report.faults.count
    parts = [[_ring(r, report) for r in (*_named(p, "exterior"), *_named(p, "interior"))] for p in polygons]
    for polygon in polygons:
        if not _named(polygon, "exterior"):
            report.faults.add(FaultCode.MISSING, polygon.path, name="exterior")
    if report.faults.count > before:
        return None
    if len(polygons) == 1:
        return area_of(parts, polygons[0].path, True, options, report)
    path = places[0].path
    return area_of(untangled(parts, path, report), path, False, options, report)


def _ring(node: _Node, report: Report) -> Ring:
    lists = list(_descendants(node, "posList"))
    name = node.element.get("srsName") or (lists[0].element.get("srsName") if lists else None) or ""
    swap = not name.upper().endswith("CRS84")
    if swap and name.upper().replace(" ", "").replace("-", "").rpartition("DEF:CRS:")[2] not in _LAT_LON:
        report.faults.add(FaultCode.CRS, node.path, name=name)
    if not lists:
        report.faults.add(FaultCode.MISSING, node.path, name="posList")
        return np.zeros((0, 2))
    path, before = lists[0].path, report.faults.count
    size = 3 if lists[0].element.get("srsDimension") == "3" else 2
    numbers = _numbers(lists[0].element.text or "", path, report)
    if report.faults.count > before:
        return np.zeros((0, 2))
    if len(numbers) % size:
        report.faults.add(FaultCode.POSITION, path, found=f"{len(numbers)} numbers")
        return np.zeros((0, 2))
    ring = np.array(numbers, dtype=np.float64).reshape(-1, size)[:, [1, 0] if swap else [0, 1]]
    _check_ring(ring, path, report)
    return ring


def _numbers(text: str, path: str, report: Report) -> list[float]:
    numbers = []
    for k, word in enumerate(text.split()):
        try:
            number = finite(float(word))
        except ValueError:
            number = None
        if number is None:
            report.faults.add(FaultCode.POSITION, f"{path}[{k}]", found=word)
        else:
            numbers.append(number)
    return numbers


def _check_ring(ring: Ring, path: str, report: Report) -> None:
    lon, lat = (float(ring[0, 0]), float(ring[0, 1])) if len(ring) else (None, None)
    if len(ring) < 4:
        report.faults.add(FaultCode.RING_SHORT, path, lon, lat, count=len(ring))
    if len(ring) and (ring[0] != ring[-1]).any():
        report.faults.add(FaultCode.RING_OPEN, path, lon, lat)
