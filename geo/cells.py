"""The fixed world grid: which cells an edge touches, and which untouched cells lie inside.

One frame for all: `FINE` cells to the degree, counted from 180 W, 90 S. Sixteen by sixteen fine cells make a
*block* (1/64 degree), 64 x 64 blocks a *page* (one degree). All three numbers of a point come from one
multiplication and shifts, so levels can never disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.edges import Areas, Edges, Floats, Ints

FINE_BITS, BLOCK_BITS = 10, 6  # log2 of the cells per degree
FINE = float(1 << FINE_BITS)
PAGES_X, PAGES_Y = 360, 180
LAST_X, LAST_Y = (PAGES_X << FINE_BITS) - 1, (PAGES_Y << FINE_BITS) - 1
_STEPS = (3, BLOCK_BITS, 8, FINE_BITS)


class Touch(NamedTuple):
    """Edge number and the cell (x, y) it touches, one row a pair."""

    edge: Ints
    x: Ints
    y: Ints


@dataclass(frozen=True, slots=True)
class Reach:
    """How far around an edge a cell still counts as touched, in degrees, one value per edge."""

    x: Floats
    y: Floats


def reach_of(edges: Edges, metres: float) -> Reach:
    """The reach of `metres` around each edge by its zone's scale."""
    return Reach(metres / edges.scale_x[edges.owner], metres / edges.scale_y[edges.owner])


def touched_cells(edges: Edges, reach: Reach) -> Touch:
    """Every fine cell that comes within reach of an edge: coarse cells first, only touched ones are split."""
    every = np.arange(len(edges.owner), dtype=np.int64)
    touch = _keep(edges, reach, _expand(every, _span(edges, reach, every, 0)), 0)
    before = 0
    for bits in _STEPS:
        touch = _keep(edges, reach, _split(edges, reach, touch, before, bits), bits)
        before = bits
    return touch


def is_touched(edges: Edges, reach: Reach, touch: Touch, bits: int) -> NDArray[np.bool_]:
    """Does the edge come within reach of the cell (its box widened by the reach)?"""
    size = 1.0 / (1 << bits)
    off_x = (touch.x + 0.5) * size - 180.0 - edges.ax[touch.edge]
    off_y = (touch.y + 0.5) * size - 90.0 - edges.ay[touch.edge]
    half_x, half_y = size / 2 + reach.x[touch.edge], size / 2 + reach.y[touch.edge]
    dx, dy = edges.dx[touch.edge], edges.dy[touch.edge]
    beside = np.abs(off_y * dx - off_x * dy) <= np.abs(dy) * half_x + np.abs(dx) * half_y
    in_x = np.abs(off_x - dx / 2) <= half_x + np.abs(dx) / 2
    in_y = np.abs(off_y - dy / 2) <= half_y + np.abs(dy) / 2
    return beside & in_x & in_y


def _keep(edges: Edges, reach: Reach, touch: Touch, bits: int) -> Touch:
    kept = is_touched(edges, reach, touch, bits)
    return Touch(touch.edge[kept], touch.x[kept], touch.y[kept])


def _split(edges: Edges, reach: Reach, touch: Touch, before: int, bits: int) -> Touch:
    low_x, high_x, low_y, high_y = _span(edges, reach, touch.edge, bits)
    shift = bits - before
    last = (1 << shift) - 1
    first_x, first_y = touch.x << shift, touch.y << shift
    span = (
        np.maximum(low_x, first_x),
        np.minimum(high_x, first_x + last),
        np.maximum(low_y, first_y),
        np.minimum(high_y, first_y + last),
    )
    return _expand(touch.edge, span)


def _span(edges: Edges, reach: Reach, edge: Ints, bits: int) -> tuple[Ints, Ints, Ints, Ints]:
    return (
        *_axis(edges.ax[edge], edges.dx[edge], reach.x[edge], bits, 180),
        *_axis(edges.ay[edge], edges.dy[edge], reach.y[edge], bits, 90),
    )


def _axis(start: Floats, step: Floats, reach: Floats, bits: int, half: int) -> tuple[Ints, Ints]:
    scale = float(1 << bits)
    last = (2 * half << bits) - 1
    low = np.floor((start + np.minimum(step, 0.0) - reach + half) * scale)
    high = np.floor((start + np.maximum(step, 0.0) + reach + half) * scale)
    return np.clip(low, 0, last).astype(np.int64), np.clip(high, 0, last).astype(np.int64)


def _expand(edge: Ints, span: tuple[Ints, Ints, Ints, Ints]) -> Touch:
    low_x, high_x, low_y, high_y = span
    width = np.maximum(high_x - low_x + 1, 0)
    count = width * np.maximum(high_y - low_y + 1, 0)
    row = np.repeat(np.arange(len(edge)), count)
    rank = np.arange(len(row)) - (np.cumsum(count) - count)[row]
    down, across = np.divmod(rank, width[row])
    return Touch(edge[row], low_x[row] + across, low_y[row] + down)


def bounds_cells(bounds: Floats, bits: int) -> tuple[Ints, Ints, Ints]:
    """Row number and cell (x, y) of every cell under each of the boxes."""
    width, height = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
    none = np.zeros(len(bounds))
    span = (*_axis(bounds[:, 0], width, none, bits, 180), *_axis(bounds[:, 1], height, none, bits, 90))
    return _expand(np.arange(len(bounds), dtype=np.int64), span)


def inside_squares(
    touched: NDArray[np.bool_],
    first: tuple[Ints, Ints],
    bits: int,
    owner: Ints,
    areas: Areas,
) -> NDArray[np.bool_]:
    """For squares of cells (k, n, n): which untouched cells lie in the area of the square's owner.

    No edge lies between untouched neighbours, so one test at the start of each run in a row is enough.
    """
    starts = ~touched
    starts[:, :, 1:] &= touched[:, :, :-1]
    square, row, column = np.nonzero(starts)
    x, y = first[0][square] + column, first[1][square] + row
    found = np.zeros(touched.shape, dtype=bool)
    found[square, row, column] = centres_inside(x, y, bits, owner[square], areas)
    source = np.where(starts, np.arange(touched.shape[2], dtype=np.uint8), np.uint8(0))
    np.maximum.accumulate(source, axis=2, out=source)
    inside: NDArray[np.bool_] = np.take_along_axis(found, source, axis=2) & ~touched
    return inside


def centres_inside(x: Ints, y: Ints, bits: int, owner: Ints, areas: Areas) -> NDArray[np.bool_]:
    """Is the centre of cell i in the area of owner i?"""
    size = 1.0 / (1 << bits)
    lon = np.asarray((x + 0.5) * size - 180.0, dtype=np.float64)
    lat = np.asarray((y + 0.5) * size - 90.0, dtype=np.float64)
    return points_inside(lon, lat, owner, areas)


def points_inside(lon: Floats, lat: Floats, owner: NDArray[np.signedinteger], areas: Areas) -> NDArray[np.bool_]:
    """Is point i in or on the area of owner i? The exact test."""
    return np.asarray(shapely.intersects_xy(areas[owner], lon, lat), dtype=bool)
