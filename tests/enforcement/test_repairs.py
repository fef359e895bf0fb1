"""Repairs and re-tests, and whom a case is against (section 3; section 11, case 7)."""

from dataclasses import replace
from datetime import date

import pytest

from enforcement.cases.parties import Party, PartyKind, fine_refusal, home_city, is_foreign, masked, masked_plate
from enforcement.cases.repairs import RepairRecord, Retest, is_overdue, owes_repair, retest_refusal, scrap_advice
from enforcement.registry.plates import PlateColour
from enforcement.registry.subjects import Truck
from enforcement.rules.book import RuleBook
from enforcement.rules.penalties import Offence

CASES = "repairs.yaml"
DAY = date(2026, 9, 1)


def record_of(case, beijing):
    given = case.get("record", {})
    if given is None:
        return None
    record = RepairRecord("M1", "2026-0042", beijing(date(2026, 9, 8)), beijing(date(2026, 9, 10)), 2)
    return replace(record, **given)


def book_with(rules, rule_id, value):
    rows = tuple(replace(row, value=value) if row.id == rule_id else row for row in rules.rows)
    return RuleBook(rows)


def test_retest(case, rules, beijing):
    book = book_with(rules, "repair.retest_place", case["place"]) if "place" in case else rules
    test = Retest(beijing(case["at"]), case.get("station", "A"), case.get("first"))
    refusal = retest_refusal(book, case["state"], record_of(case, beijing), test)
    assert (refusal and refusal.code) == case["refused"]


def test_fine(case):
    refusal = fine_refusal(case["plate"], case["category"])
    assert (refusal is not None) is case["refused"]
    if refusal:
        assert "tractor" in refusal.en and "牵引车" in refusal.zh


def test_home(case, rules, beijing):
    assert home_city(rules, case["plate"], beijing(DAY)) == case["city"]
    assert is_foreign(rules, case["plate"], "211300", beijing(DAY)) is case["foreign"]


def test_masked(case):
    shown = masked(Party(PartyKind(case["kind"]), case["party"], case["code"], phone="13800000000"))
    assert (shown.name, shown.code, shown.phone) == (case["shown"], case["shown_code"], None)


def test_masked_plate(case):
    assert masked_plate(case["plate"]) == case["shown"]


def test_scrap(case, rules, beijing):
    assert (scrap_advice(rules, case["failed"], beijing(DAY)) is not None) is case["advised"]


def test_overdue(case):
    assert is_overdue(case["state"], date(2026, 10, 8), case["today"]) is case["late"]


def test_one_plate_in_two_colours_is_two_vehicles():
    """Case 7: the key of a truck is plate and colour."""
    blue, yellow = (Truck(plate="辽N12345", plate_colour=colour) for colour in (PlateColour.BLUE, PlateColour.YELLOW))
    assert blue != yellow


@pytest.mark.parametrize(
    ("offences", "owed"),
    [
        ([Offence.TRUCK_ZONE_BREACH], False),
        ([Offence.ZONE_BREACH, Offence.UNREGISTERED_MACHINE], False),
        ([Offence.ZONE_BREACH, Offence.OVER_LIMIT], True),
        ([Offence.VISIBLE_SMOKE], True),
        ([], False),
    ],
)
def test_what_must_be_repaired(offences, owed):
    assert owes_repair(offences) is owed
