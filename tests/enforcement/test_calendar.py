"""Working days, with make-up days and overrides."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.rules.calendar import Calendar, DayKind, add_working_days, calendar_doubt, working_days_between

CASES = "calendar.yaml"
CALENDAR = Calendar()


def test_working_days(case):
    assert add_working_days(CALENDAR, case["start"], case["days"]) == case["end"]
    assert working_days_between(CALENDAR, case["start"], case["end"]) == case["days"]


def test_kind(case):
    assert CALENDAR.kind(case["day"]) == case["kind"]


@given(st.dates(date(2019, 1, 1), date(2026, 12, 1)), st.integers(0, 40))
def test_adding_and_counting_agree(start, days):
    assert working_days_between(CALENDAR, start, add_working_days(CALENDAR, start, days)) == days


def test_a_year_that_is_not_announced_is_said_to_be():
    assert calendar_doubt(CALENDAR, date(2026, 1, 1), date(2026, 12, 31)) is None
    far = date(2090, 1, 1)
    assert "2090" in calendar_doubt(CALENDAR, far, far).en
    assert calendar_doubt(Calendar({far: DayKind.HOLIDAY}), far, far) is None


def test_days_do_not_run_back():
    with pytest.raises(ValueError, match="negative"):
        add_working_days(CALENDAR, date(2026, 1, 1), -1)
