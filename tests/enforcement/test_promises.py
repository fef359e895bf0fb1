"""What grades promise of transport, and whether counts keep it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from enforcement.grades.promises import Certainty, Kind, Promise, Verdict, check, in_force, read_promise, shipped
from enforcement.registry.stages import Stage
from enforcement.rules.book import get_rule

CASES = "promises.yaml"
DAY = date(2026, 9, 1)


def promise(**changes):
    row = Promise(
        "b_road", 1, "", "B", Kind.ROAD, Decimal(70), Stage.V, date(2020, 7, 1), None, "x", Certainty.UNCONFIRMED, "x",
        "x", "x",
    )  # fmt: skip
    return replace(row, **changes)


def test_check(case, rules, beijing):
    is_machine = case.get("machine", False)
    order = [
        Stage(code) for code in get_rule(rules, f"stages.{'machine' if is_machine else 'truck'}", beijing(DAY)).words
    ]
    row = promise(subject=Kind.MACHINE, least_stage=Stage.III) if is_machine else promise()
    counts = {tuple(name.split("/")): number for name, number in case["counts"].items()}
    found = check(row, counts, order)
    assert (found.verdict, found.good) == (Verdict(case["verdict"]), case.get("good", 0))
    assert found.total == sum(counts.values()) and found.sentence.zh and found.sentence.en


def test_the_newest_revision_that_has_begun_stands():
    old, new = promise(), promise(revision=101, from_on=date(2026, 9, 1), share_pct=Decimal(80))
    assert in_force([old, new], "steel", "B", date(2026, 8, 31)) == (old,)
    assert in_force([old, new], "steel", "B", date(2026, 9, 1)) == (new,)
    assert in_force([old, replace(new, withdrawn=True)], "steel", "B", DAY) == ()
    assert in_force([old], "steel", "A", DAY) == ()
    assert in_force([promise(to_on=DAY)], "steel", "B", DAY) == ()


def test_a_row_of_the_industry_stands_in_place_of_the_general_one():
    own = promise(key="b_road_steel", industry="steel")
    general, machines = promise(), promise(key="b_machine", subject=Kind.MACHINE)
    assert in_force([general, own, machines], "steel", "B", DAY) == (machines, own)
    assert in_force([general, own, machines], "cement", "B", DAY) == (machines, general)


def test_shipped_rows_await_the_bureau():
    assert len({row.name for row in shipped()}) == len(shipped()) == 15
    assert {row.certainty for row in shipped()} == {Certainty.UNCONFIRMED}
    assert all(row.zh and row.en and row.legal_basis and row.source and row.revision < 101 for row in shipped())


def test_a_wrong_row_names_its_place():
    with pytest.raises(ValueError, match=r"x\.yaml, promise 3"):
        read_promise({"grade": "E"}, "x.yaml, promise 3")
