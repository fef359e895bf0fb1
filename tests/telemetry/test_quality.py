"""A flag per row at, below and above each limit; never a row fewer."""

import numpy as np

from telemetry.protocols.flags import Flag, PacketFlag
from telemetry.quality import Limits, mark
from telemetry.samples import empty_columns

NOON_US = 1_787_000_000_000_000  # in August 2026
SECOND_US = 1_000_000


def rows(n: int, **given: object) -> dict[str, np.ndarray]:
    """Good rows around Chaoyang, one packet each, a second apart."""
    columns = empty_columns(n)
    columns["packet"][:] = np.arange(n)
    columns["at_us"][:] = NOON_US + SECOND_US * np.arange(n)
    columns["lon"][:], columns["lat"][:], columns["fix_valid"][:] = 120.45, 41.57, True
    for name, values in given.items():
        columns[name][:] = values
    return columns


def flags_of(columns: dict[str, np.ndarray], received_us: object = None, sent: object = 0, **more: object) -> list:
    received = np.asarray(columns["at_us"] if received_us is None else received_us, dtype=np.int64)
    flags = mark(columns, received, np.asarray(sent, dtype=np.uint32), **more)
    assert len(flags) == len(columns["lon"])
    assert flags.dtype == np.uint32
    return [Flag(int(flag)) for flag in flags]


def test_good_rows_have_no_flag() -> None:
    assert flags_of(rows(3), device=np.array([7, 7, 7])) == [Flag(0)] * 3


def test_no_rows() -> None:
    assert flags_of(rows(0), np.zeros(0), np.zeros(0), device=np.zeros(0)) == []


def test_what_the_decoder_said_stays() -> None:
    assert flags_of(rows(1, flags=int(Flag.SENTINEL)), 0) == [Flag.SENTINEL | Flag.TIME_FUTURE]


def test_a_clock_up_to_five_minutes_ahead_is_accepted() -> None:
    columns = rows(2, at_us=[NOON_US + 300 * SECOND_US, NOON_US + 300 * SECOND_US + 1])
    assert flags_of(columns, [NOON_US, NOON_US]) == [Flag(0), Flag.TIME_FUTURE]


def test_live_reports_are_late_after_a_minute_and_reissued_ones_never() -> None:
    columns = rows(3, at_us=NOON_US)
    received = NOON_US + np.array([60 * SECOND_US, 60 * SECOND_US + 1, 86_400 * SECOND_US])
    assert flags_of(columns, received, [0, 0, int(PacketFlag.REISSUED)]) == [Flag(0), Flag.LATE, Flag(0)]


def test_unknown_and_implausible_times() -> None:
    earliest = Limits().earliest_us
    columns = rows(3, at_us=[0, earliest - 1, earliest])
    assert flags_of(columns) == [Flag.TIME_UNKNOWN, Flag.TIME_IMPLAUSIBLE, Flag(0)]


def test_places() -> None:
    columns = rows(6, lon=[0, 73, 135.001, 41.57, np.nan, 120], lat=[0, 54, 40, 120.45, np.nan, 2.9])
    assert flags_of(columns) == [
        Flag.COORD_ZERO | Flag.COORD_OUTSIDE_CHINA,
        Flag(0),
        Flag.COORD_OUTSIDE_CHINA,
        Flag.COORD_OUTSIDE_CHINA | Flag.COORD_SWAPPED,
        Flag(0),
        Flag.COORD_OUTSIDE_CHINA,
    ]


def test_a_jump_is_judged_per_device_and_in_order_of_time() -> None:
    # 0.001 degree of latitude is 111.2 m: 400 km/h in a second, 100 km/h in four
    at_us = NOON_US + SECOND_US * np.array([4, 0, 1, 5, 2])
    columns = rows(5, at_us=at_us, lat=[41.571, 41.570, 41.500, 41.572, 41.500])
    device = np.array(["a", "a", "b", "a", "b"])
    assert flags_of(columns, device=device) == [Flag(0), Flag(0), Flag(0), Flag.JUMP, Flag(0)]


def test_rows_without_fix_or_time_do_not_jump() -> None:
    columns = rows(3, lat=[41.5, 30.0, 41.5])
    columns["fix_valid"][1] = False
    assert flags_of(columns, device=np.zeros(3)) == [Flag(0)] * 3


def test_one_receipt_for_all() -> None:
    columns = rows(2, at_us=NOON_US)
    assert flags_of(columns, NOON_US + 61 * SECOND_US) == [Flag.LATE, Flag.LATE]
