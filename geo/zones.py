"""Control zones in space and time: which zone versions is a fix in, and how sure is that.

A zone has versions by effective time. The boundary counts as inside (`intersects`, the same as
`ST_Intersects`). A fix closer to the boundary than its accuracy, on either side, is UNCERTAIN; metres by the
local equirectangular scale at the middle latitude of the zone (`geo.metres`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import cells, lookup
from geo.edges import Floats, Ints, outlines_of, within_reach
from geo.grid import Grid, build_grid

GRID_REACH_M = 100.0  # a wider reach would put every edge of a small zone into every cell
FOREVER_US = int(np.iinfo(np.int64).max)


class State(IntEnum):
    """Where a fix is, seen from one zone."""

    OUTSIDE = 0
    UNCERTAIN = 1
    INSIDE = 2


@dataclass(frozen=True, slots=True)
class ZoneVersion:
    """One version of a zone, in force in [valid_from_us, valid_to_us); WGS-84 lon, lat."""

    version_id: int
    zone_id: int
    geometry: shapely.MultiPolygon
    valid_from_us: int
    valid_to_us: int | None


@dataclass(frozen=True, slots=True)
class Hits:
    """One row per (fix, zone version in force) that is not OUTSIDE; sorted by fix, then version.

    `version` is the index into `ZoneIndex.versions`.
    """

    fix: NDArray[np.int64]
    version: NDArray[np.int32]
    state: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.fix)


@dataclass(frozen=True, slots=True)
class ZoneIndex:
    """What `index_zones` builds; read only, safe to share between threads."""

    versions: tuple[ZoneVersion, ...]
    max_accuracy_m: float
    reach_m: float
    grid: Grid = field(repr=False)
    shapes: lookup.Shapes = field(repr=False)
    period: lookup.Period = field(repr=False)


def index_zones(versions: Sequence[ZoneVersion], max_accuracy_m: float = 50.0) -> ZoneIndex:
    """Build the index once per set of versions.

    Accuracies up to `max_accuracy_m` (and GRID_REACH_M) are answered from the grid, larger ones by a slow
    exact way.
    """
    if not 0.0 <= max_accuracy_m < np.inf:
        raise ValueError(f"max_accuracy_m must be finite and not negative, not {max_accuracy_m!r}")
    areas = np.empty(len(versions), dtype=object)
    areas[:] = [_area(version) for version in versions]
    start = np.array([v.valid_from_us for v in versions], dtype=np.int64)
    end = np.array([FOREVER_US if v.valid_to_us is None else v.valid_to_us for v in versions], dtype=np.int64)
    reach_m = min(float(max_accuracy_m), GRID_REACH_M)
    grid = build_grid(areas, reach_m)
    shapes = lookup.Shapes(areas, outlines_of(areas, grid.edges))
    return ZoneIndex(tuple(versions), float(max_accuracy_m), reach_m, grid, shapes, lookup.Period(start, end))


def locate(index: ZoneIndex, lon: ArrayLike, lat: ArrayLike, at_us: ArrayLike, accuracy_m: ArrayLike) -> Hits:
    """Every zone version in force that each fix is in or too near to tell.

    A fix without a position (nan) hits nothing. Accuracy nan (not reported) counts as the index's
    `max_accuracy_m`; a negative or infinite one is refused.
    """
    lons, lats = (np.ascontiguousarray(v, dtype=np.float64) for v in (lon, lat))
    times = np.ascontiguousarray(at_us, dtype=np.int64)
    if not lons.shape == lats.shape == times.shape or lons.ndim != 1:
        raise ValueError(f"lon, lat, at_us must be of one length: {lons.shape}, {lats.shape}, {times.shape}")
    accuracy = _accuracies(index, accuracy_m, lons)
    found = lookup.search(index.grid, index.period, lons, lats, times)
    state = lookup.states(index.grid, index.shapes, found, lons, lats, np.minimum(accuracy, index.reach_m))
    kept = state != State.OUTSIDE
    hits = Hits(found.fix[kept], found.area[kept], state[kept])
    coarse = accuracy > index.reach_m
    if not coarse.any():
        return hits
    return _merged(hits, coarse, _coarse_hits(index, np.flatnonzero(coarse), lons, lats, times, accuracy))


def _area(version: ZoneVersion) -> shapely.MultiPolygon:
    name = f"zone version {version.version_id}"
    if version.geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"{name}: the geometry must be a MultiPolygon, not {version.geometry.geom_type}")
    west, south, east, north = version.geometry.bounds
    if not version.geometry.is_empty and not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError(f"{name}: outside longitude -180..180, latitude -90..90: {version.geometry.bounds}")
    area = shapely.MultiPolygon([shapely.force_2d(part) for part in shapely.get_parts(version.geometry)])
    shapely.prepare(area)
    return area


def _accuracies(index: ZoneIndex, accuracy_m: ArrayLike, lon: Floats) -> Floats:
    accuracy = np.asarray(accuracy_m, dtype=np.float64)
    if accuracy.ndim != 0 and accuracy.shape != lon.shape:
        raise ValueError(f"accuracy_m has shape {accuracy.shape}, the fixes {lon.shape}")
    wrong = (accuracy < 0) | np.isinf(accuracy)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise ValueError(f"accuracy_m[{first}] = {accuracy.flat[first]}: must be finite and not negative")
    return np.broadcast_to(np.where(np.isnan(accuracy), index.max_accuracy_m, accuracy), lon.shape)


def _merged(hits: Hits, coarse: NDArray[np.bool_], more: Hits) -> Hits:
    """The grid's rows for the fine fixes, the slow way's for the coarse ones."""
    fine = ~coarse[hits.fix]
    fix, version = (
        np.concatenate((hits.fix[fine], more.fix)),
        np.concatenate((hits.version[fine], more.version)),
    )
    state = np.concatenate((hits.state[fine], more.state))
    order = np.lexsort((version, fix))
    return Hits(fix[order], version[order], state[order])


def _coarse_hits(index: ZoneIndex, fixes: Ints, lon: Floats, lat: Floats, at_us: Ints, accuracy_m: Floats) -> Hits:
    """The slow way: every version whose box is within reach of the fix."""
    pairs = [np.zeros((2, 0), dtype=np.int64)]
    for part in np.array_split(fixes, len(fixes) // 4096 + 1):
        here = _in_reach(index, lon[part, None], lat[part, None], at_us[part, None], accuracy_m[part, None])
        row, number = np.nonzero(here)
        pairs.append(np.stack((part[row], number)))
    fix, version = np.concatenate(pairs, axis=1)
    x, y = lon[fix], lat[fix]
    near = within_reach(index.shapes.outlines, index.grid.edges, version, x, y, accuracy_m[fix])
    inside = cells.points_inside(x, y, version, index.shapes.areas)
    kept = near | inside
    state = np.where(near, State.UNCERTAIN, State.INSIDE).astype(np.uint8)
    return Hits(fix[kept], version[kept].astype(np.int32), state[kept])


def _in_reach(index: ZoneIndex, x: Floats, y: Floats, at_us: Ints, accuracy_m: Floats) -> NDArray[np.bool_]:
    """Which versions (columns) are in force and have their box within reach of the fix (rows)."""
    west, south, east, north = shapely.bounds(index.shapes.areas).reshape(-1, 4).T
    reach_x, reach_y = accuracy_m / index.grid.edges.scale_x, accuracy_m / index.grid.edges.scale_y
    here = (x >= west - reach_x) & (x <= east + reach_x) & (y >= south - reach_y) & (y <= north + reach_y)
    here &= (np.abs(x) <= 180) & (np.abs(y) <= 90)
    in_force: NDArray[np.bool_] = here & (index.period.start <= at_us) & (at_us < index.period.end)
    return in_force
