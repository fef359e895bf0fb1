"""One act, one fine; and what a penalty must keep (section 11, cases 7, 8, 13, 18)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.cases.penalty_faults import Penalty, limitation_end, most_of, penalty_faults, reviewer_questions
from enforcement.rules.acts import Act, act_key, double_fine_refusal, family_of, one_act_question, same_act
from enforcement.rules.book import BEIJING, load
from enforcement.rules.penalties import Level, Offence, proposed

CASES = "acts.yaml"
BOOK = load()
MACHINE = {
    "subject_kind": "machine",
    "subject_id": 17,
    "acted": date(2026, 8, 20),
    "legal_basis": "CODE 1127",
    "by": "ecology",
    "signer": "city",
    "area": "211300",
}


def act_of(written, beijing, subject=17):
    offence, first, last = written
    return Act("machine", subject, family_of(Offence(offence)), beijing(first), beijing(last))


def penalty_of(given, beijing):
    values = {**MACHINE, **given}
    acted = beijing(values.pop("acted"))
    decided, found = values.pop("decided", None), values.pop("found", None)
    values["found_at"] = beijing(found) if found else None
    values |= {"offence": Offence(values["offence"]), "signer": Level(values["signer"])}
    return Penalty(
        **values,
        acted_from=acted,
        acted_to=acted,
        decided_at=beijing(decided) if decided else acted + timedelta(days=30),
    )


def test_same_act(case, rules, beijing):
    one, other = act_of(case["one"], beijing), act_of(case["other"], beijing)
    assert same_act(rules, one, other) is same_act(rules, other, one) is case["same"]
    assert (double_fine_refusal(rules, one, [other]) is not None) is case["same"]
    assert not same_act(rules, one, act_of(case["other"], beijing, subject=18))


def test_penalty_faults(case, rules, beijing):
    penalty = penalty_of(case["penalty"], beijing)
    assert [fault.code for fault in penalty_faults(rules, penalty, [])] == case["faults"]


def test_jurisdiction(case, rules, beijing):
    found = proposed(rules, Offence(case["offence"]), beijing(case["acted"]), area=case["area"])
    assert (found.amount_cny, found.code, found.points) == (case["amount"], case["code"], case["points"])
    assert [question.code for question in found.questions] == case["asked"]


def test_limitation_end(case, rules, beijing):
    assert limitation_end(rules, beijing(case["acted"]), case["harmed"]) == case["end"]


def test_questions(case, rules, beijing):
    acted, decided = beijing(case["acted"]), beijing(case["decided"])
    proposals = [proposed(rules, Offence(name), acted, decided_at=decided) for name in case["offences"]]
    asked = reviewer_questions(rules, proposals, acted, beijing(case["to"]), "machine")
    assert [question.code for question in asked] == case["asked"]


def test_whatever_source_saw_it_the_key_is_the_same(beijing):
    day = beijing(date(2026, 8, 20))
    camera = act_key("machine", 17, family_of(Offence.ZONE_BREACH), day, day + timedelta(hours=1))
    officer = act_key("machine", 17, family_of(Offence.OVER_LIMIT), day + timedelta(hours=2), day + timedelta(hours=2))
    assert camera == officer == "machine:17:machine_use:2026-08-20"


def test_the_key_is_of_the_beijing_day():
    late = datetime(2026, 8, 20, 23, 59, tzinfo=BEIJING)
    assert act_key("truck", "辽N12345", "truck_emission", late, late).endswith(":2026-08-20")


def test_a_truck_over_the_limit_is_an_act_of_truck_emission():
    assert family_of(Offence.OVER_LIMIT, "truck") is family_of(Offence.VISIBLE_SMOKE, "truck")
    assert {family_of(offence) for offence in Offence}  # every offence has a family


def test_both_paragraphs_of_1127_are_never_added_up(rules, beijing):
    """CODE 1127: one act or two is for the legal reviewer; the amount shown is the higher, not the sum."""
    both = (Offence.OVER_LIMIT, Offence.ZONE_BREACH)
    proposals = [proposed(rules, offence, beijing(date(2026, 8, 20)), machines=2) for offence in both]
    assert most_of(proposals) == 10000
    assert one_act_question(both).code == "one_act_or_more"
    assert one_act_question((Offence.OVER_LIMIT, Offence.TAMPERING)) is None
    assert one_act_question((Offence.OVER_LIMIT, Offence.OVER_LIMIT)) is None
    assert most_of([]) is None


def test_a_fine_already_given_is_named(rules, beijing):
    penalty = penalty_of({"offence": "over_limit", "amount_cny": 5000}, beijing)
    fined = [act_of(["zone_breach", date(2026, 8, 20), date(2026, 8, 20)], beijing)]
    assert [fault.code for fault in penalty_faults(rules, penalty, fined)] == ["double_fine"]


def test_an_act_does_not_end_before_it_begins(beijing):
    day = beijing(date(2026, 8, 20))
    with pytest.raises(ValueError, match="cannot end"):
        act_key("machine", 1, "x", day, day - timedelta(seconds=1))
    with pytest.raises(ValueError, match="cannot end"):
        Act("machine", 1, family_of(Offence.OVER_LIMIT), day, day - timedelta(seconds=1))


MINUTES = st.integers(0, 60 * 24 * 6)
START = datetime(2026, 8, 18, tzinfo=BEIJING)


@st.composite
def acts(draw):
    first = START + timedelta(minutes=draw(MINUTES))
    last = first + timedelta(minutes=draw(st.integers(0, 60 * 30)))
    return Act("machine", draw(st.integers(1, 2)), family_of(draw(st.sampled_from(Offence))), first, last)


@given(st.lists(acts(), max_size=12))
def test_never_two_fines_for_one_act(wanted):
    """Whatever order acts are fined in: no two fines are of one act, and no two share a key."""
    fined = []
    for act in wanted:
        if double_fine_refusal(BOOK, act, fined) is None:
            fined.append(act)
    assert len({act.key for act in fined}) == len(fined)
    for n, one in enumerate(fined):
        assert not any(same_act(BOOK, one, other) for other in fined[n + 1 :])


@given(acts(), acts())
def test_overlapping_acts_of_one_kind_are_always_one(one, other):
    same = same_act(BOOK, one, other)
    assert same is same_act(BOOK, other, one)
    if (one.subject_id, one.family) != (other.subject_id, other.family):
        assert not same
    elif one.acted_from <= other.acted_to and other.acted_from <= one.acted_to:
        assert same
