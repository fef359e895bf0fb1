"""Clocks of cases: days, pauses, extensions, reminders (section 11, cases 11 and 16)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.cases.clocks import (
    Clock,
    DayKind,
    Pace,
    Pause,
    PauseReason,
    clock,
    due_on,
    extended,
    pause_refusal,
    soon_until,
    state_on,
)
from enforcement.cases.states import FINAL
from enforcement.cases.steps import TRANSITIONS
from enforcement.rules.book import BEIJING, RuleBook, RuleBookFault, RuleMissing, load
from enforcement.rules.calendar import Calendar

CASES = "clocks.yaml"
CALENDAR = Calendar()
BOOK = load()
ANY = BOOK.by_id["clock.service"][0]
STARTS = st.dates(date(2024, 1, 1), date(2026, 6, 1))
DAYS = st.integers(0, 120)


def pauses_in(case):
    return [Pause(first, last, PauseReason(reason)) for first, last, reason in case["pauses"]]


def test_due(case, rules, beijing):
    of = clock(rules, case["kind"], beijing(case["start"]))
    assert due_on(CALENDAR, case["start"], of, pauses_in(case)) == case["due"]


def test_extended(case, rules, beijing):
    of = clock(rules, case["kind"], beijing(date(2026, 9, 1)))
    longer = extended(rules, of, case["extension"], beijing(date(2026, 9, 1)))
    assert (longer.days, longer.day_kind) == (case["days"], of.day_kind)


def test_pause_refusal(case, rules, beijing):
    refusal = pause_refusal(rules, case["kind"], PauseReason(case["reason"]), beijing(date(2026, 9, 1)))
    assert (refusal is not None) is case["refused"]


def test_state_on(case, rules, beijing):
    soon = soon_until(rules, CALENDAR, case["day"], beijing(case["day"]))
    assert state_on(case["day"], case["due"], soon) is Pace(case["pace"])


def test_every_clock_of_a_step_is_in_the_rule_book(rules, beijing):
    for row in TRANSITIONS:
        for kind in (*row.starts, *row.stops):
            assert clock(rules, kind, beijing(date(2026, 9, 1))).days > 0, (row.action, kind)


def test_every_clock_of_a_step_is_stopped_by_another():
    """A clock that nothing stops would be overdue for ever."""
    stopped = {kind for row in TRANSITIONS for kind in row.stops}
    assert {kind for row in TRANSITIONS for kind in row.starts} <= stopped
    assert not any(row.starts for row in TRANSITIONS if row.target in FINAL)


def test_every_row_of_clocks_says_which_days(rules, beijing):
    for name in rules.by_id:
        if name.startswith("clock."):
            assert clock(rules, name.removeprefix("clock."), beijing(date(2026, 9, 1))).day_kind in DayKind


def test_a_unit_that_names_no_kind_of_day_is_a_fault(rules, beijing):
    row = ANY.__class__(**{**{name: getattr(ANY, name) for name in ANY.__slots__}, "unit": "days"})
    with pytest.raises(RuleBookFault, match="'working days' or 'calendar days'"):
        clock(RuleBook((row,)), "service", beijing(date(2026, 9, 1)))


def test_no_extension_without_a_row(rules, beijing):
    with pytest.raises(RuleMissing):
        extended(rules, clock(rules, "payment", beijing(date(2026, 9, 1))), "approved", beijing(date(2026, 9, 1)))


def test_a_pause_does_not_run_back():
    with pytest.raises(ValueError, match="before it starts"):
        Pause(date(2026, 9, 2), date(2026, 9, 1), PauseReason.TESTING)


def test_a_running_pause_counts_up_to_today():
    of, start = Clock("x", 10, DayKind.CALENDAR, ANY), date(2026, 9, 1)
    pause = Pause(date(2026, 9, 5), None, PauseReason.TESTING)
    assert due_on(CALENDAR, start, of, [pause], today=date(2026, 9, 6)) == date(2026, 9, 13)
    assert due_on(CALENDAR, start, of, [pause], today=date(2026, 9, 4)) == date(2026, 9, 11)
    with pytest.raises(ValueError, match="still runs"):
        due_on(CALENDAR, start, of, [pause])


@st.composite
def clocks(draw):
    return Clock("x", draw(DAYS), draw(st.sampled_from(DayKind)), ANY, draw(st.booleans()))


@st.composite
def pauses(draw, start):
    first = start + timedelta(days=draw(st.integers(-10, 60)))
    return Pause(first, first + timedelta(days=draw(st.integers(0, 30))), draw(st.sampled_from(PauseReason)))


def slow_due(start, of, stops):
    """Write every day of two years down, strike out what does not count, read off the n-th."""
    days = [start + timedelta(days=n) for n in range(1, 1200)]
    struck = {
        stop.from_day + timedelta(days=n) for stop in stops for n in range((stop.to_day - stop.from_day).days + 1)
    }
    offices = {day for day in days if CALENDAR.is_working_day(day)}
    counting = [day for day in days if day not in struck and (of.day_kind == "calendar" or day in offices)]
    last = counting[of.days - 1] if of.days else start
    if not of.rolls or CALENDAR.is_working_day(last):
        return last
    return min(day for day in offices if day > last)


@given(st.data(), STARTS, clocks())
def test_due_as_the_slow_version_counts(data, start, of):
    stops = data.draw(st.lists(pauses(start), max_size=3))
    assert due_on(CALENDAR, start, of, stops) == slow_due(start, of, stops)


@given(st.data(), STARTS, clocks(), st.integers(0, 20))
def test_more_days_and_more_pauses_never_make_it_earlier(data, start, of, more):
    stops = data.draw(st.lists(pauses(start), max_size=2))
    extra = data.draw(pauses(start))
    due = due_on(CALENDAR, start, of, stops)
    longer = Clock(of.kind, of.days + more, of.day_kind, of.rule, of.rolls)
    assert due_on(CALENDAR, start, longer, stops) >= due
    assert due_on(CALENDAR, start, of, [*stops, extra]) >= due
    assert due_on(CALENDAR, start + timedelta(days=more), of, stops) >= due
    assert due >= start


@given(STARTS, st.integers(0, 30), st.integers(0, 60))
def test_pace_only_gets_nearer(start, days, later):
    due = start + timedelta(days=days)
    paces = [pace_on(day, due) for day in (start, start + timedelta(days=later))]
    assert paces == sorted(paces)


def pace_on(day, due):
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=BEIJING)
    return list(Pace).index(state_on(day, due, soon_until(BOOK, CALENDAR, day, noon)))
