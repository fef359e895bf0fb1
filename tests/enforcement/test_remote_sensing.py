"""The rule of consecutive hits (HJ 845-2017), by cases and against a slow obvious version."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.measurements import Measured, Method, judge, readings_from_json
from enforcement.measurements.remote_sensing import Pollutant
from enforcement.measurements.remote_sensing_history import RemoteResult, RemoteState, months_later, result_of, verdict
from enforcement.rules.book import checked, day_of
from enforcement.zones.terms import SubjectKind

CASES = "remote_sensing.yaml"


def results_of(records, beijing):
    for place, record in enumerate(records):
        measured = frozenset(map(Pollutant, record.get("measured", list(Pollutant))))
        over = frozenset(map(Pollutant, record["over"]))
        yield RemoteResult(
            record.get("key", str(place)), beijing(record["at"]), record.get("valid", True), measured, over
        )


def test_history(case, rules, beijing):
    retests = [beijing(day) for day in case.get("retests", [])]
    at = beijing(case.get("at", date(2026, 12, 1)))
    answer = verdict(rules, results_of(case["records"], beijing), retests, at)
    assert answer.state == case["state"]
    assert [day_of(hit.at) for hit in answer.hits] == case["hits"]
    assert answer.sentence.zh and answer.sentence.en.isascii()
    assert bool(answer.rules) is bool(case["records"]) or case.get("retests")


def test_case_6_from_the_readings(rules, beijing):
    subject = Measured(SubjectKind.TRUCK)
    history = []
    for day in (date(2026, 1, 1), date(2026, 6, 20)):
        values = {"opacity_pct": 31, "speed_kmh": 40, "acceleration_ms2": 0.2}
        readings = readings_from_json(Method.REMOTE_SENSING, values)
        answer = judge(Method.REMOTE_SENSING, rules, readings, subject, beijing(day))
        history.append(result_of(answer, beijing(day), day.isoformat()))
    assert verdict(rules, history, (), beijing(date(2026, 7, 1))).state is RemoteState.FAILED
    assert verdict(rules, history[:1], (), beijing(date(2026, 7, 1))).state is RemoteState.REMINDER


def test_an_invalid_record_stays_out(rules, beijing):
    readings = readings_from_json(Method.REMOTE_SENSING, {"opacity_pct": 31})
    answer = judge(Method.REMOTE_SENSING, rules, readings, Measured(SubjectKind.TRUCK), beijing(date(2026, 1, 1)))
    assert not result_of(answer, beijing(date(2026, 1, 1)), "1").is_valid


def test_the_number_of_hits_is_a_rule(rules, beijing):
    three = checked([replace(row, value=3) if row.id == "remote.hits" else row for row in rules.rows])
    days = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
    history = list(results_of([{"at": day, "over": ["opacity"]} for day in days], beijing))
    at = beijing(date(2026, 4, 1))
    assert verdict(three, history[:2], (), at).state is RemoteState.REMINDER
    assert len(verdict(three, history, (), at).hits) == 3


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 1), 0, date(2026, 1, 1)),
        (date(2026, 6, 30), 6, date(2026, 12, 30)),
    ],
)
def test_months_later(day, months, later):
    assert months_later(day, months) == later


START = datetime(2025, 1, 1, 4, tzinfo=UTC)
SETS = st.frozensets(st.sampled_from(Pollutant))
RECORD = st.tuples(st.integers(0, 500), st.booleans(), SETS, SETS)


def result(place, record):
    day, valid, measured, over = record
    return RemoteResult(str(place), START + timedelta(days=day, seconds=place), valid, measured, over & measured)


def slow(results, retests):
    """Every pair of neighbours among the valid measurements of one pollutant, looked at one by one."""
    results = sorted((r for r in results if r.is_valid), key=lambda r: r.at)
    results = [r for r in results if all(r.at > retest for retest in retests)]
    for pollutant in Pollutant:
        mine = [r for r in results if pollutant in r.measured]
        for first, second in pairwise(mine):
            near = day_of(second.at) <= months_later(day_of(first.at), 6)
            if pollutant in first.over and pollutant in second.over and near:
                return RemoteState.FAILED
    for pollutant in Pollutant:
        mine = [r for r in results if pollutant in r.measured]
        if mine and pollutant in mine[-1].over:
            return RemoteState.REMINDER
    return RemoteState.CLEAN


@given(st.lists(RECORD, max_size=8), st.lists(st.integers(0, 500), max_size=2))
def test_as_the_slow_obvious_version(rules, records, retests):
    results = [result(place, record) for place, record in enumerate(records)]
    days = [START + timedelta(days=day, hours=1) for day in retests]
    answer = verdict(rules, results, days, START + timedelta(days=600))
    assert answer.state == slow(results, days)
    assert all(hit in results for hit in answer.hits)
