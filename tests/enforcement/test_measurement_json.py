"""Readings and inspections as JSON: they come back the same, and nothing but a named fault comes of anything else."""

import json
import re
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from types import UnionType
from typing import get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.inspections.conclusions import Inspection, InspectionFault, InspectionKind, Officer, from_json, to_json
from enforcement.json_records import plain
from enforcement.measurements import (
    READINGS,
    Measured,
    Method,
    Outcome,
    ReadingsFault,
    fields_of,
    judge,
    readings_from_json,
    readings_to_json,
)
from enforcement.measurements.wording import item_sentence
from enforcement.registry.stages import Stage
from enforcement.zones.terms import SubjectKind

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)
MOMENTS = st.datetimes(datetime(2016, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def of_type(hint, span):
    if isinstance(hint, UnionType):
        return st.none() | of_type(get_args(hint)[0], span)
    if get_origin(hint) is tuple:
        size = span.get("size")
        items = of_type(get_args(hint)[0], span)
        return st.lists(items, min_size=size or 0, max_size=size or 3).map(tuple)
    if is_dataclass(hint):
        return record_of(hint)
    if issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    if hint is float:
        return st.floats(span["least"], span["most"])
    if hint is str and span.get("filled"):
        return TEXT.filter(str.strip)
    return {
        int: st.integers(1, 99),
        str: TEXT,
        bool: st.booleans(),
        date: st.dates(date(2000, 1, 1), date(2100, 1, 1)),
        datetime: MOMENTS,
    }[hint]


def record_of(kind):
    hints = get_type_hints(kind)
    return st.builds(kind, **{item.name: of_type(hints[item.name], item.metadata) for item in fields(kind)})


def is_readable(readings):
    try:
        readings_from_json(method_of(readings), readings_to_json(readings))
    except ReadingsFault as fault:
        return "at least one reading" not in fault.en
    return True


def method_of(readings):
    return next(method for method, kind in READINGS.items() if isinstance(readings, kind))


def good_readings(method):
    return record_of(READINGS[method]).filter(is_readable)


ANY_READINGS = st.one_of([good_readings(method) for method in Method])
NUMBERS = st.integers() | st.floats() | st.just(10**400)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=10) | st.just("\x00") | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(ANY_READINGS)
def test_readings_come_back_the_same(readings):
    method = method_of(readings)
    text = json.dumps(readings_to_json(readings), allow_nan=False)
    assert readings_from_json(method, json.loads(text)) == readings


@given(st.sampled_from(list(Method)), JSON)
def test_nothing_but_a_fault_comes_of_any_json(method, value):
    try:
        readings_from_json(method, value)
    except ReadingsFault as fault:
        says_both_languages(fault)


@given(ANY_READINGS, JSON, st.data())
def test_nothing_but_a_fault_comes_of_one_wrong_field(readings, junk, data):
    method = method_of(readings)
    name = data.draw(st.sampled_from([item.name for item in fields_of(method)]))
    try:
        readings_from_json(method, readings_to_json(readings) | {name: junk})
    except ReadingsFault as fault:
        assert all(each.field.startswith((name, "$")) for each in fault.faults)
        says_both_languages(fault)


def says_both_languages(fault):
    for each in fault.faults:
        assert each.field.isascii()
        assert re.search(r"[一-鿿]", each.zh) and not re.search(r"[一-鿿]", each.en)
        json.dumps(plain(each), ensure_ascii=False).encode("utf-8")


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("method", "value", "field"),
    [
        ("free_acceleration", None, "$"),
        ("free_acceleration", {}, "peaks"),
        ("free_acceleration", {"peaks": [1, 2]}, "peaks"),
        ("free_acceleration", {"peaks": [1, 2, 3, 4]}, "peaks"),
        ("free_acceleration", {"peaks": [1, float("nan"), 3]}, "peaks[1]"),
        ("free_acceleration", {"peaks": [1, float("inf"), 3]}, "peaks[1]"),
        ("free_acceleration", {"peaks": [1, 10**400, 3]}, "peaks[1]"),
        ("free_acceleration", {"peaks": [1, -(10**5000), 3]}, "peaks[1]"),
        ("free_acceleration", {"peaks": [1, True, 3]}, "peaks[1]"),
        ("free_acceleration", {"peaks": [1, "2", 3]}, "peaks[1]"),
        ("free_acceleration", {"peaks": nested(5000)}, "peaks"),
        ("free_acceleration", {"peaks": [1, 2, nested(5000)]}, "peaks[2]"),
        ("free_acceleration", {"peaks": [1, 2, 3], "purged": {}}, "purged"),
        ("free_acceleration", {"peaks": [1, 2, 3], "\ud800" * 99: 1}, "\\ud800" * 40),
        ("lug_down", {"smoke_100": -0.1, "smoke_80": 1}, "smoke_100"),
        ("ringelmann", {"grade": 5.1}, "grade"),
        ("obd_check", {"has_obd": "yes", "fault_codes": ["P0\x00"]}, "fault_codes[0]"),
        ("obd_check", {"has_obd": "yes", "fault_codes": ["x"] * 201}, "fault_codes"),
        ("device_check", {"devices": []}, "$"),
        ("device_check", {"devices": [{"device": "dpf"}]}, "devices[0].state"),
        ("device_check", {"devices": [1]}, "devices[0]"),
        ("urea_check", {}, "$"),
        ("fuel_sample", {"kind": "unknown"}, "$"),
        ("remote_sensing", {"speed_kmh": 40}, "$"),
        ("periodic_report", {"method_code": "5", "result": "passed", "report_no": "1", "station": "1"}, "method_code"),
        (
            "periodic_report",
            {"method_code": "4", "result": "passed", "report_no": "1", "station": " "},
            "station",
        ),
        (
            "periodic_report",
            {"method_code": "4", "result": "passed", "report_no": "1", "station": "1", "attempt": 1.5},
            "attempt",
        ),
    ],
)
def test_a_fault_names_its_field(method, value, field):
    with pytest.raises(ReadingsFault) as fault:
        readings_from_json(Method(method), value)
    assert fault.value.field == field
    assert fault.value.zh and fault.value.en


