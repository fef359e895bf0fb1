"""From rings of numbers, as a file has them, to a valid WGS-84 area, or to faults that name their places."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import convert
from geo.faults import FaultCode
from geo.imported import ReadOptions, Report
from geo.validity import MOST_PLACES, Repaired, check, repair, self_intersections

Ring = NDArray[np.float64]  # (n, 2) longitude, latitude
Place = Callable[[int, int, int], str]  # part, ring, position -> path


class Area(NamedTuple):
    """A valid area; `repaired` if it was not so as given."""

    geometry: shapely.MultiPolygon
    repaired: Repaired | None


def area_of(parts: list[list[Ring]], path: str, single: bool, options: ReadOptions, report: Report) -> Area | None:
    """The area of these closed rings (outer ring first in each part), or None with faults.

    `path` leads to the coordinates; `single` tells a Polygon's paths (ring, position) from a MultiPolygon's.
    """
    place = _places(path, single)
    if not all(_in_range(ring, (p, r), place, report) for p, rings in enumerate(parts) for r, ring in enumerate(rings)):
        return None
    every = np.concatenate([ring for rings in parts for ring in rings])
    if not _where_expected(every, path, options, report):
        return None
    moved = [[np.column_stack(convert(r[:, 0], r[:, 1], options.crs)) for r in rings] for rings in parts]
    whole = shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in moved])
    if options.mend and not shapely.is_valid(whole) and len(self_intersections(whole)) < MOST_PLACES:
        return _mended(whole, path, report)  # beyond that it is a tangle, and no repair knows what was meant
    if not check(whole, path, single, report.faults):
        return None
    return Area(shapely.MultiPolygon([shapely.orient_polygons(p) for p in shapely.get_parts(whole)]), None)


def _in_range(ring: Ring, number: tuple[int, int], place: Place, report: Report) -> bool:
    x, y = np.abs(ring[:, 0]), np.abs(ring[:, 1])
    wrong = np.flatnonzero((x > 180) | (y > 90))
    if len(wrong) == 0:
        return True
    swapped = bool(((x <= 90) & (y <= 180)).all())
    for k in wrong[:1] if swapped else wrong:
        lon, lat = float(ring[k, 0]), float(ring[k, 1])
        code = FaultCode.SWAPPED if swapped else FaultCode.OUT_OF_RANGE
        report.faults.add(code, place(*number, int(k)), lon, lat, x=lon, y=lat)
    return False


def _where_expected(every: Ring, path: str, options: ReadOptions, report: Report) -> bool:
    if options.expected is None:
        return True
    west, south, east, north = options.expected

    def some_inside(lon: Ring, lat: Ring) -> bool:
        return bool(((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)).any())

    if some_inside(every[:, 0], every[:, 1]):
        return True
    lon, lat = float(every[0, 0]), float(every[0, 1])
    if some_inside(every[:, 1], every[:, 0]):
        report.faults.add(FaultCode.SWAPPED, path, lon, lat, x=lon, y=lat)
        return False
    report.notes.add(FaultCode.ELSEWHERE, path, lon, lat, box=options.expected)
    return True


def note_orientation(parts: list[list[Ring]], path: str, single: bool, report: Report) -> None:
    """Note each ring that is not wound as RFC 7946 wants."""
    place = _places(path, single)
    for p, rings in enumerate(parts):
        for r, ring in enumerate(rings):
            if shapely.is_ccw(shapely.linearrings(ring)) != (r == 0):
                lon, lat = float(ring[0, 0]), float(ring[0, 1])
                report.notes.add(FaultCode.ORIENTATION, place(p, r, 0).rpartition("[")[0], lon, lat)


def _places(path: str, single: bool) -> Place:
    def place(part: int, ring: int, position: int) -> str:
        inner = f"[{ring}][{position}]"
        return path + (inner if single else f"[{part}]{inner}")

    return place


def _mended(whole: shapely.MultiPolygon, path: str, report: Report) -> Area | None:
    mended = repair(whole)
    lon, lat = mended.moved[0]
    if mended.geometry.is_empty:
        report.faults.add(FaultCode.EMPTY, path, lon, lat)
        return None
    before, after = round(mended.area_before_m2), round(mended.area_after_m2)
    report.notes.add(FaultCode.REPAIRED, path, lon, lat, before=before, after=after)
    return Area(mended.geometry, mended)
