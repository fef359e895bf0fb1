"""Leave by subject, zone and period; rows in and out."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from enforcement.registry.plates import PlateColour
from enforcement.registry.subjects import Machine, Truck
from enforcement.zones.terms import Purpose
from enforcement.zones.whitelist import (
    HEADER,
    WhitelistEntry,
    covering,
    covers,
    entries_of,
    parse_whitelist,
    to_rows,
)

CASES = "whitelist.yaml"
ZONES = {"一号区": 1, "二号区": 2}
TRUCK = Truck("辽N12345", PlateColour.YELLOW)
KEY = ("plate", "辽N12345 yellow")


def micros(at):
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def entry(beijing, zone=1, subject=KEY, **more):
    start, end = datetime(2026, 9, 1), datetime(2026, 10, 1)  # noqa: DTZ001 - made aware below
    period = micros(beijing(start)), micros(beijing(end))
    return WhitelistEntry(subject, zone, Purpose.PEOPLE_SUPPLY, *period, "王局长", **more)


def test_leave(case, beijing):
    leave = entry(beijing, case.get("entry_zone", 1))
    truck = Truck("辽N12345", PlateColour(case.get("colour", "yellow")))
    assert covers([leave], truck, case["zone"], np.array([micros(beijing(case["at"]))])).tolist() == [case["given"]]


def test_the_first_entry_that_gives_leave_is_named(beijing):
    entries = [entry(beijing, 2), entry(beijing, 1), entry(beijing, None)]
    at_us = np.array([micros(beijing(date(2026, 9, 2))), 0])
    assert covering(entries, TRUCK, 1, at_us).tolist() == [1, -1]
    assert covering(entries, TRUCK, 3, at_us).tolist() == [2, -1]


def test_a_machine_is_known_by_any_of_its_keys(beijing):
    leave = entry(beijing, subject=("registration_no", "2-6NA00001"))
    assert entries_of([leave], Machine("2-6NA00001", pin="P1")) == (leave,)
    assert entries_of([leave], Machine("2-6NA00002", pin="P1")) == ()


def test_rows_in():
    rows = [
        ["辽N12345", "黄", "", "一号区", "民生保障", "2026-09-01", "2026-09-30", "王局长"],
        ["", "", "环2-6NA00001", "全市", "抢险救灾", "2026/9/1 8:00", "2026-09-01 20:00", "王局长"],
        ["辽N12345", "黄", "2-6NA00001", "一号区", "其他", "2026-09-01", "2026-09-30", "王局长"],
        ["辽N12345", "", "", "一号区", "其他", "2026-09-01", "2026-09-30", "王局长"],
        ["辽N12345", "黄", "", "九号区", "旅游", "2026-09-01", "2026-09-30", ""],
        ["辽N12345", "黄", "", "一号区", "其他", "2026-09-30", "2026-09-01", "王局长"],
    ]
    parsed = parse_whitelist(HEADER, rows, ZONES)
    truck, machine = (item for _, item in parsed.good)
    assert (truck.subject, truck.zone_id, truck.purpose) == (KEY, 1, Purpose.PEOPLE_SUPPLY)
    assert (truck.valid_to_us - truck.valid_from_us) / 86_400e6 == 30
    assert (machine.subject, machine.zone_id) == (("registration_no", "2-6NA00001"), None)
    assert (machine.valid_to_us - machine.valid_from_us) / 3600e6 == 12
    assert [(item.row, item.column, item.code) for item in parsed.refused] == [
        (4, "号牌号码", "no_key"),
        (5, "号牌号码", "no_key"),
        (6, "管控区域", "not_in_list"),
        (6, "用途", "not_in_list"),
        (6, "批准人", "empty"),
        (7, "有效期止", "period"),
    ]


def test_rows_out_are_read_back(beijing):
    entries = [
        entry(beijing, note="蔬菜"),
        entry(beijing, None, ("registration_no", "2-6NA00001")),
    ]
    rows = to_rows(entries, {1: "一号区"})
    assert [item for _, item in parse_whitelist(HEADER, rows, ZONES).good] == entries