def test_every_fault_is_told_at_once():
    with pytest.raises(ReadingsFault) as fault:
        readings_from_json(Method.LUG_DOWN, {"smoke_100": "x", "nox_80_ppm": -1, "colour": "red"})
    assert [each.field for each in fault.value.faults] == ["colour", "smoke_100", "smoke_80", "nox_80_ppm"]


def test_every_field_has_words_in_both_languages():
    for method in Method:
        for item in fields_of(method):
            assert (item.metadata["zh"] and item.metadata["en"].isascii()) or "₂" in item.metadata["en"]


@given(ANY_READINGS, st.sampled_from([Measured(SubjectKind.TRUCK), Measured(SubjectKind.MACHINE, Stage.II, 40)]))
def test_whatever_can_be_read_can_be_judged_and_told(rules, readings, subject):
    answer = judge(method_of(readings), rules, readings, subject, datetime(2026, 9, 1, tzinfo=UTC))
    for item in answer.items:
        assert item_sentence(item).zh and item_sentence(item).en
    assert answer.outcome is not Outcome.FAILED or answer.violations
    assert set(item.rule for item in answer.items if item.rule) <= set(answer.rules)


def inspections():
    return st.builds(
        Inspection,
        kind=st.sampled_from(InspectionKind).filter(lambda kind: kind is not InspectionKind.PERIODIC),
        at=MOMENTS,
        methods=st.dictionaries(st.just(0), ANY_READINGS, min_size=1)
        .map(lambda found: {method_of(readings): readings for readings in found.values()})
        .filter(lambda found: Method.PERIODIC_REPORT not in found),
        officers=st.just((Officer("王一", "21130001"), Officer("李二", "21130002"))),
        **{
            name: of_type(get_type_hints(Inspection)[name], {})
            for name in ("weather", "instruments", "checklist", "party", "note")
        },
    )


@given(inspections())
def test_an_inspection_comes_back_the_same(inspection):
    assert from_json(json.loads(json.dumps(to_json(inspection), allow_nan=False))) == inspection


@given(JSON | st.fixed_dictionaries({}, optional={item.name: JSON for item in fields(Inspection)}))
def test_nothing_but_a_fault_comes_of_any_inspection(value):
    try:
        from_json(value)
    except InspectionFault as fault:
        says_both_languages(fault)


GOOD = {
    "kind": "roadside",
    "at": "2026-09-01T08:00:00+08:00",
    "methods": {"ringelmann": {"grade": 1}},
    "officers": [{"name": "王一", "card_number": "21130001"}],
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "walk"}, "kind"),
        ({"at": "2026-09-01T08:00:00"}, "at"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "at"),
        ({"at": 5}, "at"),
        ({"methods": {}}, "methods"),
        ({"methods": {"smell": {}}}, "methods.smell"),
        ({"methods": {"ringelmann": {"grade": "x"}}}, "methods.ringelmann.grade"),
        ({"officers": []}, "officers"),
        ({"officers": [{"name": " "}]}, "officers"),
        (
            {
                "instruments": [
                    {
                        "kind": "opacimeter",
                        "serial": "1",
                        "verifications": [{"certificate": "", "valid_from": "2026-01-01"}],
                    }
                ]
            },
            "instruments[0].verifications[0].valid_to",
        ),
        ({"weather": {"sky": "blue"}}, "weather.sky"),
        (
            {
                "methods": {
                    "periodic_report": {"method_code": "4", "result": "passed", "report_no": "1", "station": "1"}
                }
            },
            "methods.periodic_report",
        ),
    ],
)
def test_a_fault_of_an_inspection_names_its_field(change, field):
    assert from_json(GOOD).at == datetime(2026, 9, 1, tzinfo=UTC)
    with pytest.raises(InspectionFault) as fault:
        from_json(GOOD | change)
    assert fault.value.field == field
