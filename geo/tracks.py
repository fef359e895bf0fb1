"""One device's fixes in order: gaps, impossible speeds, and where it crossed a zone's edge between two fixes.

Between two fixes a straight line at even speed is assumed, so a crossing is an estimate: it carries the fixes
either side and the time between them, and the caller decides how much gap it believes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.metres import haversine_m

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TOUCH = 1e-12  # of a segment's length: shorter overlaps are a touch, not a passage


@dataclass(frozen=True, slots=True)
class Track:
    """Fixes in order of time, each time once. `source` is the place of each in what was given."""

    at_us: Ints
    lon: Floats
    lat: Floats
    source: Ints
    repeated: Ints  # given again: same time, same place
    conflicting: Ints  # same time, another place: the first by (lon, lat) was kept
    left_out: Ints  # without a time or a position

    def __len__(self) -> int:
        return len(self.at_us)


class CrossingKind(StrEnum):
    """Which way over the edge."""

    ENTRY = "entry"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Crossing:
    """The edge was crossed at about this time and place, between fixes `before` and `after` of the track."""

    kind: CrossingKind
    at_us: int
    lon: float
    lat: float
    before: int
    after: int
    gap_us: int  # time between the two fixes
    passage: bool  # both fixes are on the same side; the line between them is not


@dataclass(frozen=True, slots=True)
class Transitions:
    """Where a series of in / out changes: `index` is the first sample of the new side."""

    index: Ints
    entered: NDArray[np.bool_]


def order(at_us: ArrayLike, lon: ArrayLike, lat: ArrayLike) -> Track:
    """Sort by time and keep each time once; what is not kept is named. Any order of input, one result."""
    at = np.ascontiguousarray(at_us, dtype=np.int64)
    x, y = (np.ascontiguousarray(v, dtype=np.float64) for v in (lon, lat))
    if not at.shape == x.shape == y.shape or at.ndim != 1:
        raise ValueError(f"at_us, lon, lat must be of one length: {at.shape}, {x.shape}, {y.shape}")
    usable = (at != 0) & np.isfinite(x) & np.isfinite(y)
    index = np.flatnonzero(usable)
    index = index[np.lexsort((index, y[index], x[index], at[index]))]
    first = np.ones(len(index), dtype=bool)
    first[1:] = at[index[1:]] != at[index[:-1]]
    kept, again = index[first], index[~first]
    original = kept[np.cumsum(first)[~first] - 1]
    same = (x[again] == x[original]) & (y[again] == y[original])
    left_out = np.flatnonzero(~usable)
    return Track(at[kept], x[kept], y[kept], kept, np.sort(again[same]), np.sort(again[~same]), left_out)


def gaps(track: Track, limit_us: int) -> Ints:
    """Each i with more than `limit_us` between fix i and fix i + 1."""
    return np.flatnonzero(np.diff(track.at_us) > limit_us).astype(np.int64)


def implied_speeds_kmh(track: Track) -> Floats:
    """Speed in a straight line from each fix to the next; one fewer than there are fixes."""
    metres = haversine_m(track.lon[:-1], track.lat[:-1], track.lon[1:], track.lat[1:])
    return np.asarray(metres / (np.diff(track.at_us) / 1e6) * 3.6)


def jumps(track: Track, limit_kmh: float) -> Ints:
    """Each i from which fix i + 1 could only be reached faster than `limit_kmh`."""
    return np.flatnonzero(implied_speeds_kmh(track) > limit_kmh).astype(np.int64)


def transitions(inside: ArrayLike) -> Transitions:
    """Changes of an in / out series; the first sample is no change."""
    series = np.asarray(inside, dtype=bool)
    index = np.flatnonzero(series[1:] != series[:-1]).astype(np.int64) + 1
    return Transitions(index, series[index])


def fixes_inside(track: Track, geometry: shapely.Geometry) -> NDArray[np.bool_]:
    """Is each fix in or on the area?"""
    shapely.prepare(geometry)
    inside: NDArray[np.bool_] = shapely.intersects_xy(geometry, track.lon, track.lat)
    return inside


def crossings(track: Track, geometry: shapely.Geometry) -> tuple[Crossing, ...]:
    """Every crossing of the area's edge, in order; the boundary counts as inside.

    Also passages: both fixes outside and the line between them through the area (an entry and an exit), or
    both inside and the line through the outside (an exit and an entry). A mere touch is none.
    """
    if len(track) < 2 or shapely.is_empty(geometry):
        return ()
    inside = fixes_inside(track, geometry)
    xy = np.column_stack((track.lon, track.lat))
    segments = np.asarray(shapely.linestrings(np.stack((xy[:-1], xy[1:]), axis=1)), dtype=object)
    edge = shapely.boundary(geometry)
    shapely.prepare(edge)
    cut = np.flatnonzero(shapely.intersects(edge, segments) | (inside[1:] != inside[:-1]))
    shared = shapely.intersection(segments[cut], geometry)
    return tuple(
        crossing
        for i, part in zip(cut.tolist(), shared.tolist(), strict=True)
        for crossing in _segment_crossings(track, i, part, bool(inside[i]), bool(inside[i + 1]))
    )


def _segment_crossings(
    track: Track, i: int, shared: shapely.Geometry, starts_in: bool, ends_in: bool
) -> list[Crossing]:
    stretches = _stretches(track, i, shared)
    if starts_in and not (stretches and stretches[0][0] <= _TOUCH):
        stretches.insert(0, (0.0, 0.0))
    if ends_in and not (stretches and stretches[-1][1] >= 1.0 - _TOUCH):
        stretches.append((1.0, 1.0))
    last = len(stretches) - 1
    found = []
    for k, (enter, leave) in enumerate(stretches):
        if not (starts_in and k == 0):
            found.append(_crossing(track, i, CrossingKind.ENTRY, enter, starts_in == ends_in))
        if not (ends_in and k == last):
            found.append(_crossing(track, i, CrossingKind.EXIT, leave, starts_in == ends_in))
    return found


def _stretches(track: Track, i: int, shared: shapely.Geometry) -> list[tuple[float, float]]:
    """The parts of segment i inside the area, as fractions of the way, in order, touching ones joined."""
    start = np.array([track.lon[i], track.lat[i]])
    way = np.array([track.lon[i + 1], track.lat[i + 1]]) - start
    axis = int(np.abs(way).argmax())
    if way[axis] == 0.0:
        return []
    joined: list[tuple[float, float]] = []
    ends = [(shapely.get_coordinates(p)[[0, -1], axis] - start[axis]) / way[axis] for p in _lines(shared)]
    for low, high in sorted((float(e.min()), float(e.max())) for e in ends):
        if joined and low <= joined[-1][1] + _TOUCH:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        elif high - low > _TOUCH:
            joined.append((low, high))
    return joined


def _lines(shared: shapely.Geometry) -> list[shapely.Geometry]:
    parts = shapely.get_parts(shapely.get_parts(shared))
    return [p for p in parts.tolist() if isinstance(p, shapely.LineString) and not p.is_empty]


def _crossing(track: Track, i: int, kind: CrossingKind, way: float, passage: bool) -> Crossing:
    gap_us = int(track.at_us[i + 1] - track.at_us[i])
    lon = float(track.lon[i] + way * (track.lon[i + 1] - track.lon[i]))
    lat = float(track.lat[i] + way * (track.lat[i + 1] - track.lat[i]))
    return Crossing(kind, int(track.at_us[i]) + round(way * gap_us), lon, lat, i, i + 1, gap_us, passage)
