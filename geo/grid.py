"""What makes `locate` fast: a paged grid whose cells know which areas cover them and which edges are near.

A page (one degree) exists only where an area is, so areas far apart cost nothing between them. A block
(1/64 degree) with anything in it is a *node* with a list of candidates: (area, slot). A slot is 16 x 16 fine
cells of one area: OUT, FULL, or 2 + the number of a *run*, the edges within reach of that cell. Slot 0 is
FULL everywhere. Pages wholly inside an area are kept apart (`wide`) and cost one entry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cells
from geo.edges import Areas, Edges, Ints, edges_of

OUT, FULL, FIRST_RUN = 0, 1, 2
CROSSED = 2  # state of a run's cell: an edge goes through it; else 0 outside, 1 inside
_HAIR_M = 0.01  # more than rounding of degrees can move a point
_SIDE, _SLOT = 16, 256
_PAGE_SIDE, _PAGE = 64, 4096

Int32s = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Grid:
    """The finished tables; areas are numbered as given to `build_grid`."""

    pages: Int32s  # page of the world -> page number; 0 is the empty page
    nodes: Int32s  # page number * 4096 + block in page -> node; 0 is none
    node_start: Int32s
    candidate_area: Int32s
    candidate_slot: Int32s
    codes: Int32s  # slot * 256 + fine cell in block
    run_start: Int32s
    run_edge: Int32s
    run_state: NDArray[np.uint8]
    wide_start: Int32s  # page of the world -> areas that cover all of it
    wide_area: Int32s
    edges: Edges

    @property
    def nbytes(self) -> int:
        """Bytes of all tables."""
        tables = (
            self.pages,
            self.nodes,
            self.node_start,
            self.candidate_area,
            self.candidate_slot,
            self.codes,
        )
        more = (
            self.run_start,
            self.run_edge,
            self.run_state,
            self.wide_start,
            self.wide_area,
            self.edges.metric,
        )
        return sum(t.nbytes for t in (*tables, *more))


@dataclass(frozen=True, slots=True)
class _Slots:
    """Slot s + 1 is block (x, y) of area `owner`; the runs in all slots, in order."""

    x: Ints
    y: Ints
    owner: Ints
    codes: Int32s
    run_start: Int32s
    run_edge: Int32s
    run_state: NDArray[np.uint8]


def build_grid(areas: Areas, reach_m: float) -> Grid:
    """The grid of these areas; edges within `reach_m` metres of a cell are in that cell's run."""
    edges = edges_of(areas)
    slots = _slots(edges, reach_m, areas)
    full_x, full_y, full_owner = _full_blocks(slots, areas)
    wide_start, wide_area = _wide_pages(slots, areas)
    pages, nodes, node_start, area, slot = _nodes(slots, full_x, full_y, full_owner, len(areas))
    return Grid(
        pages, nodes, node_start, area, slot, slots.codes, slots.run_start, slots.run_edge, slots.run_state,
        wide_start, wide_area, edges,
    )  # fmt: skip


def _slots(edges: Edges, reach_m: float, areas: Areas) -> _Slots:
    touch = cells.touched_cells(edges, cells.reach_of(edges, reach_m + _HAIR_M))
    owner = edges.owner[touch.edge]
    block_x, block_y = touch.x >> 4, touch.y >> 4
    block = (block_y * (cells.PAGES_X << cells.BLOCK_BITS) + block_x) * max(len(areas), 1) + owner
    sub = ((touch.y & 15) << 4) | (touch.x & 15)
    key = block * _SLOT + sub
    order = np.argsort(key, kind="stable")
    key, block = key[order], block[order]
    run_first, slot_first = _firsts(key), _firsts(block)
    slot_of_run = np.cumsum(np.isin(run_first, slot_first, assume_unique=True)) - 1
    x, y, slot_owner = (column[order][slot_first] for column in (block_x, block_y, owner))
    crossed = _crossed(edges, cells.Touch(*(column[order] for column in touch)), run_first)
    codes, state = _codes(slot_of_run, sub[order][run_first], crossed, (x, y, slot_owner), areas)
    run_start = np.append(run_first, len(key)).astype(np.int32)
    return _Slots(x, y, slot_owner, codes, run_start, touch.edge[order].astype(np.int32), state)


def _firsts(ordered: Ints) -> Ints:
    if len(ordered) == 0:
        return np.zeros(0, dtype=np.int64)
    return np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))


