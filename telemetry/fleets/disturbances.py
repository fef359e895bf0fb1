"""What happens to frames on the way: some are broken, sent twice, sent late, or lost.

For the demonstration of quarantine, gaps and re-issued data, and for tests: seeded, and what was done to how
many frames can be counted afterwards from the frames alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

import numpy as np

from telemetry.fleets.stream import SECOND_US, Emitted

_REPEAT_US = 5 * SECOND_US
_REAL_TIME, _REISSUED = 2, 3
_LATE, _REPEATED, _BROKEN = 1, 2, 3  # 0 lost, 4 nothing happens
_Waiting = tuple[int, int, Emitted]  # when, which came first, what


def disturb(
    emitted: Iterable[Emitted],
    seed: int,
    broken: float = 0.0,
    repeated: float = 0.0,
    late: float = 0.0,
    lost: float = 0.0,
    delay_s: int = 300,
) -> Iterator[Emitted]:
    """The same frames in the order of sending, these shares of them (which exclude each other) disturbed.

    A late frame of the `##` family becomes a re-issue (command 03); others are only late.
    """
    rng = np.random.default_rng(seed)
    fates = np.cumsum([lost, late, repeated, broken])
    waiting: list[_Waiting] = []  # what is sent later, soonest first
    for number, one in enumerate(emitted):
        while waiting and waiting[0][0] <= one.at_us:
            yield heappop(waiting)[2]
        fate = int(np.searchsorted(fates, rng.random(), side="right"))
        if fate == _LATE:
            again = one._replace(frame=reissued(one.frame), at_us=one.at_us + delay_s * SECOND_US)
            heappush(waiting, (again.at_us, number, again))
        elif fate == _REPEATED:
            again = one._replace(at_us=one.at_us + _REPEAT_US)
            heappush(waiting, (again.at_us, number, again))
        if fate > _LATE:
            yield one._replace(frame=_spoiled(one.frame, rng)) if fate == _BROKEN else one
    while waiting:
        yield heappop(waiting)[2]


def reissued(frame: bytes) -> bytes:
    """A real-time report as the re-issue of a stored one; other frames as they are."""
    if frame[:2] != b"##" or frame[2] != _REAL_TIME:
        return frame
    changed = _REAL_TIME ^ _REISSUED
    return frame[:2] + bytes([_REISSUED]) + frame[3:-1] + bytes([frame[-1] ^ changed])


def _spoiled(frame: bytes, rng: np.random.Generator) -> bytes:
    """One bit behind the start is wrong; a text, which has no check byte, is cut short."""
    place = int(rng.integers(2, len(frame) - 1))
    if frame[:1] in (b"{", b"["):
        return frame[:place]
    return frame[:place] + bytes([frame[place] ^ 1 << int(rng.integers(8))]) + frame[place + 1 :]
