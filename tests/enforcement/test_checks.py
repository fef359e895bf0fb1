"""The checks, case by case, and the number a verdict is kept as."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.checks import CHECKS, all_reasons
from enforcement.zones.reasons import Reason, ReasonCode, code_of, codes_in
from enforcement.zones.terms import Purpose
from enforcement.zones.terms_json import from_json

CASES = "banned_visit.yaml"


def test_reasons(case, rules, beijing, subject_of):
    purposes = [Purpose(name) for name in case.get("purposes", [])]
    at = beijing(date(2026, 9, 1))
    found = all_reasons(subject_of(case), from_json(case["terms"]), rules, at, purposes)
    assert [reason.code for reason in found] == case["reasons"]
    assert {reason.is_firm for reason in found} == ({case["firm"]} if found else set())
    for reason in found:
        assert re.search(r"[一-鿿]", reason.zh) and reason.en.isascii()
        assert (reason.offence is not None) or not reason.is_firm


def test_every_check_is_listed_once():
    assert len({check.id for check in CHECKS}) == len(CHECKS)


@given(st.frozensets(st.sampled_from(ReasonCode)))
def test_the_number_of_a_verdict_says_its_reasons(codes):
    assert set(codes_in(code_of(Reason(code, "因", "why") for code in codes))) == codes


@pytest.mark.parametrize(("code", "bit"), [("stage_too_low", 1), ("not_coded", 4), ("not_active", 2048)])
def test_bits_never_change_their_meaning(code, bit):
    assert code_of([Reason(ReasonCode(code), "因", "why")]) == bit
