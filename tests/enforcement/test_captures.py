"""When a capture is evidence, who may review it, whose plate it is, what a reviewer is warned of."""

from datetime import UTC, date, datetime, timedelta

import pytest

from enforcement.captures.records import (
    Ground,
    GroundRecord,
    OnFile,
    Seen,
    assess,
    ground_states,
    hit_window,
    neighbour_m,
    pass_window,
    sort_plates,
    warnings,
)
from enforcement.captures.reviews import RejectReason, Result, Review, fault_of, may_open_case, refusal, status_of
from enforcement.rules.book import RuleMissing

CASES = "captures.yaml"
AT = datetime(2026, 9, 1, 4, tzinfo=UTC)
BEGIN, END = date(2026, 3, 1), date(2027, 2, 28)


def test_standing(case, rules, beijing):
    held = [kind for kind in Ground if kind not in case.get("without", [])]
    grounds = [GroundRecord(kind, "朝环〔2026〕1号", BEGIN, END) for kind in held]
    found = assess(rules, grounds, beijing(case["captured"]), case.get("images", 3), case.get("drift", 0.0))
    assert found.standing == case["standing"]
    assert [reason.code for reason in found.reasons] == case["reasons"]
    assert all(reason.zh and reason.en for reason in found.reasons)


def test_a_day_before_the_rule_book_has_no_standing(rules):
    with pytest.raises(RuleMissing):
        assess(rules, [], datetime(2015, 12, 31, 15, 59, tzinfo=UTC), 3, 0.0)


def review(given):
    who, what, *plate = given
    if what in set(RejectReason):
        return Review(ord(who), Result.REJECTED, RejectReason(what))
    number, colour = plate or ("辽N12345", "yellow")
    return Review(ord(who), Result(what), None, number, colour)


def test_reviews(case):
    assert status_of([review(given) for given in case["reviews"]]) == case["status"]


def test_refused(case):
    found = refusal([review(given) for given in case["reviews"]], ord(case["by"]))
    assert (found.code if found else None) == case["code"]


def test_faults(case):
    found = fault_of(review(case["review"]))
    assert (found[0] if found else None) == case["field"]


def test_plates(case):
    found = sort_plates(*case["given"])
    assert [found.plate, found.colour, found.trailer] == case["kept"]


def test_warned(case, rules):
    seen = Seen(**{"plate": "辽N12345", "colour": "yellow", **case.get("seen", {})})
    on_file = OnFile(**case["on_file"]) if "on_file" in case else None
    found = warnings(rules, seen, on_file, case.get("other_colours", []), AT)
    assert [one.code for one in found] == case["codes"]


def test_ground_state(case, rules):
    records = [GroundRecord(Ground.SITE_PUBLISHED, "x", first, last) for first, last in case["records"]]
    states = {state.kind: state for state in ground_states(rules, records, AT)}
    state = states[Ground.SITE_PUBLISHED]
    assert (state.held, state.until, state.runs_out) == (case["held"], case["until"], case["runs_out"])
    assert set(states) == set(Ground)


def test_windows_are_rows_of_the_rule_book(rules):
    assert pass_window(rules, AT) == (AT - timedelta(seconds=120), AT + timedelta(seconds=120))
    assert neighbour_m(rules, AT) == 1000
    assert hit_window(rules, AT) == timedelta(days=180)


@pytest.mark.parametrize("status", ["first_review", "second_review", "disputed", "rejected", "duplicate"])
def test_only_a_confirmed_one_that_is_evidence_opens_a_case(status):
    assert may_open_case("confirmed", "evidence")
    assert not may_open_case("confirmed", "void")
    assert not may_open_case(status, "evidence")
