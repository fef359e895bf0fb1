"""When a check took place, by a clock that may be wrong: all offsets count, and a doubt is told."""

from datetime import UTC, datetime, timedelta

import pytest

from server.flows.device_clocks import Offsets, doubts, settle

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
TRUE = NOW - timedelta(hours=5)  # when the check really was
ENROLLED = NOW - timedelta(days=40)
WITHIN = timedelta(seconds=120)
DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)


def found(off_at_check: timedelta, known: timedelta | None, off_at_send: timedelta) -> tuple[datetime, list[str]]:
    """The time that a check gets and its doubts; `off_*`: how far the device's clock is behind ours."""
    device_at = TRUE - off_at_check
    known_ms = None if known is None else known // MS
    offsets = settle(device_at, known_ms, NOW - off_at_send, NOW, ENROLLED, WITHIN)
    assert device_at + offsets.used_ms * MS <= NOW
    return device_at + offsets.used_ms * MS, [one.code for one in doubts(offsets, WITHIN)]


NONE = timedelta(0)


@pytest.mark.parametrize("off", [NONE, DAY, -DAY, timedelta(seconds=100), -timedelta(days=3650), timedelta(days=20000)])
def test_a_clock_that_stayed_wrong_gives_the_right_time(off: timedelta) -> None:
    assert found(off, off, off) == (TRUE, [])


def test_a_drift_below_the_tolerance_keeps_what_the_device_knew() -> None:
    assert found(DAY, DAY, DAY + timedelta(seconds=119)) == (TRUE, [])


def test_a_device_that_never_compared_its_clock_is_corrected_at_sending() -> None:
    assert found(NONE, None, NONE) == (TRUE, [])
    assert found(DAY, None, DAY) == (TRUE, ["clock_unknown"])


def test_a_clock_set_wrong_before_the_check_is_corrected_by_what_is_measured_now() -> None:
    """It knew itself to be right, was set back a day, and is a day behind while it sends."""
    assert found(DAY, NONE, DAY) == (TRUE, ["clock_changed"])


def test_a_clock_put_right_after_the_check_leaves_a_doubt() -> None:
    at, why = found(DAY, DAY, NONE)
    assert (at, why) == (TRUE - DAY, ["clock_changed"])


def test_an_offset_that_puts_the_check_after_its_arrival_cannot_be_the_right_one() -> None:
    assert found(-DAY, -DAY, NONE) == (TRUE, ["clock_changed"])


def test_a_few_seconds_into_the_future_are_cut_off() -> None:
    offsets = settle(NOW, 90_000, NOW, NOW, ENROLLED, WITHIN)
    assert offsets == Offsets(90_000, 0, 0)
    assert doubts(offsets, WITHIN) == ()


def test_a_clock_that_lost_its_battery_gives_the_time_of_arrival() -> None:
    """The network put it right before it sent: both offsets are small and the time is years away."""
    years = timedelta(days=4000)
    assert found(years, NONE, NONE) == (NOW, ["clock_impossible"])
    assert found(-years, NONE, NONE) == (NOW, ["clock_impossible"])
    assert found(years, None, NONE) == (NOW, ["clock_impossible"])
