"""Amounts, the limit for decisions on the spot, and who may sign."""

from datetime import date

import pytest

from enforcement.rules.penalties import Level, Offence, late_charge, on_the_spot_refusal, proposed, signer_refusal

CASES = "penalties.yaml"


def test_fine(case, rules, beijing):
    decided = beijing(case["decided"]) if "decided" in case else None
    proposal = proposed(rules, Offence(case["offence"]), beijing(case["acted"]), case["machines"], decided)
    assert proposal.amount_cny == case["amount"]
    assert proposal.rule.legal_basis == case["basis"]
    assert [question.code for question in proposal.questions] == case["asked"]


def test_on_the_spot(case, rules, beijing):
    refusal = on_the_spot_refusal(rules, case["amount"], case["person"], beijing(date(2026, 9, 1)))
    assert (refusal is not None) is case["refused"]


def test_late(case, rules, beijing):
    charge = late_charge(rules, case["amount"], case["due"], case["paid"], beijing(date(2026, 9, 20)))
    assert charge == case["charge"]


def test_signer(case, rules, beijing):
    refusal = signer_refusal(rules, Level(case["level"]), beijing(case["signed"]))
    assert (refusal is not None) is case["refused"]


def test_no_machine_no_proposal(rules, beijing):
    with pytest.raises(ValueError, match="at least one"):
        proposed(rules, Offence.OVER_LIMIT, beijing(date(2026, 9, 1)), machines=0)
