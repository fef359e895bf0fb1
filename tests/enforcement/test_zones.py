"""The law side of zones: authority, hours, JSON with named faults."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.registry.categories import MachineCategory
from enforcement.registry.stages import Stage
from enforcement.rules.book import BEIJING
from enforcement.rules.calendar import Calendar, DayKind
from enforcement.rules.penalties import Level
from enforcement.visits.steps import VisitSettings
from enforcement.zones.terms import (
    LegalDocument,
    Purpose,
    SubjectKind,
    Window,
    ZoneDay,
    ZoneTerms,
    authority_warning,
    default_settings,
    in_hours,
)
from enforcement.zones.terms_json import ZoneTermsFault, from_json, to_json

CASES = "zones.yaml"
CALENDAR = Calendar()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at):
    return (at - EPOCH) // timedelta(microseconds=1)


def test_authority(case, rules, beijing):
    warning = authority_warning(rules, Level(case["level"]), beijing(case["published"]))
    assert (warning is not None) is case["warned"]


def test_hours(case, beijing):
    terms = from_json({"windows": case["windows"]})
    assert in_hours(terms, np.array([micros(beijing(case["at"]))]), CALENDAR).tolist() == [case["held"]]


def test_faults(case):
    if not case["faults"]:
        assert from_json(case["terms"]) == ZoneTerms()
        return
    with pytest.raises(ZoneTermsFault) as caught:
        from_json(case["terms"])
    assert [[fault.path, fault.code] for fault in caught.value.faults] == case["faults"]
    assert all(fault.zh and fault.en for fault in caught.value.faults)


windows = st.builds(
    Window,
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.frozensets(st.sampled_from(ZoneDay), max_size=3),
).filter(lambda window: window.from_minute != window.to_minute)


def slow_in_hours(window, at):
    minute = at.hour * 60 + at.minute
    if window.from_minute < window.to_minute:
        return on_day(window, at.date()) and window.from_minute <= minute < window.to_minute
    if minute >= window.from_minute and on_day(window, at.date()):
        return True
    return minute < window.to_minute and on_day(window, at.date() - timedelta(days=1))


def on_day(window, day):
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    kind = CALENDAR.kind(day)
    return not window.days or str(kind) in window.days or names[day.weekday()] in window.days


@given(
    st.lists(windows, min_size=1, max_size=3),
    st.lists(st.datetimes(datetime(2025, 12, 25), datetime(2026, 12, 31)), max_size=20),  # noqa: DTZ001
)
def test_hours_equal_the_slow_version(some, moments):
    moments = [at.replace(tzinfo=BEIJING) for at in moments]
    at_us = np.array([micros(at) for at in moments], np.int64)
    expected = [any(slow_in_hours(window, at) for window in some) for at in moments]
    assert in_hours(ZoneTerms(windows=tuple(some)), at_us, CALENDAR).tolist() == expected


def test_an_override_goes_before_the_package():
    calendar = Calendar({date(2026, 10, 1): DayKind.WORKDAY})
    terms = ZoneTerms(windows=(Window(0, 1440, frozenset({ZoneDay.WORKDAY})),))
    at_us = np.array([micros(datetime(2026, 10, 1, 12, tzinfo=BEIJING))])
    assert in_hours(terms, at_us, calendar).all() and not in_hours(terms, at_us, CALENDAR).any()


FULL = ZoneTerms(
    applies_to=frozenset({SubjectKind.MACHINE}),
    machine_types=frozenset({MachineCategory.LOADER, MachineCategory.EXCAVATOR}),
    windows=(Window(420, 1200, frozenset({ZoneDay.WORKDAY})), Window(1320, 360)),
    exemptions=frozenset({Purpose.EMERGENCY_RESCUE}),
    min_machine_stage=Stage.III,
    device_required=True,
    coding_required=True,
    document=LegalDocument("朝政发〔2026〕1号", "通告", date(2026, 9, 1), "notice.pdf"),
    authority="朝阳市人民政府",
    authority_code="211300",
    min_dwell_s=60,
)


def test_json_and_back():
    assert from_json(json.loads(json.dumps(to_json(FULL)))) == FULL
    assert from_json(json.loads(json.dumps(to_json(ZoneTerms())))) == ZoneTerms()


@given(st.lists(windows, max_size=3), st.frozensets(st.sampled_from(Purpose)), st.floats(0, 86_400))
def test_json_and_back_of_any_terms(some, exempt, dwell):
    terms = ZoneTerms(windows=tuple(some), exemptions=exempt, min_dwell_s=dwell)
    try:
        assert from_json(json.loads(json.dumps(to_json(terms)))) == terms
    except ZoneTermsFault as fault:
        raise AssertionError(fault.faults) from fault


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(to_json(FULL))), anything, max_size=6))
def test_any_document_gives_terms_or_named_faults(document):
    try:
        from_json(document)
    except ZoneTermsFault as fault:
        assert all(item.path and item.zh and item.en for item in fault.faults)


def test_defaults_agree_with_the_rule_book(rules, beijing):
    settings = default_settings(rules, beijing(date(2026, 9, 1)))
    assert settings == VisitSettings() == ZoneTerms().visit_settings
    assert rules.by_id["visit.edge_accuracy_m"][0].number == ZoneTerms().edge_accuracy_m
