"""From fixes to candidates to hits: the vectorised walk through a `Grid`.

Chunks small enough for the processor's cache are walked through the tables; what is left (fixes in a cell
with an edge) is tested exactly, once for the whole batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo import cells
from geo.edges import Areas, Floats, Ints, distance2, within_reach
from geo.grid import CROSSED, FIRST_RUN, OUT, Grid

CHUNK = 1 << 15
CROWD = 64  # edges in a run above which the tree is faster
OUTSIDE, UNCERTAIN, INSIDE = 0, 1, 2

Int32s = NDArray[np.int32]


class Found(NamedTuple):
    """One row per (fix, area) not ruled out by the grid; `run` is -1 where the cell is wholly inside."""

    fix: Ints
    area: Int32s
    run: Int32s


class Shapes(NamedTuple):
    """The areas and their outlines in metres, both prepared, for the exact tests."""

    areas: Areas
    outlines: NDArray[np.object_]


class Period(NamedTuple):
    """When each area is in force: [start, end)."""

    start: Ints
    end: Ints


def search(grid: Grid, period: Period, lon: Floats, lat: Floats, at_us: Ints) -> Found:
    """All (fix, area) pairs in force and not ruled out, by fix, then area."""
    chunks = [
        _search_chunk(grid, period, lon[s : s + CHUNK], lat[s : s + CHUNK], at_us[s : s + CHUNK], s)
        for s in range(0, len(lon), CHUNK)
    ]
    if len(chunks) == 1:
        return chunks[0]
    if not chunks:
        return Found(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))
    return Found(*(np.concatenate(column) for column in zip(*chunks, strict=True)))


def states(grid: Grid, shapes: Shapes, found: Found, lon: Floats, lat: Floats, accuracy_m: Floats) -> NDArray[np.uint8]:
    """OUTSIDE, UNCERTAIN or INSIDE of each found pair; accuracy not above the grid's reach."""
    state = np.full(len(found.fix), INSIDE, dtype=np.uint8)
    open_ = np.flatnonzero(found.run >= 0)
    if len(open_) == 0:
        return state
    fix, run, area = found.fix[open_], found.run[open_], found.area[open_]
    near = _near(grid, shapes, run, area, (lon[fix], lat[fix], accuracy_m[fix]))
    of_cell = grid.run_state[run]
    inside = of_cell == 1
    exact = np.flatnonzero((of_cell == CROSSED) & ~near)
    inside[exact] = cells.points_inside(lon[fix[exact]], lat[fix[exact]], area[exact], shapes.areas)
    state[open_] = np.where(near, UNCERTAIN, np.where(inside, INSIDE, OUTSIDE))
    return state


def _near(
    grid: Grid, shapes: Shapes, run: Int32s, area: Int32s, fixes: tuple[Floats, Floats, Floats]
) -> NDArray[np.bool_]:
    """Which pairs have an edge closer than the accuracy: few edges one by one, many by their tree."""
    lon, lat, accuracy_m = fixes
    near = np.zeros(len(run), dtype=bool)
    count = grid.run_start[run + 1] - grid.run_start[run]
    asked = accuracy_m > 0
    crowded = np.flatnonzero(asked & (count > CROWD))
    if len(crowded):
        near[crowded] = within_reach(
            shapes.outlines, grid.edges, area[crowded], lon[crowded], lat[crowded], accuracy_m[crowded]
        )
    few = np.flatnonzero(asked & (count <= CROWD))
    for start in range(0, len(few), CHUNK // 4):
        part = few[start : start + CHUNK // 4]
        near[part] = _least2(grid, run[part], lon[part], lat[part]) < accuracy_m[part] ** 2
    return near


def _least2(grid: Grid, run: Int32s, lon: Floats, lat: Floats) -> Floats:
    """Squared metres from each point to the nearest edge of its run."""
    first = grid.run_start[run]
    count = grid.run_start[run + 1] - first
    row, ends = np.repeat(np.arange(len(run)), count), np.cumsum(count)
    edge = np.arange(ends[-1]) + np.repeat(first - (ends - count), count)
    squared = distance2(grid.edges.metric[grid.run_edge[edge]], lon[row], lat[row])
    return np.asarray(np.minimum.reduceat(squared, ends - count))


def _search_chunk(grid: Grid, period: Period, lon: Floats, lat: Floats, at_us: Ints, offset: int) -> Found:
    x, y, away = _fine_cells(lon, lat)
    world = (y >> 10) * cells.PAGES_X + (x >> 10)
    node = grid.nodes[(grid.pages[world] << 12) | (((y >> 4) & 63) << 6) | ((x >> 4) & 63)]
    if away is not None:
        node[away] = 0
    fix, area, run = _candidates(grid, node, x, y)
    if len(grid.wide_area):
        fix, area, run = _with_wide(grid, world, away, fix, area, run)
    current = _in_force(period, area, fix, at_us)
    if current is not None:
        fix, area, run = fix[current], area[current], run[current]
    return Found(fix + offset, area, run)


def _fine_cells(lon: Floats, lat: Floats) -> tuple[Int32s, Int32s, NDArray[np.bool_] | None]:
    good = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    away = None
    if not good.all():
        away = ~good
        lon, lat = np.where(good, lon, 0.0), np.where(good, lat, 0.0)
    x = ((lon + 180.0) * cells.FINE).astype(np.int32)
    y = ((lat + 90.0) * cells.FINE).astype(np.int32)
    return np.minimum(x, cells.LAST_X), np.minimum(y, cells.LAST_Y), away


def _candidates(grid: Grid, node: Int32s, x: Int32s, y: Int32s) -> tuple[Ints, Int32s, Int32s]:
    fix = np.flatnonzero(node != 0)
    node = node[fix]
    sub = ((y[fix] & 15) << 4) | (x[fix] & 15)
    first = grid.node_start[node]
    count = grid.node_start[node + 1] - first
    if len(count) and count.max() > 1:
        fix, sub = np.repeat(fix, count), np.repeat(sub, count)
        ends = np.cumsum(count)
        first = np.arange(ends[-1]) + np.repeat(first - (ends - count), count)
    code = grid.codes[(grid.candidate_slot[first] << 8) | sub]
    kept = np.flatnonzero(code != OUT)
    return fix[kept], grid.candidate_area[first[kept]], np.maximum(code[kept] - FIRST_RUN, -1)


def _with_wide(
    grid: Grid, world: Int32s, away: NDArray[np.bool_] | None, fix: Ints, area: Int32s, run: Int32s
) -> tuple[Ints, Int32s, Int32s]:
    first = grid.wide_start[world]
    count = grid.wide_start[world + 1] - first
    if away is not None:
        count[away] = 0
    if not count.any():
        return fix, area, run
    more = np.repeat(np.arange(len(world)), count)
    entry = np.arange(len(more)) + np.repeat(first - (np.cumsum(count) - count), count)
    fix, area = np.concatenate((fix, more)), np.concatenate((area, grid.wide_area[entry]))
    run = np.concatenate((run, np.full(len(more), -1, dtype=np.int32)))
    order = np.lexsort((area, fix))
    return fix[order], area[order], run[order]


def _in_force(period: Period, area: Int32s, fix: Ints, at_us: Ints) -> NDArray[np.bool_] | None:
    """Which pairs are in force; None where all areas are in force all the time in question."""
    if len(fix) == 0 or (period.start.max() <= at_us.min() and at_us.max() < period.end.min()):
        return None
    at = at_us[fix]
    current: NDArray[np.bool_] = (period.start[area] <= at) & (at < period.end[area])
    return current
