"""APL 44, 45: a party pleads between the notice and the end of the days for it; the bureau hears it first."""

from enforcement.cases.pleading import pleading_refusal, unanswered_warning
from enforcement.cases.states import State

CASES = "pleading.yaml"


def test_pleading(case):
    found = pleading_refusal(State(case["state"]))
    assert (found.code if found else None) == case.get("refused")


def test_unanswered(case):
    assert (unanswered_warning(case["action"], case["waiting"]) is not None) is case["warned"]
