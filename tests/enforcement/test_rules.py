"""The rule book reads, its rows do not overlap, and its faults are named."""

import re
from datetime import UTC, date, datetime

import pytest

from enforcement.rules.book import (
    Certainty,
    RuleBookFault,
    RuleMissing,
    day_of,
    find_rule,
    get_rule,
    in_force,
    load,
    moment,
)

CHANGE = date(2026, 8, 15)
ROW = """
- id: a
  value: 1
  unit: m
  valid_from: 2020-01-01
  valid_to: 2021-01-01
  legal_basis: x
  certainty: confirmed
  source: y
  zh: 甲
  en: a
"""


def test_no_row_cites_a_law_outside_its_days(rules):
    for row in rules.rows:
        if re.search(r"\bAPPCL\b", row.legal_basis):
            assert row.valid_to is not None and row.valid_to <= CHANGE, row.key
        elif re.search(r"\bCODE\b", row.legal_basis) and row.id != "law.air":
            assert row.valid_from >= CHANGE, row.key


def test_every_row_speaks_both_languages(rules):
    for row in rules.rows:
        assert re.search(r"[一-鿿]", row.zh), row.key
        assert row.en and not re.search(r"[一-鿿]", row.en), row.key


def test_recalled_numbers_are_unconfirmed(rules):
    for name in ("smoke_k.class_I.under_19", "visit.min_dwell_s", "unregistered_machine.fine"):
        assert rules.by_id[name][0].certainty is Certainty.UNCONFIRMED


def test_the_day_is_that_of_beijing():
    assert day_of(datetime(2026, 8, 14, 15, 59, 59, tzinfo=UTC)) == date(2026, 8, 14)
    assert day_of(datetime(2026, 8, 14, 16, tzinfo=UTC)) == CHANGE
    with pytest.raises(ValueError, match="no time zone"):
        day_of(datetime(2026, 8, 14))  # noqa: DTZ001 - the fault is the point


def test_moment_of_microseconds():
    assert moment(1_786_723_200_000_000) == datetime(2026, 8, 14, 16, tzinfo=UTC)


def test_in_force_has_one_row_of_each_rule_and_area(rules, beijing):
    for day in (date(2026, 8, 14), CHANGE):
        names = [(row.id, row.area) for row in in_force(rules, beijing(day))]
        assert len(names) == len(set(names))


def test_missing_rule_says_which_and_when(rules, beijing):
    with pytest.raises(RuleMissing, match="no rule 'nonsense'"):
        get_rule(rules, "nonsense", beijing(CHANGE))
    with pytest.raises(RuleMissing, match=r"'law.air' had no row in force on 1999-01-01; its rows hold 2016-01-01 to"):
        get_rule(rules, "law.air", beijing(date(1999, 1, 1)))
    assert find_rule(rules, "law.air", beijing(date(1999, 1, 1))) is None


def test_number_and_words_are_checked(rules, beijing):
    with pytest.raises(RuleBookFault, match="not a number"):
        _ = get_rule(rules, "law.air", beijing(CHANGE)).number
    with pytest.raises(RuleBookFault, match="not a list"):
        _ = get_rule(rules, "law.air", beijing(CHANGE)).words


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (ROW.replace("  unit: m\n", ""), r"x.yaml, rule 1 \(a\): missing or unknown: unit"),
        (ROW + "  more: 1\n", "missing or unknown: more"),
        (ROW.replace("confirmed", "sure"), "certainty must be"),
        (ROW.replace("2021-01-01", "2019-01-01"), "must come after"),
        (ROW.replace("2020-01-01", "soon"), "must be days"),
        (
            ROW + ROW.replace("2020-01-01", "2020-06-01"),
            "rule a: the rows of 2020-01-01 and 2020-06-01 overlap",
        ),
        ("a: [", "x.yaml: "),
        ("a: 1", "must be a list"),
        ("- 1", "must be a mapping"),
    ],
)
def test_a_fault_names_its_place(tmp_path, text, fault):
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleBookFault, match=fault):
        load(tmp_path)


def test_an_empty_folder_is_a_fault(tmp_path):
    with pytest.raises(RuleBookFault, match="no rule book"):
        load(tmp_path)
