"""Which frames of a matrix another layout might consume exactly: a quick, cautious look.

True means that the codec has to look; False is certain. Most frames fail within a record or two, because
a byte of a quantity is no information type, a length runs over the end, or a date does not exist.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.protocols.annexq.envelope import DATA_AT
from telemetry.protocols.annexq.layouts import (
    SIGNATURE_PART,
    SIGNATURE_SIZE,
    Bodies,
    Counted,
    Shape,
    word_prefixed,
)
from telemetry.timestamps import ZERO_OR_DATE, read_times

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
STEPS = 3
UNKNOWN, SIZED, WORD, COUNT, OPEN = range(5)  # how the size of a body follows from its type
PROBE = bytes(512)


class Sizes(NamedTuple):
    """For each type byte: how its size is found, the size or the least size, and where a count stands."""

    how: NDArray[np.uint8]
    least: NDArray[np.int64]
    counts: dict[int, Counted]


def sizes_of(bodies: Bodies) -> Sizes:
    """What is known of the sizes of a table of bodies."""
    how, least = np.zeros(256, dtype=np.uint8), np.zeros(256, dtype=np.int64)
    counts: dict[int, Counted] = {}
    for code, kind in bodies.items():
        always = kind.sizes(b"", 0, 0)
        if len(always) == 1:
            how[code], least[code] = SIZED, always[0]
        elif kind.sizes is word_prefixed:
            how[code], least[code] = WORD, 2
        elif isinstance(kind.sizes, Counted):
            how[code], least[code] = COUNT, kind.sizes.fixed_size
            counts[code] = kind.sizes
        else:
            how[code], least[code] = OPEN, min(kind.sizes(PROBE, 0, len(PROBE)))
    return Sizes(how, least, counts)


def may_fit(frames: Bytes, shape: Shape, sizes: Sizes) -> NDArray[np.bool_]:
    """Per frame, whether the shape might consume its data unit."""
    end = frames.shape[1] - 1
    result = np.zeros(len(frames), dtype=bool)
    rows = np.arange(len(frames))
    at = np.full(len(frames), DATA_AT + shape.head)
    for _ in range(STEPS):
        rows, at = _before(end, rows, at)
        if not len(rows):
            return result
        rows, behind, undecided = _next_record(frames, shape, sizes, rows, at)
        undecided |= (behind == end) | _before_signature(frames, shape, rows, behind)
        result[rows[undecided]] = True
        rows, at = rows[~undecided], behind[~undecided]
    rows, _ = _before(end, rows, at)
    result[rows] = True
    return result


def _before(end: int, rows: Places, at: Places) -> tuple[Places, Places]:
    inside = at < end
    return rows[inside], at[inside]


def _next_record(
    frames: Bytes, shape: Shape, sizes: Sizes, rows: Places, at: Places
) -> tuple[Places, Places, NDArray[np.bool_]]:
    """The rows where a record may begin at `at`, the place behind it, and where that is not certain."""
    code = frames[rows, at]
    body_at = at + shape.prefix
    possible = (sizes.how[code] != UNKNOWN) & (body_at + sizes.least[code] <= frames.shape[1] - 1)
    rows, body_at, code = rows[possible], body_at[possible], code[possible]
    if shape.record_time and len(rows):
        dates = frames[rows[:, None], body_at[:, None] + np.arange(-6, 0)]
        dated = read_times(dates)[1] <= ZERO_OR_DATE
        rows, body_at, code = rows[dated], body_at[dated], code[dated]
    behind = body_at + sizes.least[code] + _variable(frames, sizes, rows, body_at, code)
    return rows, behind, sizes.how[code] == OPEN


def _variable(frames: Bytes, sizes: Sizes, rows: Places, body_at: Places, code: NDArray[np.uint8]) -> NDArray[np.int64]:
    """What a length word or a count adds to the least size."""
    added = np.zeros(len(rows), dtype=np.int64)
    word = sizes.how[code] == WORD
    if word.any():
        place = body_at[word]
        added[word] = frames[rows[word], place].astype(np.int64) << 8 | frames[rows[word], place + 1]
    for counted_code, counted in sizes.counts.items():
        here = code == counted_code
        count = frames[rows[here], body_at[here] + counted.count_at].astype(np.int64)
        added[here] = counted.each * np.where(count >= counted.none_from, 0, count)
    return added


def _before_signature(frames: Bytes, shape: Shape, rows: Places, at: Places) -> NDArray[np.bool_]:
    """Where a signature may follow at `at`."""
    end = frames.shape[1] - 1
    room = at + SIGNATURE_SIZE
    follows: NDArray[np.bool_] = np.zeros(len(rows), dtype=bool)
    if shape.trailing_signature:
        follows |= room == end
    if shape.record_signature:
        follows |= (room <= end) & (frames[rows, np.minimum(at, end)] == SIGNATURE_PART)
    return follows
