"""Is an area valid (OGC, as GEOS judges), where is it not, and what would a repair change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.faults import FaultCode, FaultList
from geo.metres import area_m2

MOST_PLACES = 200
_CHUNK = 8  # segments asked at a time: a tangle has thousands of meetings to each
_REASONS_ZH = {
    "Self-intersection": "边界自相交",
    "Ring Self-intersection": "环与自身相接",
    "Hole lies outside shell": "内环在外环之外",
    "Holes are nested": "内环互相嵌套",
    "Nested shells": "外环互相嵌套",
    "Interior is disconnected": "内部不连通",
    "Duplicate Rings": "环重复",
    "Too few points in geometry component": "点数不足",
    "Invalid Coordinate": "坐标无效",
}


class Kink(NamedTuple):
    """A place where the boundary meets itself, at segment `segment` of ring `ring` of part `part`."""

    lon: float
    lat: float
    part: int
    ring: int
    segment: int


class _Segments(NamedTuple):
    """All segments of some length; part, ring and number of the vertex each starts from; ring starts."""

    lines: NDArray[np.object_]
    place: NDArray[np.int64]
    starts: NDArray[np.bool_]  # one more than there are lines: the end starts a ring too


@dataclass(frozen=True, slots=True)
class Repaired:
    """A repaired area and what the repair did to it; `moved` are the places it had to touch.

    The area before is the planimeter's (a bow-tie's halves cancel out); change_pct is None where it was zero.
    """

    geometry: shapely.MultiPolygon
    area_before_m2: float
    area_after_m2: float
    change_pct: float | None
    moved: tuple[tuple[float, float], ...]


def check(geometry: shapely.MultiPolygon, path: str, single: bool, faults: FaultList) -> bool:
    """Valid? If not, a fault for each place; `path` leads to the coordinates, `single` means a Polygon."""
    if shapely.is_valid(geometry):
        return True
    reason, place = _reason(geometry)
    kinks = self_intersections(geometry) or [_nearest(geometry, *place)]
    for kink in kinks:
        inner = f"[{kink.ring}][{kink.segment}]"
        where = path + (inner if single else f"[{kink.part}]{inner}")
        reason_zh = _REASONS_ZH.get(reason, reason)
        faults.add(FaultCode.INVALID, where, kink.lon, kink.lat, reason=reason, reason_zh=reason_zh)
    return False


def self_intersections(geometry: shapely.Geometry) -> list[Kink]:
    """Where rings cross, touch or run along themselves or one another; at most MOST_PLACES, each once."""
    segments = _segments(geometry)
    tree = shapely.STRtree(segments.lines)
    found: dict[tuple[float, float], Kink] = {}
    for start in range(0, len(segments.lines), _CHUNK):
        first, second = tree.query(segments.lines[start : start + _CHUNK], predicate="intersects")
        first = first + start
        later = first < second
        for a, place in _meetings(segments, first[later], second[later]):
            part, ring, number = segments.place[a].tolist()
            found.setdefault(place, Kink(*place, part, ring, number))
            if len(found) >= MOST_PLACES:
                return list(found.values())
    return list(found.values())


def repair(geometry: shapely.Geometry) -> Repaired:
    """Make the area valid, keep only what has an area, and say what changed."""
    mended = shapely.make_valid(shapely.force_2d(geometry), method="structure", keep_collapsed=False)
    parts = [p for p in shapely.get_parts(shapely.get_parts(mended)).tolist() if isinstance(p, shapely.Polygon)]
    result = shapely.MultiPolygon([shapely.orient_polygons(p) for p in parts if not p.is_empty])
    before, after = area_m2(geometry), area_m2(result)
    moved: list[tuple[float, float]] = []
    if not shapely.is_valid(geometry):
        moved = [(k.lon, k.lat) for k in self_intersections(geometry)] or [_reason(geometry)[1]]
    change = 100.0 * (after - before) / before if before > 0 else None
    return Repaired(result, before, after, change, tuple(moved))


def _reason(geometry: shapely.Geometry) -> tuple[str, tuple[float, float]]:
    text = str(shapely.is_valid_reason(geometry))
    match = re.fullmatch(r"(.*?)\s*\[(\S+) (\S+)\]", text)
    if match:
        return match[1], (float(match[2]), float(match[3]))
    lon, lat = shapely.get_coordinates(geometry)[0]
    return text, (float(lon), float(lat))


def _rings(geometry: shapely.Geometry) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
    for part, polygon in enumerate(shapely.get_parts(geometry)):
        for number, ring in enumerate(shapely.get_rings(polygon)):
            yield part, number, shapely.get_coordinates(ring)


def _segments(geometry: shapely.Geometry) -> _Segments:
    lines, rows = [], []
    for part, ring, xy in _rings(geometry):
        kept = np.flatnonzero((xy[1:] != xy[:-1]).any(axis=1))
        lines.append(np.stack((xy[kept], xy[kept + 1]), axis=1))
        rows.append(np.column_stack((np.full(len(kept), part), np.full(len(kept), ring), kept)))
    if not lines:
        return _Segments(np.zeros(0, dtype=object), np.zeros((0, 3), dtype=np.int64), np.ones(1, dtype=bool))
    segments = np.asarray(shapely.linestrings(np.concatenate(lines)), dtype=object)
    place = np.concatenate(rows).astype(np.int64)
    starts = np.ones(len(place) + 1, dtype=bool)
    starts[1:-1] = (place[1:, :2] != place[:-1, :2]).any(axis=1)
    return _Segments(segments, place, starts)


def _meetings(
    found: _Segments, first: NDArray[np.int64], second: NDArray[np.int64]
) -> Iterator[tuple[int, tuple[float, float]]]:
    """Pairs of segments that meet where they must not, and the place."""
    if len(first) == 0:
        return
    one, other = found.lines[first], found.lines[second]
    shared = np.asarray(shapely.intersection(one, other), dtype=object)
    along = shapely.get_dimensions(shared) == 1
    same_ring = (found.place[first, :2] == found.place[second, :2]).all(axis=1)
    neighbours = (second == first + 1) | (found.starts[first] & found.starts[second + 1])
    across = np.where(same_ring, ~neighbours, shapely.crosses(one, other))
    for i in np.flatnonzero(along | across):
        lon, lat = shapely.get_coordinates(shared[i]).mean(axis=0)
        yield int(first[i]), (float(lon), float(lat))


def _nearest(geometry: shapely.Geometry, lon: float, lat: float) -> Kink:
    best: tuple[float, Kink] | None = None
    for part, ring, xy in _rings(geometry):
        distance = np.hypot(xy[:, 0] - lon, xy[:, 1] - lat)
        k = int(np.argmin(distance))
        if best is None or distance[k] < best[0]:
            best = float(distance[k]), Kink(lon, lat, part, ring, k)
    return best[1] if best else Kink(lon, lat, 0, 0, 0)
