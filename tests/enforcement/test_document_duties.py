"""Duties before a document is issued (section 11, cases 8, 14, 15, 16, 18)."""

from datetime import date

import pytest

from enforcement.cases.document_duties import DOCUMENT_WORDS, DocumentKind, Facts, duties, hearing_offered
from enforcement.rules.penalties import Level

CASES = "documents.yaml"
DUTIFUL = {
    "acted_at": date(2026, 8, 20),
    "issued_at": date(2026, 9, 20),
    "text": "依据《生态环境法典》第1127条第1款",
    "signer": "city",
    "area": "211300",
    "amount_cny": 5000,
    "states_hearing_right": True,
    "notice_served_on": date(2026, 9, 10),
    "hearing_due_on": date(2026, 9, 17),
    "discussed": True,
}


def facts_of(given, beijing):
    values = {**DUTIFUL, **given}
    for name in ("acted_at", "issued_at"):
        values[name] = beijing(values[name])
    return Facts(**{**values, "signer": Level(values["signer"])})


def test_duties(case, rules, beijing):
    found = duties(rules, DocumentKind(case["kind"]), facts_of(case["facts"], beijing))
    assert [refusal.code for refusal in found] == case["refused"]
    assert all(refusal.zh and refusal.en for refusal in found)


def test_every_kind_has_words_and_can_be_asked_about(rules, beijing):
    assert set(DOCUMENT_WORDS) == set(DocumentKind)
    for kind in DocumentKind:
        assert duties(rules, kind, facts_of({}, beijing)) == ()


@pytest.mark.parametrize(
    ("amount", "is_person", "offered"), [(4999, True, False), (5000, True, True), (5000, False, False)]
)
def test_hearing_offered(amount, is_person, offered, rules, beijing):
    assert hearing_offered(rules, amount, is_person, beijing(date(2026, 9, 1))) is offered
