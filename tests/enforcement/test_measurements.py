"""Readings against the rules of their day: section 11 of the digest, and each limit from below, at and above."""

import re
from dataclasses import replace
from datetime import date
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.measurements import METHODS, Measured, Method, Outcome, judge, measured_of, readings_from_json
from enforcement.measurements.wording import METHOD_NAMES
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Machine, Truck
from enforcement.rules.book import Certainty, checked
from enforcement.rules.smoke_limits import mean_of
from enforcement.zones.terms import SubjectKind

CASES = "measurements.yaml"
DAY = date(2026, 9, 1)


@pytest.fixture(scope="session")
def book(rules):
    """The rule book in which Beijing adopted set b."""
    here = next(row for row in rules.rows if row.id == "gb3847.limit_set")
    return checked([*rules.rows, replace(here, value="b", area="11")])


def measured(case):
    kind = SubjectKind.TRUCK if "truck" in case else SubjectKind.MACHINE
    hints = get_type_hints(Measured)
    values = dict(case[str(kind)])
    categories = TruckCategory if kind is SubjectKind.TRUCK else MachineCategory
    typed = {}
    for name, value in values.items():
        plain = get_args(hints[name])[0] if get_args(hints[name]) else hints[name]
        typed[name] = categories(value) if name == "category" else value if plain in (float, date) else plain(value)
    return Measured(kind, **typed)


def judged(case, book, beijing):
    method = Method(case["method"])
    readings = readings_from_json(method, case["readings"])
    return judge(method, book, readings, measured(case), beijing(case["at"]), case.get("area", "211300"))


def check(case, answer):
    assert answer.outcome == case["outcome"]
    assert [item.name for item in answer.violations] == case["over"]
    if "offences" in case:
        assert list(answer.offences) == case["offences"]
    if "doubts" in case:
        assert [doubt.code for doubt in answer.doubts] == case["doubts"]
    assert re.search(r"[一-鿿]", answer.sentence.zh) and not re.search(r"[一-鿿]", answer.sentence.en)
    for item in answer.violations:
        assert item.rule is None or item.rule in answer.rules


def test_worked(case, book, beijing):
    answer = judged(case, book, beijing)
    check(case, answer)
    if "limit" in case:
        first = answer.items[0]
        assert first.limit == case["limit"]
        assert first.margin == pytest.approx(first.limit - first.value, abs=1e-6)
    assert case.get("says", "") in answer.sentence.en


def test_limits(case, book, beijing):
    check(case, judged(case, book, beijing))


def test_checks(case, book, beijing):
    check(case, judged(case, book, beijing))


def test_the_chinese_sentence_is_that_of_decisions(rules, beijing):
    readings = readings_from_json(Method.MACHINE_SMOKE, {"peaks": [5.524, 4.412, 7.212]})
    subject = Measured(SubjectKind.MACHINE, Stage.III, 30)
    answer = judge(Method.MACHINE_SMOKE, rules, readings, subject, beijing(DAY))
    assert answer.sentence.zh == "非道路移动机械排气烟度：不合格。烟度均值5.716m⁻¹，限值1m⁻¹，超标4.716倍。"


def test_a_hair_above_the_limit_says_so(rules, beijing):
    readings = readings_from_json(Method.RINGELMANN, {"grade": 1.00001})
    answer = judge(Method.RINGELMANN, rules, readings, Measured(SubjectKind.TRUCK), beijing(DAY))
    assert "1.00001" in answer.sentence.en and "less than 0.001 times" in answer.sentence.en


def test_what_the_register_says_goes_into_the_judgement():
    truck = Truck("辽N12345", "yellow", stage=Stage.V, category=TruckCategory.HEAVY_GOODS)
    assert measured_of(truck, 200) == Measured(
        SubjectKind.TRUCK, Stage.V, rated_power_kw=200, category=TruckCategory.HEAVY_GOODS
    )
    machine = Machine("2-FCB04871", stage=Stage.II, power_kw=162, category=MachineCategory.LOADER)
    found = measured_of(machine)
    assert (found.power_kw, found.registration_no, found.is_truck) == (162, "2-FCB04871", False)


def test_every_method_has_words_and_a_judge():
    assert set(METHODS) == set(Method) == set(METHOD_NAMES)


def test_every_rule_of_measurements_has_a_basis_and_a_certainty(book):
    prefixes = ("gb3847.", "obd.", "remote.", "smoke", "device_check.", "urea.", "coding.", "fuel.", "officers.")
    rows = [row for row in book.rows if row.id.startswith((*prefixes, "method.", "instrument.", "inspection."))]
    assert len(rows) > 100
    for row in rows:
        assert row.legal_basis and row.source and isinstance(row.certainty, Certainty), row.key
        if row.source.endswith(("as recalled", "chosen here", "inferred")):
            assert row.certainty is Certainty.UNCONFIRMED, row.key


K = st.floats(0, 20, allow_nan=False)
PEAKS = st.lists(st.floats(0, 100), min_size=3, max_size=3)


@given(PEAKS)
def test_mean_lies_between_the_peaks(peaks):
    assert min(peaks) - 1e-6 <= mean_of(peaks) <= max(peaks) + 1e-6


def _fails(book, beijing, method, values, subject):
    answer = judge(method, book, readings_from_json(method, values), subject, beijing(DAY), "211300")
    return answer.outcome is Outcome.FAILED


@given(k=K, more=st.floats(0, 20), stage=st.sampled_from(["0", "1", "2", "3", "4"]), power=st.floats(1, 560))
def test_more_smoke_never_passes_where_less_failed(rules, beijing, k, more, stage, power):
    subject = Measured(SubjectKind.MACHINE, Stage(stage), power)
    less = _fails(rules, beijing, Method.MACHINE_SMOKE, {"peaks": [k, k, k]}, subject)
    dirtier = _fails(rules, beijing, Method.MACHINE_SMOKE, {"peaks": [k + more] * 3}, subject)
    assert dirtier or not less


@given(
    st.sampled_from(["smoke_100", "smoke_80", "nox_80_ppm", "wheel_power_kw"]),
    st.floats(0, 3),
    st.floats(0, 3),
)
def test_lug_down_is_monotone(rules, beijing, name, first, second):
    good = {"smoke_100": 0.5, "smoke_80": 0.5, "nox_80_ppm": 500, "wheel_power_kw": 100}
    scale = {"nox_80_ppm": 1000, "wheel_power_kw": 100}.get(name, 1)
    low, high = sorted((first * scale, second * scale))
    subject = Measured(SubjectKind.TRUCK, rated_power_kw=200)
    answers = [_fails(rules, beijing, Method.LUG_DOWN, good | {name: value}, subject) for value in (low, high)]
    assert answers == sorted(answers, reverse=name == "wheel_power_kw")


@given(st.sampled_from(["free_acceleration", "machine_smoke"]), st.floats(0, 6000))
def test_equal_to_the_limit_passes(rules, beijing, method, altitude):
    subject = (
        Measured(SubjectKind.TRUCK) if method == "free_acceleration" else Measured(SubjectKind.MACHINE, Stage.III, 80)
    )
    values = {} if method == "free_acceleration" else {"altitude_m": altitude}
    probe = judge(
        Method(method), rules, readings_from_json(method, {"peaks": [0, 0, 0]} | values), subject, beijing(DAY)
    )
    limit = probe.items[0].limit
    assert not _fails(rules, beijing, method, {"peaks": [limit] * 3} | values, subject)
    assert _fails(rules, beijing, method, {"peaks": [limit + 1e-4] * 3} | values, subject)
