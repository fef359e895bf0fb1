"""Polygons of one zone that lie in or over one another, as formats allow that merely list polygons.

A polygon wholly inside another and wound the other way is a hole that lost its place (seen in published Dutch
zones); what overlaps otherwise is one area. Both are noted for a person to check.
"""

from __future__ import annotations

import shapely

from geo.faults import FaultCode
from geo.imported import Report
from geo.rings import Ring

Parts = list[list[Ring]]


def untangled(parts: Parts, path: str, report: Report) -> Parts:
    """The same area, holes in their place and overlaps merged; as given where a part is invalid itself."""
    polygons = [shapely.Polygon(rings[0], rings[1:]) for rings in parts]
    if shapely.is_valid(shapely.MultiPolygon(polygons)) or not all(shapely.is_valid(polygons)):
        return parts
    nested = _with_holes(parts, polygons, path, report)
    whole = shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in nested])
    if shapely.is_valid(whole):
        return nested
    lon, lat = shapely.get_coordinates(whole)[0].tolist()
    report.notes.add(FaultCode.MERGED, path, lon, lat)
    merged = shapely.get_parts(shapely.union_all(shapely.get_parts(whole))).tolist()
    return [[shapely.get_coordinates(r) for r in shapely.get_rings(p)] for p in merged]


def _with_holes(parts: Parts, polygons: list[shapely.Polygon], path: str, report: Report) -> Parts:
    container = [_container(number, polygons) for number in range(len(parts))]
    result = {n: list(rings) for n, rings in enumerate(parts) if container[n] is None}
    for number, outer in enumerate(container):
        if outer is None:
            continue
        if outer not in result:
            return parts  # an island in a hole: not for us to guess
        lon, lat = parts[number][0][0].tolist()
        report.notes.add(FaultCode.NESTED, f"{path}[{number}]", lon, lat)
        result[outer].append(parts[number][0])
    return list(result.values())


def _container(number: int, polygons: list[shapely.Polygon]) -> int | None:
    """The polygon this one is a hole of: no holes itself, wholly inside, wound the other way."""
    inner = polygons[number]
    if len(inner.interiors):
        return None
    for other, outer in enumerate(polygons):
        wound = shapely.is_ccw(inner.exterior) != shapely.is_ccw(outer.exterior)
        if other != number and wound and shapely.contains_properly(outer, inner):
            return other
    return None
