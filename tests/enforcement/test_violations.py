"""What a flagged visit says of itself, and how it may move."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.checks import all_reasons
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Machine, Truck
from enforcement.rules.book import BEIJING, load
from enforcement.rules.calendar import Calendar
from enforcement.violations.hit_codes import by_subject, hit_codes
from enforcement.violations.reviews import MOVES, REASON_WORDS, ConfirmReason, DismissReason, Status, move_refusal
from enforcement.violations.verdicts import Weight, judge
from enforcement.visits.steps import SettingsByZone, Visit, VisitSettings, step
from enforcement.zones.reasons import code_of, codes_in
from enforcement.zones.terms import Purpose, Window, ZoneTerms, in_hours
from enforcement.zones.terms_json import from_json
from enforcement.zones.whitelist import WhitelistEntry, covers

CASES = "violations.yaml"
SETTINGS = VisitSettings()
EVERY_US = 10_000_000


def micros(at):
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def visit_of(subject, terms, first_at, fixes, rules) -> Visit:
    """One fix inside every ten seconds, judged as the flow judges them."""
    n = np.arange(fixes)
    at_us, ones = micros(first_at) + n * EVERY_US, np.ones(fixes, np.int64)
    subjects = {1: subject} if subject else {}
    codes = hit_codes(ones, ones, ones, at_us, subjects, {1: terms}, {}, rules, Calendar())
    result = step({}, ones, at_us, n, ones, ones, ones * 2, codes, SettingsByZone())
    return result.open[1, 1]


def verdict_of(case, rules, beijing, subject_of, whitelist=()):
    subject, terms = subject_of(case), from_json(case["terms"])
    visit = visit_of(subject, terms, beijing(case["from"]), case["fixes"], rules)
    decided = beijing(case["decided"]) if "decided" in case else None
    return judge(visit, subject, {1: terms}, rules, whitelist, SETTINGS, ("一号区", "Zone One"), "D1", decided)


def test_verdict(case, rules, beijing, subject_of):
    verdict = verdict_of(case, rules, beijing, subject_of)
    if case["weight"] is None:
        assert verdict is None
        return
    assert (verdict.weight, verdict.law) == (case["weight"], case["law"])
    first = verdict.proposals[0] if verdict.proposals else None
    assert (first.rule.legal_basis if first else None) == case["basis"]
    assert (first.amount_cny if first else None) == case["amount"]
    assert [question.code for question in verdict.questions] == case["asked"]
    assert verdict.segments[0].first_at == beijing(case["from"])
    assert {row.id for row in verdict.rules} >= {"law.air"}
    assert "现场核查" in verdict.consequence.zh and "on-site check" in verdict.consequence.en
    for reason in verdict.reasons:
        assert reason.zh in verdict.why.zh and reason.en in verdict.why.en


def test_moves(case):
    refusal = move_refusal(Status(case["old"]), Status(case["new"]), case["reason"], case.get("note", ""))
    assert (refusal.code if refusal else None) == case["refused"]


def test_every_status_and_reason_is_known():
    assert set(MOVES) == set(Status)
    assert set(REASON_WORDS) == {*ConfirmReason, *DismissReason}


CASE = {"machine": {"stage": "2"}, "terms": {"min_machine_stage": "3"}, "fixes": 5}


def test_why_was_i_flagged(rules, beijing, subject_of):
    case = CASE | {"from": datetime(2026, 9, 1, 8)}  # noqa: DTZ001 - made aware as Beijing time
    verdict = verdict_of(case, rules, beijing, subject_of)
    assert verdict.why.zh == (
        "2026-09-01 08:00:00至2026-09-01 08:00:40（北京时间），机械“2-6NA00001”位于“一号区”内，"
        "区内定位点5个，历时40秒。原因：排放阶段为国二，低于区域要求的国三。"
    )
    assert verdict.consequence.zh == (
        "本记录为线索，须经现场核查。查实后依据《生态环境法典》第230条、《生态环境法典》第1127条第2款，拟罚款5000元。"
    )


def test_leave_entered_later_is_asked_about(rules, beijing, subject_of):
    at = datetime(2026, 9, 1, 8)  # noqa: DTZ001 - made aware as Beijing time
    start = micros(beijing(at))
    leave = WhitelistEntry(("registration_no", "2-6NA00001"), None, Purpose.OTHER, start, start + EVERY_US, "王")
    verdict = verdict_of(CASE | {"from": at}, rules, beijing, subject_of, [leave])
    assert [question.code for question in verdict.questions] == ["whitelist_overlaps"]
    before = WhitelistEntry(leave.subject, None, Purpose.OTHER, start - 9, start, "王")
    assert not verdict_of(CASE | {"from": at}, rules, beijing, subject_of, [before]).questions


def test_a_record_corrected_since_is_said_to_be(rules, beijing):
    terms = ZoneTerms(min_machine_stage=Stage.III)
    at = beijing(date(2026, 9, 1))
    visit = visit_of(Machine("2-6NA00001", stage=Stage.II), terms, at, 5, rules)
    better = Machine("2-6NA00001", stage=Stage.III)
    verdict = judge(visit, better, {1: terms}, rules, (), SETTINGS, ("一号区", "Zone One"))
    assert verdict.weight is Weight.LEAD and not verdict.proposals
    assert "更正" in verdict.why.zh


def test_two_versions_in_one_visit_are_two_segments(rules, beijing):
    """The second version, in force from the sixth fix, demands more: only that part is flagged."""
    old, new = ZoneTerms(min_machine_stage=Stage.II), ZoneTerms(min_machine_stage=Stage.III)
    machine = Machine("2-6NA00001", stage=Stage.II)
    n, ones = np.arange(10), np.ones(10, np.int64)
    at_us = micros(beijing(date(2026, 9, 1))) + n * EVERY_US
    version = np.where(n < 5, 1, 2)
    terms_of = {1: old, 2: new}
    codes = hit_codes(ones, ones, version, at_us, {1: machine}, terms_of, {}, rules, Calendar())
    visit = step({}, ones, at_us, n, ones, version, ones * 2, codes, SettingsByZone()).open[1, 1]
    assert [segment.version_id for segment in visit.segments] == [1, 2]
    verdict = judge(visit, machine, terms_of, rules, (), SETTINGS, ("一号区", "Zone One"))
    assert [(item.version_id, item.inside_fixes) for item in verdict.segments] == [(2, 5)]


SUBJECTS = {
    1: Machine("2-6NA00001", stage=Stage.II),
    2: Truck("辽N12345", PlateColour.YELLOW, stage=Stage.IV),
    3: Machine("3-6NA00003"),
}
TERMS = {
    1: ZoneTerms(min_machine_stage=Stage.III),
    2: ZoneTerms(min_truck_stage=Stage.V, windows=(Window(420, 1200),)),
    3: ZoneTerms(),
}
RULES = load()
START_US = micros(datetime(2026, 8, 14, tzinfo=BEIJING))
HOUR_US = 3_600_000_000
hits = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 60)), max_size=30)
leaves = st.lists(
    st.tuples(
        st.sampled_from([("registration_no", "2-6NA00001"), ("plate", "辽N12345 yellow")]),
        st.sampled_from([None, 1, 2]),
        st.integers(0, 40),
        st.integers(1, 20),
    ),
    max_size=3,
)


@given(hits, leaves)
def test_codes_of_a_batch_equal_the_slow_version(some, given_leave):
    entries = [
        WhitelistEntry(key, zone, Purpose.OTHER, START_US + h * HOUR_US, START_US + (h + n) * HOUR_US, "王")
        for key, zone, h, n in given_leave
    ]
    table = np.array(some, np.int64).reshape(-1, 3)
    device, version, at_us = table[:, 0], table[:, 1], START_US + table[:, 2] * HOUR_US
    codes = hit_codes(device, version, version, at_us, SUBJECTS, TERMS, by_subject(entries), RULES, Calendar())
    expected = [slow_code(*row, entries) for row in zip(device.tolist(), version.tolist(), at_us.tolist(), strict=True)]
    assert codes.tolist() == expected


def slow_code(device, version, at_us, entries):
    subject, terms = SUBJECTS.get(device), TERMS[version]
    one = np.array([at_us])
    if not in_hours(terms, one, Calendar())[0]:
        return 0
    if subject and covers(entries, subject, version, one)[0]:
        return 0
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    return code_of(all_reasons(subject, terms, RULES, at))


def test_an_empty_batch_has_no_codes():
    none = np.zeros(0, np.int64)
    assert hit_codes(none, none, none, none, {}, {}, {}, RULES, Calendar()).tolist() == []


def test_a_version_without_terms_is_an_error():
    one = np.ones(1, np.int64)
    with pytest.raises(KeyError):
        hit_codes(one, one, one, one, {}, {}, {}, RULES, Calendar())


def test_the_code_of_an_unregistered_device():
    one = np.array([1])
    code = hit_codes(one * 9, one, one, one * START_US, {}, TERMS, {}, RULES, Calendar())[0]
    assert codes_in(int(code)) == ("unregistered",)
