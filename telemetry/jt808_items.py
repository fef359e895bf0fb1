"""Additional items of many location reports at once, and the emission lists inside EA and EC.

All reports step from item to item together, so the work grows with the longest report and not with their
number. What the codec would read differently from one pass over one list is left to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.protocols.flags import PacketFlag
from telemetry.protocols.jt808 import fields
from telemetry.protocols.jt808.emission import KNOWN

Bytes = NDArray[np.uint8]
Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST_STEPS = 80
MILEAGE, SATELLITES = 0x01, 0x31
SUB_IDS = np.array(sorted(KNOWN), dtype=np.int64)
_SUB_LENGTHS = np.array([KNOWN[sub_id][0] for sub_id in SUB_IDS.tolist()], dtype=np.int64)
_WORD_BYTES = 5  # the widest number in a list


def _lengths_allowed() -> Bools:
    """For id and length: whether the standard's table has nothing against it."""
    allowed = np.ones((256, 256), dtype=bool)
    for item_id, known in fields.ITEMS.items():
        if known.lengths and item_id not in fields.LENGTH_DISPUTED:
            allowed[item_id] = False
            allowed[item_id, list(known.lengths)] = True
    return allowed


_ALLOWED = _lengths_allowed()


@dataclass(frozen=True, slots=True)
class Items:
    """What was found, a row a report; `raw` has a column per emission sub-id in the order of SUB_IDS."""

    mileage: NDArray[np.float64]  # raw, NaN where absent
    satellites: NDArray[np.float64]
    raw: NDArray[np.int64]  # -1 absent
    packet_flags: NDArray[np.uint32]
    unclear: Bools  # left to the codec

    def of(self, chosen: Bools) -> Items:
        """The chosen rows only."""
        return Items(
            self.mileage[chosen],
            self.satellites[chosen],
            self.raw[chosen],
            self.packet_flags[chosen],
            self.unclear[chosen],
        )


@dataclass(slots=True)
class _Spans:
    """Where the one list of each report begins and ends (in the row), 0 and 0 where there is none."""

    start: Rows
    end: Rows

    @classmethod
    def none(cls, n: int) -> _Spans:
        return cls(np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64))


def read_items(matrix: Bytes, start: Rows, end: Rows) -> Items:
    """The items between `start` and `end` of each row; behind `end` the matrix has room for a few bytes."""
    n = len(matrix)
    found = Items(
        np.full(n, np.nan),
        np.full(n, np.nan),
        np.full((n, len(SUB_IDS)), -1, dtype=np.int64),
        np.zeros(n, dtype=np.uint32),
        np.zeros(n, dtype=bool),
    )
    lists = {list_id: _Spans.none(n) for list_id in sorted(fields.LISTS)}
    _walk(matrix, start, end, found, lists)
    rests = np.zeros(n, dtype=bool)
    for list_id in (fields.FLOW_LIST, fields.EMISSION_LIST):
        rests |= _walk_list(matrix, lists[list_id], found)
    overrun = rests & (found.raw >= 0).any(axis=1)
    found.packet_flags[overrun] |= np.uint32(PacketFlag.TLV_DAMAGED)
    return found


def _walk(matrix: Bytes, start: Rows, end: Rows, found: Items, lists: dict[int, _Spans]) -> None:
    rows, at = np.arange(len(matrix)), start.copy()
    for _ in range(MOST_STEPS):
        going = at < end[rows]
        rows, at = rows[going], at[going]
        if not len(rows):
            return
        item_id, length = matrix[rows, at], matrix[rows, at + 1].astype(np.int64)
        behind = at + 2 + length
        left = end[rows] - at
        stops = (left < 2) | (behind > end[rows])
        found.packet_flags[rows[stops & (left == 1)]] |= np.uint32(PacketFlag.TRAILING_BYTES)
        found.packet_flags[rows[stops & (left > 1)]] |= np.uint32(PacketFlag.TLV_DAMAGED)
        whole = ~stops
        rows, at, behind = rows[whole], at[whole], behind[whole]
        item_id, length = item_id[whole], length[whole]
        odd = ~_ALLOWED[item_id, length]
        found.packet_flags[rows[odd]] |= np.uint32(PacketFlag.TLV_DAMAGED)
        _take(matrix, rows, at + 2, item_id, length, found, lists)
        at = behind
    found.unclear[rows] = True


def _take(
    matrix: Bytes, rows: Rows, at: Rows, item_id: Bytes, length: Rows, found: Items, lists: dict[int, _Spans]
) -> None:
    mileage = (item_id == MILEAGE) & (length == 4)
    if mileage.any():
        found.mileage[rows[mileage]] = _numbers(matrix, rows[mileage], at[mileage], length[mileage])
    satellites = (item_id == SATELLITES) & (length == 1)
    if satellites.any():
        found.satellites[rows[satellites]] = matrix[rows[satellites], at[satellites]]
    for list_id, spans in lists.items():
        here = item_id == list_id
        if here.any():
            found.unclear[rows[here & (spans.end[rows] > 0)]] = True  # a list in two items
            spans.start[rows[here]] = at[here]
            spans.end[rows[here]] = at[here] + length[here]


def _walk_list(matrix: Bytes, spans: _Spans, found: Items) -> Bools:
    """Read one list of each report; true where something is left over behind the last whole sub-item."""
    rests = np.zeros(len(matrix), dtype=bool)
    rows = np.flatnonzero(spans.end > spans.start)
    at = spans.start[rows]
    while len(rows):
        head = matrix[rows[:, None], at[:, None] + np.arange(3)].astype(np.int64)
        behind = at + 3 + head[:, 2]
        end = spans.end[rows]
        stops = (at + 3 > end) | (behind > end)
        rests[rows[stops]] = True
        whole = ~stops
        rows, at, head, behind, end = (part[whole] for part in (rows, at, head, behind, end))
        _take_sub(matrix, rows, at + 3, head[:, 0] << 8 | head[:, 1], head[:, 2], found)
        more = behind < end
        rows, at = rows[more], behind[more]
    return rests


def _take_sub(matrix: Bytes, rows: Rows, at: Rows, sub_id: Rows, length: Rows, found: Items) -> None:
    place = np.minimum(np.searchsorted(SUB_IDS, sub_id), len(SUB_IDS) - 1)
    known = (SUB_IDS[place] == sub_id) & (_SUB_LENGTHS[place] == length)
    if known.any():
        rows, at, place, length = rows[known], at[known], place[known], length[known]
        found.raw[rows, place] = _numbers(matrix, rows, at, length)


def _numbers(matrix: Bytes, rows: Rows, at: Rows, length: Rows) -> NDArray[np.int64]:
    """Whole numbers of one to five bytes; of a longer value the first five, to say that it is there."""
    width = np.minimum(length, _WORD_BYTES)
    octets = matrix[rows[:, None], at[:, None] + np.arange(_WORD_BYTES)].astype(np.int64)
    whole = np.zeros(len(rows), dtype=np.int64)
    for place in range(_WORD_BYTES):
        whole = np.where(place < width, whole << 8 | octets[:, place], whole)
    return whole
