"""WGS-84, GCJ-02 and BD-09: conversion both ways, and the guard against a mix-up.

GCJ-02 is what Amap and Tencent draw in, BD-09 what Baidu does; receivers speak WGS-84, from which CGCS2000
differs by decimetres. The shift is the public algorithm (telemetry notes, section 8), the way back a fixed
point of it, exact to less than a micrometre. It holds inside the customary rectangle around China only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.metres import metres_per_degree

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
_AXIS_M, _ECCENTRICITY2 = 6378245.0, 0.00669342162296594323  # Krasovsky, as the algorithm has it
_BD_TURN = np.pi * 3000.0 / 180.0
_ROUNDS = 15  # each gains two digits; ten leave less than 1e-6 m


class Crs(StrEnum):
    """What a set of coordinates speaks."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift to GCJ-02; unchanged outside the rectangle around China."""
    x, y = _floats(lon, lat)
    east, north = _shift(x, y)
    return x + east, y + north


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """The point whose shift is this point."""
    x, y = _floats(lon, lat)
    return _fixed_point(wgs84_to_gcj02, x, y, x, y)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Baidu's second shift."""
    x, y = _floats(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo Baidu's shift exactly (its published inverse is off by up to 0.2 m)."""
    x, y = _floats(lon, lat)
    return _fixed_point(gcj02_to_bd09, x, y, x - 0.0065, y - 0.006)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Both shifts."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo both shifts."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


_TO_WGS84: dict[Crs, Callable[[ArrayLike, ArrayLike], Pair]] = {
    Crs.GCJ02: gcj02_to_wgs84,
    Crs.BD09: bd09_to_wgs84,
}
_FROM_WGS84: dict[Crs, Callable[[ArrayLike, ArrayLike], Pair]] = {
    Crs.GCJ02: wgs84_to_gcj02,
    Crs.BD09: wgs84_to_bd09,
}


def convert(lon: ArrayLike, lat: ArrayLike, source: Crs, target: Crs = Crs.WGS84) -> Pair:
    """From any of the three to any other; nan stays nan."""
    x, y = _floats(lon, lat)
    if source == target:
        return x, y
    if source != Crs.WGS84:
        x, y = _TO_WGS84[Crs(source)](x, y)
    return (x, y) if target == Crs.WGS84 else _FROM_WGS84[Crs(target)](x, y)


def convert_geometry(geometry: shapely.Geometry, source: Crs, target: Crs = Crs.WGS84) -> shapely.Geometry:
    """The same geometry with every vertex converted; heights are dropped."""

    def vertices(xy: Floats) -> Floats:
        return np.column_stack(convert(xy[:, 0], xy[:, 1], source, target))

    if source == target:
        return shapely.force_2d(geometry)
    moved: shapely.Geometry = shapely.transform(shapely.force_2d(geometry), vertices)
    return moved


def in_china_box(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Inside the rectangle in which the shift is applied."""
    x, y = _floats(lon, lat)
    inside: NDArray[np.bool_] = (x >= WEST) & (x <= EAST) & (y >= SOUTH) & (y <= NORTH)
    return inside


@dataclass(frozen=True, slots=True)
class Mixup:
    """What the guard found: the points fit the reference better as `looks_like` than as `declared`."""

    declared: Crs
    looks_like: Crs
    share: float  # of the points that come nearer
    declared_m: float  # median distance from the reference as declared
    looks_like_m: float
    zh: str
    en: str


def guard(
    points: ArrayLike,
    reference: shapely.Geometry,
    declared: Crs = Crs.WGS84,
    least_share: float = 0.8,
    least_gain_m: float = 100.0,
) -> Mixup | None:
    """Do these points (n, 2) look mislabelled, seen from a WGS-84 reference: roads, gates, a known yard?

    Warns only where most points come nearer by reading them otherwise, the median by at least
    `least_gain_m` and to less than half. None: no reason for doubt (or nothing to judge by).
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    xy = xy[np.isfinite(xy).all(axis=1)]
    if len(xy) == 0 or shapely.is_empty(reference):
        return None
    distance = {crs: _distance_m(convert(xy[:, 0], xy[:, 1], crs), reference) for crs in Crs}
    median = {crs: float(np.median(d)) for crs, d in distance.items()}
    best = min(Crs, key=lambda crs: median[crs])
    share = float(np.mean(distance[best] < distance[declared]))
    gain = median[declared] - median[best]
    if share < least_share or gain < least_gain_m or median[best] > median[declared] / 2:
        return None
    return _mixup(declared, best, share, median[declared], median[best])


def _mixup(declared: Crs, best: Crs, share: float, declared_m: float, best_m: float) -> Mixup:
    percent = round(100 * share)
    zh = (
        f"坐标声明为 {declared.upper()}，但像是 {best.upper()}：{percent}% 的点按后者更贴近参照物"
        f"（中位距离 {declared_m:.0f} 米变为 {best_m:.0f} 米）。请核对坐标系。"
    )
    en = (
        f"Declared as {declared.upper()} but looks like {best.upper()}: {percent}% of the points come nearer "
        f"to the reference that way (median {declared_m:.0f} m becomes {best_m:.0f} m). "
        "Check the coordinate system."
    )
    return Mixup(declared, best, share, declared_m, best_m, zh, en)


def _distance_m(points: Pair, reference: shapely.Geometry) -> Floats:
    scale = np.array([float(v) for v in metres_per_degree(np.median(points[1]))])
    flat = shapely.transform(reference, lambda xy: xy * scale)
    shapely.prepare(flat)
    return np.asarray(shapely.distance(flat, shapely.points(points[0] * scale[0], points[1] * scale[1])))


def _floats(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _fixed_point(forward: Callable[[ArrayLike, ArrayLike], Pair], x: Floats, y: Floats, x0: Floats, y0: Floats) -> Pair:
    lon, lat = x0, y0
    for _ in range(_ROUNDS):
        there_x, there_y = forward(lon, lat)
        lon, lat = lon - (there_x - x), lat - (there_y - y)
    return lon, lat


def _shift(lon: Floats, lat: Floats) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    east, north = _east_metres(x, y), _north_metres(x, y)
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    per_lat = _AXIS_M * (1.0 - _ECCENTRICITY2) / magic**1.5 * np.pi / 180.0
    per_lon = _AXIS_M / np.sqrt(magic) * np.cos(phi) * np.pi / 180.0
    inside = in_china_box(lon, lat)
    return np.where(inside, east / per_lon, 0.0), np.where(inside, north / per_lat, 0.0)


def _waves(x: Floats) -> Floats:
    return np.asarray(20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x))


def _north_metres(x: Floats, y: Floats) -> Floats:
    plain = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    short = 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)
    long = 160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)
    return np.asarray(plain + (_waves(x) + short + long) * 2.0 / 3.0)


def _east_metres(x: Floats, y: Floats) -> Floats:
    plain = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    short = 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)
    long = 150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)
    return np.asarray(plain + (_waves(x) + short + long) * 2.0 / 3.0)
