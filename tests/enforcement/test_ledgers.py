"""HJ 1321: rows of the ledgers as they are read, doubted, refused, and known again."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcement.ledgers.codes import Codes, code_list, limits_of, lists
from enforcement.ledgers.doubts import DOUBTS
from enforcement.ledgers.fields import LEDGERS
from enforcement.ledgers.passages import Passage, oldest_kept, read_passage
from enforcement.ledgers.plant import PlantMachine, PlantVehicle, read_machine, read_vehicle
from enforcement.ledgers.repeats import Known, Sent, decide
from enforcement.registry.fuels import FuelCodes
from enforcement.registry.plates import PlateCodes
from enforcement.rules.book import BEIJING, load

CASES = "ledgers.yaml"
NOW = datetime(2026, 11, 24, 12, tzinfo=BEIJING)
LIMITS = limits_of(load(), NOW, "211302")
ROW = {
    "entrance_no": "1",
    "barrier_no": "01",
    "direction": "1",
    "passed_at": "2026-11-24 10:00:00",
    "plate": "辽N12345",
    "plate_colour": "1",
    "vehicle_type": "H11",
    "fuel": "B",
    "stage": "5",
    "cargo": "煤",
    "quantity": "32.5",
    "unit": "吨",
}


def codes(case=None):
    case = case or {}
    return Codes(
        PlateCodes(case.get("plates", "gate")),
        FuelCodes(case.get("fuels", "gat16")),
        LIMITS,
        frozenset({"91410482MA3X945T1D"}),
    )


def test_values(case):
    row = {**ROW, **case["row"]}
    if case.get("plates", "gate") != "gate" and "plate_colour" not in case["row"]:
        raise AssertionError("a case with another list names its colour")
    found = read_passage(row, codes(case), NOW)
    if "faults" in case:
        assert [f"{fault.field} {fault.code}" for fault in found] == case["faults"]
        assert all(fault.zh and fault.en for fault in found)
        return
    assert isinstance(found, Passage), found
    for name, wanted in case.get("reads", {}).items():
        got = getattr(found, name)
        got = got.isoformat() if isinstance(got, datetime) else got
        assert (str(got) if isinstance(wanted, str) else got) == wanted, name
    if "doubts" in case:
        assert list(found.doubts) == case["doubts"]
    if "heavy" in case:
        assert found.is_heavy is case["heavy"]
    assert set(found.doubts) <= set(DOUBTS)


def test_again(case):
    digests = {"sent": b"a", "other": b"b"}

    def known(name, key):
        if name not in case:
            return None
        said = case[name]
        older = frozenset(digests[one] for one in said.get("older", []))
        return Known(
            said.get("key", key),
            digests[said.get("sha", "sent")],
            said.get("open", True),
            said.get("by_hand", False),
            older,
        )

    sent = Sent(case.get("sent_key", "a"), digests["sent"], case.get("may_correct", True))
    verdict = decide(sent, known("key", "a"), known("place", "a"))
    assert verdict.outcome == case["outcome"]
    assert (verdict.note.code if verdict.note else None) == case.get("note")


def test_every_example_of_the_tables_reads():
    for ledger, read in (("A", read_passage), ("B", read_vehicle), ("C", read_machine)):
        row = {field.name: field.example for field in LEDGERS[ledger] if field.example}
        row.pop("enterprise_code", None)
        found = read(row, codes(), NOW)
        assert not isinstance(found, tuple), found


def test_every_list_is_read_back_by_its_own_codes():
    for name in (*lists(), "plate_colour", "fuel", "stage"):
        rows = code_list(name, codes())
        assert rows and all(row.zh and row.en for row in rows), name
        assert len({row.code for row in rows}) == len(rows), name
    for name in ("direction", "vehicle_type", "fuel", "stage", "usage", "cargo", "unit", "stage_basis"):
        for row in code_list(name, codes()):
            said = {**ROW, name: row.code, **({"fuel": "P"} if (name, row.code) == ("stage", "D") else {})}
            if name == "fuel" and row.value == "electric":
                said["stage"] = "D"
            found = read_passage(said, codes(), NOW)
            assert isinstance(found, Passage), (name, row, found)
            assert getattr(found, name) == row.value


def test_vehicles_of_the_plant():
    row = {"internal_no": " nb-017 ", "fuel": "B", "stage": "3", "plate": "辽N12345", "plate_colour": "1"}
    found = read_vehicle(row, codes(), NOW)
    assert isinstance(found, PlantVehicle)
    assert (found.key, found.colour, found.stage) == ("NB-017", "yellow", "3")
    for change, wrong in (
        ({"plate_colour": None}, ("plate_colour", "pair")),
        ({"gone_on": "2026-11-24"}, ("gone_how", "pair")),
        ({"gone_on": "2026-11-25", "gone_how": "报废"}, ("gone_on", "future")),
        ({"internal_no": ""}, ("internal_no", "missing")),
        ({"internal_no": "x" * 33}, ("internal_no", "too_long")),
        ({"fuel": "C"}, ("fuel", "fuel_stage")),
    ):
        faults = read_vehicle({**row, **change}, codes(), NOW)
        assert [(fault.field, fault.code) for fault in faults] == [wrong]


def test_machines_of_the_plant():
    row = {"registration_number": "环2 FCB04871", "fuel": "B", "stage": "2", "category": "装载机", "power_kw": "162"}
    found = read_machine(row, codes(), NOW)
    assert isinstance(found, PlantMachine)
    assert (found.key, found.category, found.power_kw, found.doubts) == ("2-FCB04871", "loader", Decimal(162), ())
    other = read_machine({**row, "stage": "3"}, codes(), NOW)
    assert other.doubts == ("machine_number_stage",)
    for change, wrong in (
        ({"registration_number": None}, ("registration_number", "missing")),
        ({"left_on": "2026-01-01"}, ("left_on", "order")),
        ({"entered_on": "2026-01-02", "left_on": "2026-01-01"}, ("left_on", "order")),
        ({"category": "飞船"}, ("category", "not_in_list")),
        ({"stage": "7"}, ("stage", "stage_reserved")),
    ):
        faults = read_machine({**row, **change}, codes(), NOW)
        assert [(fault.field, fault.code) for fault in faults] == [wrong]


def test_months_back_end_on_the_last_day_of_a_short_month():
    at = datetime(2026, 3, 31, 9, tzinfo=BEIJING)
    assert oldest_kept(at, 1) == datetime(2026, 2, 28, 9, tzinfo=BEIJING)
    assert oldest_kept(datetime(2028, 3, 31, 9, tzinfo=BEIJING), 1) == datetime(2028, 2, 29, 9, tzinfo=BEIJING)
    assert oldest_kept(at, 24) == datetime(2024, 3, 31, 9, tzinfo=BEIJING)


@given(st.integers(0, 40_000_000), st.decimals(0, 90, places=3))
def test_the_same_row_has_the_same_hash_however_it_is_written(seconds, quantity):
    at = NOW.replace(tzinfo=None) - timedelta(seconds=seconds)
    local = {**ROW, "passed_at": at.isoformat(" "), "quantity": str(quantity)}
    utc = (at - timedelta(hours=8)).replace(tzinfo=UTC)
    other = {
        **ROW, "passed_at": utc.isoformat(), "quantity": float(quantity), "plate_colour": "黄", "stage": "国五",
        "owner": "", "unit": "t", "direction": "进厂", "source_key": "k",
    }  # fmt: skip
    first, second = read_passage(local, codes(), NOW), read_passage(other, codes(), NOW)
    assert first.sha256 == second.sha256
    assert first.sha256 != read_passage({**local, "owner": "某公司"}, codes(), NOW).sha256


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from("ABC"), st.data())
def test_no_value_breaks_the_reading(ledger, data):
    fields = LEDGERS[ledger]
    names = st.sampled_from([field.name for field in fields]) | st.text(max_size=5)
    row = data.draw(st.dictionaries(names, JSON, max_size=8))
    read = {"A": read_passage, "B": read_vehicle, "C": read_machine}[ledger]
    found = read({**(ROW if ledger == "A" else {}), **row}, codes(), NOW)
    if isinstance(found, tuple):
        assert all(fault.zh and fault.en and len(fault.value) <= 80 for fault in found)


@pytest.mark.parametrize("ledger", "ABC")
def test_names_and_headings_of_a_ledger_are_its_own(ledger):
    fields = LEDGERS[ledger]
    assert len({field.name for field in fields}) == len({field.zh for field in fields}) == len(fields)


def test_a_day_cell_reads():
    found = read_passage({**ROW, "registered_on": date(2019, 6, 1)}, codes(), NOW)
    assert found.registered_on == date(2019, 6, 1)
