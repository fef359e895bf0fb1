"""Passages: between two fixes that both lie outside, the straight way cuts through an area.

A sparse track says nothing of what happened between two fixes; a straight way through an area is a hint, never a
presence. Lengths by the local equirectangular scale (`geo.metres`), good to a metre over a few kilometres.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.metres import haversine_m, metres_per_degree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Passages(NamedTuple):
    """One row a passage: which way, through which area, how far inside (m), and the middle of that part."""

    way: Ints
    area: Ints
    inside_m: Floats
    lon: Floats
    lat: Floats


def passages(
    tree: shapely.STRtree, lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats, least_m: float
) -> Passages:
    """Ways (a to b, degrees) that cut an area of the tree over `least_m` or more, both ends outside it."""
    areas: NDArray[Any] = np.asarray(tree.geometries, dtype=object)
    far = np.flatnonzero(haversine_m(lon_a, lat_a, lon_b, lat_b) >= least_m)
    ends = np.stack([np.column_stack([lon_a, lat_a])[far], np.column_stack([lon_b, lat_b])[far]], axis=1)
    if not len(far) or not len(areas):
        return _none()
    ways: NDArray[Any] = np.asarray(shapely.linestrings(ends), dtype=object)
    way, area = tree.query(ways, predicate="intersects")
    cut = areas[area]
    outside = ~shapely.intersects_xy(cut, lon_a[far[way]], lat_a[far[way]])
    outside &= ~shapely.intersects_xy(cut, lon_b[far[way]], lat_b[far[way]])
    way, area, cut = way[outside], area[outside], cut[outside]
    inner: NDArray[Any] = shapely.intersection(ways[way], cut)
    inside_m = _lengths_m(inner)
    keep = inside_m >= least_m
    middle = shapely.line_interpolate_point(_longest(inner[keep]), 0.5, normalized=True)
    return Passages(far[way[keep]], area[keep], inside_m[keep], shapely.get_x(middle), shapely.get_y(middle))


def _none() -> Passages:
    empty = np.zeros(0)
    return Passages(empty.astype(np.int64), empty.astype(np.int64), empty, empty, empty)


def _lengths_m(lines: NDArray[Any]) -> Floats:
    """Metres of each line, parts added up."""
    if not len(lines):
        return np.zeros(0)
    east, north = metres_per_degree(np.nan_to_num(shapely.get_y(shapely.centroid(lines))))
    scale = np.stack(np.broadcast_arrays(east, north), axis=1)
    points, line = shapely.get_coordinates(lines, return_index=True)
    moved = shapely.set_coordinates(lines.copy(), points * scale[line])
    return np.asarray(shapely.length(moved), np.float64)


def _longest(lines: NDArray[Any]) -> NDArray[Any]:
    """The longest part of each line."""
    longest = []
    for line in lines:
        parts = [part for part in shapely.get_parts(line) if isinstance(part, shapely.LineString)]
        longest.append(max(parts, key=lambda part: part.length))
    return np.asarray(longest, object)
