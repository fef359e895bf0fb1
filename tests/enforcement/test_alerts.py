"""Section 11, cases 12 and 17: the gate in an alert, the terminal that is silent while its truck moves."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.alerts.answers import Answer, Place, answer
from enforcement.alerts.levels import Alert, AlertLevel
from enforcement.alerts.measures import shipped
from enforcement.registry.categories import TruckCategory
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Truck
from enforcement.rules.book import BEIJING, load
from enforcement.violations.silent_terminals import Sighting, silence_lead
from enforcement.zones.terms import Purpose
from enforcement.zones.whitelist import WhitelistEntry

CASES = "alerts.yaml"
NOW = datetime(2026, 11, 24, 12, tzinfo=BEIJING)


@pytest.fixture
def truck(case):
    category = TruckCategory(case.get("category", "heavy_goods"))
    return Truck("辽N12345", PlateColour.YELLOW, category=category, stage=Stage(case["stage"]))


def bulk_site(trips):
    return Place(1, "211302", frozenset({"large_user"}), trips_per_day=trips)


def test_gate_answers(case, rules, beijing, truck):
    lifted = beijing(case["lifted"]) if "lifted" in case else None
    alert = Alert(
        3, AlertLevel(case["level"]), case.get("area", "2113"), NOW - timedelta(days=4), lifted, "朝政预〔2026〕3号"
    )
    leave = []
    if "leave" in case:
        ends = beijing(case["leave_ends"]) if "leave_ends" in case else NOW + timedelta(days=30)
        span = (round(moment.timestamp() * 1e6) for moment in (NOW - timedelta(days=30), ends))
        leave = [
            WhitelistEntry(
                ("plate", "辽N12345 yellow"), None, Purpose(case["leave"]), *span, "朝阳市生态环境局", entry_id=7
            )
        ]
    at = beijing(case["at"]) if "at" in case else NOW
    found = answer(rules, shipped(), [alert], bulk_site(case["trips"]), truck, leave, at)
    assert found.answer == case["answer"]
    assert found.is_logged == case.get("logged", True)
    assert found.whitelist_id == (7 if found.reason.code == "whitelisted" else None)
    assert found.reason.zh
    assert found.reason.en
    assert (found.alert is None) == (not found.measures), "what an alert decided names its rows"


def test_silences(case, rules):
    silent_from = NOW - timedelta(days=case["days"])
    seen = [Sighting(silent_from + timedelta(days=day), "gate") for day in case["seen"]]
    found = silence_lead(rules, silent_from, seen, NOW)
    assert (found is not None) == case["lead"]
    if found is not None:
        assert found.rule.legal_basis
        assert "线索" in found.sentence.zh or "核查" in found.sentence.zh


@given(st.sampled_from(list(Stage)), st.floats(0, 1000), st.sampled_from(list(AlertLevel)))
def test_a_higher_level_never_lets_in_what_a_lower_one_keeps_out(stage, trips, level):
    rules = load()
    truck = Truck("辽N12345", PlateColour.YELLOW, category=TruckCategory.HEAVY_TRACTOR, stage=stage)
    begun = NOW - timedelta(days=1)

    def given_at(of):
        alert = Alert(3, of, "2113", begun, None, "x")
        return answer(rules, shipped(), [alert], bulk_site(trips), truck, [], NOW).answer

    if given_at(level) is Answer.DENY:
        higher = list(AlertLevel)[list(AlertLevel).index(level) :]
        assert {given_at(one) for one in higher} == {Answer.DENY}
