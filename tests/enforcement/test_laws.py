"""The law of the day of the act, and what may be cited."""

from datetime import date

from enforcement.rules.laws import (
    Law,
    citation,
    citation_faults,
    continuing_act_question,
    law_of,
    lighter_law_question,
    may_cite,
)

CASES = "laws.yaml"


def test_which_law(case, rules, beijing):
    assert law_of(rules, beijing(case["acted"])) == case["law"]


def test_citations(case, rules, beijing):
    assert len(citation_faults(rules, case["text"], beijing(case["acted"]))) == case["refused"]


def test_lighter_law(case, rules, beijing):
    question = lighter_law_question(rules, beijing(case["acted"]), beijing(case["decided"]))
    assert (question is not None) is case["asked"]


def test_continuing_act(case, rules, beijing):
    question = continuing_act_question(rules, beijing(case["first"]), beijing(case["last"]))
    assert (question is not None) is case["asked"]


def test_may_cite_only_the_law_of_the_day(rules, beijing):
    assert not may_cite(rules, Law.APPCL, beijing(date(2026, 9, 1)))
    assert may_cite(rules, Law.CODE, beijing(date(2026, 9, 1)))


def test_a_basis_is_written_out():
    written = citation("CODE 230; CODE 1127(2)")
    assert written.zh == "《生态环境法典》第230条、《生态环境法典》第1127条第2款"
    assert written.en.endswith("Ecological Environment Code, art. 1127 para. 2")
    assert citation("GB 36886 table 1").zh == "GB 36886-2018 表1"
    assert citation("GB 3847-2018 annex B").zh == "GB 3847-2018 附录B"
    assert citation("EPM 18, as recalled").zh == "《生态环境行政处罚办法》第18条（凭记忆）"
    assert citation("what nobody knows").zh == "what nobody knows"