def _crossed(edges: Edges, touch: cells.Touch, run_first: Ints) -> NDArray[np.bool_]:
    through = cells.is_touched(edges, cells.reach_of(edges, _HAIR_M), touch, cells.FINE_BITS)
    if len(run_first) == 0:
        return np.zeros(0, dtype=bool)
    return np.logical_or.reduceat(through, run_first)


def _codes(
    slot_of_run: Ints,
    sub: Ints,
    crossed: NDArray[np.bool_],
    slots: tuple[Ints, Ints, Ints],
    areas: Areas,
) -> tuple[Int32s, NDArray[np.uint8]]:
    x, y, owner = slots
    place = slot_of_run * _SLOT + sub
    touched = np.zeros(len(x) * _SLOT, dtype=bool)
    touched[place[crossed]] = True
    squares = touched.reshape(-1, _SIDE, _SIDE)
    inside = cells.inside_squares(squares, (x << 4, y << 4), cells.FINE_BITS, owner, areas).reshape(-1)
    codes = np.full(len(touched) + _SLOT, FULL, dtype=np.int32)
    codes[_SLOT:] = inside
    codes[_SLOT + place] = np.arange(len(place)) + FIRST_RUN
    state = np.where(crossed, CROSSED, inside[place]).astype(np.uint8)
    return codes, state


def _full_blocks(slots: _Slots, areas: Areas) -> tuple[Ints, Ints, Ints]:
    """Blocks without an edge, wholly inside an area, in pages where that area has an edge."""
    page = ((slots.y >> 6) * cells.PAGES_X + (slots.x >> 6)) * max(len(areas), 1) + slots.owner
    pairs, first, square = np.unique(page, return_index=True, return_inverse=True)
    touched = np.zeros((len(pairs), _PAGE_SIDE, _PAGE_SIDE), dtype=bool)
    touched[square, slots.y & 63, slots.x & 63] = True
    first_x, first_y = (slots.x[first] >> 6) << 6, (slots.y[first] >> 6) << 6
    owner = slots.owner[first]
    inside = cells.inside_squares(touched, (first_x, first_y), cells.BLOCK_BITS, owner, areas)
    pair, row, column = np.nonzero(inside)
    return first_x[pair] + column, first_y[pair] + row, owner[pair]


def _wide_pages(slots: _Slots, areas: Areas) -> tuple[Int32s, Int32s]:
    """Pages without an edge of an area that lie wholly inside it."""
    number = np.flatnonzero(~shapely.is_empty(areas))
    row, x, y = cells.bounds_cells(shapely.bounds(areas[number]).reshape(-1, 4), 0)
    owner = number[row]
    page, edged = y * cells.PAGES_X + x, (slots.y >> 6) * cells.PAGES_X + (slots.x >> 6)
    free = ~np.isin(page * len(areas) + owner, edged * len(areas) + slots.owner)
    x, y, owner, page = x[free], y[free], owner[free], page[free]
    inside = cells.centres_inside(x, y, 0, owner, areas)
    page, owner = page[inside], owner[inside]
    order = np.lexsort((owner, page))
    count = np.bincount(page, minlength=cells.PAGES_X * cells.PAGES_Y)
    return np.concatenate(([0], np.cumsum(count))).astype(np.int32), owner[order].astype(np.int32)


def _nodes(
    slots: _Slots, full_x: Ints, full_y: Ints, full_owner: Ints, area_count: int
) -> tuple[Int32s, Int32s, Int32s, Int32s, Int32s]:
    x, y = np.concatenate((slots.x, full_x)), np.concatenate((slots.y, full_y))
    owner = np.concatenate((slots.owner, full_owner))
    slot = np.concatenate((np.arange(1, len(slots.x) + 1), np.zeros(len(full_x), dtype=np.int64)))
    block = y * (cells.PAGES_X << cells.BLOCK_BITS) + x
    order = np.argsort(block * max(area_count, 1) + owner, kind="stable")
    first = _firsts(block[order])
    node_x, node_y = x[order][first], y[order][first]
    page = (node_y >> 6) * cells.PAGES_X + (node_x >> 6)
    used, page_number = np.unique(page, return_inverse=True)
    pages = np.zeros(cells.PAGES_X * cells.PAGES_Y, dtype=np.int32)
    pages[used] = np.arange(1, len(used) + 1)
    nodes = np.zeros((len(used) + 1) * _PAGE, dtype=np.int32)
    nodes[((page_number + 1) << 12) | ((node_y & 63) << 6) | (node_x & 63)] = np.arange(1, len(first) + 1)
    start = np.concatenate(([0], first, [len(order)])).astype(np.int32)
    return pages, nodes, start, owner[order].astype(np.int32), slot[order].astype(np.int32)
