"""Columns of six-byte times (year-2000, month, day, hour, minute, second; GMT+8) to microseconds, UTC."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

SECOND_US = 1_000_000
CHINA_OFFSET_S = 8 * 3600
DATE, ZERO, IMPOSSIBLE = 0, 1, 2
ZERO_OR_DATE = ZERO


def _months() -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """For year * 16 + month: seconds since 1970 of the month's first moment, and its days (0: none)."""
    start_s = np.zeros(256 * 16, dtype=np.int64)
    days = np.zeros(256 * 16, dtype=np.uint8)
    for year in range(100):
        for month in range(1, 13):
            first = datetime(2000 + year, month, 1, tzinfo=UTC)
            start_s[year * 16 + month] = int(first.timestamp()) - CHINA_OFFSET_S
            days[year * 16 + month] = monthrange(2000 + year, month)[1]
    return start_s, days


MONTH_START_S, MONTH_DAYS = _months()


def read_times(raw: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Microseconds (0 unless a date), and DATE, ZERO (six zero bytes: unknown) or IMPOSSIBLE."""
    year, month, day, hour, minute, second = (np.ascontiguousarray(raw[:, i]) for i in range(6))
    slot = (year.astype(np.intp) << 4) | np.minimum(month, 15)
    possible = (day - 1).astype(np.uint8) < MONTH_DAYS[slot]  # day 0 wraps to 255
    possible &= (hour < 24) & (minute < 60) & (second < 60)
    seconds = day.astype(np.int32) * 86_400 + hour.astype(np.int32) * 3600
    seconds += minute.astype(np.int32) * 60 + second - 86_400
    at_us = np.where(possible, (MONTH_START_S[slot] + seconds) * SECOND_US, 0)
    state = np.where(possible, DATE, IMPOSSIBLE).astype(np.uint8)
    if not possible.all():
        zero = ~possible & ((year | month | day | hour | minute | second) == 0)
        state[zero] = ZERO
    return at_us, state
