"""Ledgers of the demonstration plant: three weeks of passages, rows that were refused, drivers' entries that wait.

All of it goes through the flow that a gate system's own rows go through; loaded once, seen from the day of the loading.
"""

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from enforcement.rules.book import BEIJING
from server.flows import demo_subjects
from server.flows.correct_ledger import OURS
from server.flows.ledger_intake import Source
from server.flows.take_passages import take
from server.flows.take_plant import take_machines, take_vehicles
from server.store import driver_gates, ledger_passages, users
from server.store.audit import PLATFORM
from server.store.paging import Query

PLANT_ACCOUNT = "enterprise"
DIVISION = "211303"
DAYS, A_DAY, A_BATCH = 21, 26, 500
GATES = (("1", "01", "东门物流入口"), ("1", "02", "东门物流出口"))
LOADS = (("iron_ore", "in", 33), ("coal", "in", 31), ("coke", "in", 28), ("steel", "out", 30), ("slag", "out", 34))
STAGES = ("6", "6", "6", "5", "5", "5", "5", "4", "4", "3")
BAD = ({"stage": "7"}, {"plate_colour": "粉色"}, {"passed_at": "昨天上午"}, {"unit": "", "quantity": "30"})


def load_ledgers(connection: Connection, now: dt.datetime) -> int:
    """Load the ledgers if the plant has none; how many rows were taken."""
    found = users.find_by_username(connection, PLANT_ACCOUNT)
    enterprise_id = found[0].scope.enterprise_id if found else None
    if found is None or not enterprise_id:
        return 0
    if ledger_passages.find(connection, found[0].scope, Query(sort="passed_at", size=1)).rows:
        return 0
    for entrance, barrier, name in GATES:
        driver_gates.ensure(connection, enterprise_id, DIVISION, entrance, barrier, name)
    source = Source(enterprise_id, DIVISION, "gate")
    rows = list(_passages(now))
    taken = 0
    for begin in range(0, len(rows), A_BATCH):
        taken += take(connection, PLATFORM, source, rows[begin : begin + A_BATCH], now, OURS).counts["taken"]
    bad = [{**rows[-1], **one, "source_key": f"demo-bad-{number}"} for number, one in enumerate(BAD)]
    take(connection, PLATFORM, source, bad, now, OURS)
    phone = Source(enterprise_id, DIVISION, "phone", user_id=None)
    taken += take(connection, PLATFORM, phone, list(_entries(now)), now, OURS, pending=True).counts["taken"]
    return taken + _plant(connection, Source(enterprise_id, DIVISION, "hand"), now)


def _vehicles() -> list[dict[str, Any]]:
    """Trucks that come to the plant: a third are of the register, the others are foreign."""
    known = [row for row in demo_subjects.trucks([0]) if row.get("plate")][:20]
    foreign = [{"plate": f"辽G{10_000 + 317 * n % 89_999}", "plate_colour": "yellow"} for n in range(40)]
    return [*known, *foreign]


def _passages(now: dt.datetime) -> Iterator[dict[str, Any]]:
    """In and out of each load, a gate's rows in the order of their time."""
    chance, trucks = random.Random(7), _vehicles()  # noqa: S311 - invented data, the same at every start
    first = now.astimezone(BEIJING).replace(hour=6, minute=0, second=0, microsecond=0) - dt.timedelta(days=DAYS)
    for day in range(DAYS):
        for trip in range(A_DAY):
            truck, load = chance.choice(trucks), chance.choice(LOADS)
            at = first + dt.timedelta(days=day, minutes=trip * 36, seconds=chance.randrange(600))
            stage = str(truck.get("stage") or chance.choice(STAGES))
            for direction, when in (("in", at), ("out", at + dt.timedelta(minutes=chance.randrange(20, 35)))):
                row = _row(truck, stage, direction, when, f"demo-{day}-{trip}-{direction}")
                yield {**row, **_load(load, direction, chance)}


def _row(truck: dict[str, Any], stage: str, direction: str, at: dt.datetime, key: str) -> dict[str, Any]:
    return {
        "entrance_no": "1", "barrier_no": "01" if direction == "in" else "02", "direction": direction,
        "passed_at": at.isoformat(), "plate": truck["plate"], "plate_colour": truck["plate_colour"],
        "vehicle_type": "Q11", "fuel": "electric" if stage == "D" else "diesel", "stage": stage, "usage": "F",
        "control_result": "allow", "source_key": key,
    }  # fmt: skip


def _load(load: tuple[str, str, int], direction: str, chance: random.Random) -> dict[str, Any]:
    cargo, loaded, tonnes = load
    if direction != loaded:
        return {"cargo": "empty"}
    return {"cargo": cargo, "quantity": f"{tonnes + chance.random() * 3:.2f}", "unit": "t"}


def _entries(now: dt.datetime) -> Iterator[dict[str, Any]]:
    """What drivers entered at the gate this hour."""
    for number, truck in enumerate(_vehicles()[20:23]):
        row = _row(truck, STAGES[3 * number], "in", now - dt.timedelta(minutes=9 * number + 4), f"phone:demo{number}")
        row |= {"cargo": "coal", "quantity": "31.5", "unit": "t", "owner_phone": "13800000000", "control_result": ""}
        yield row


def _plant(connection: Connection, source: Source, now: dt.datetime) -> int:
    """Vehicles and machines that work inside."""
    vehicles: list[dict[str, object]] = [
        {"internal_no": f"NB-{n:03}", "fuel": fuel, "stage": stage, "model": "厂内短倒车", "networked": "yes"}
        for n, (fuel, stage) in enumerate((("diesel", "5"), ("diesel", "6"), ("electric", "D"), ("diesel", "3")), 1)
    ]
    machines: list[dict[str, object]] = [
        {"registration_number": row["registration_number"], "fuel": row["fuel"], "stage": row["stage"],
         "category": row["category"], "entered_on": "2026-03-02"}
        for row in demo_subjects.machines([0]) if row.get("registration_number")
    ][:6]  # fmt: skip
    taken = take_vehicles(connection, PLATFORM, source, vehicles, now, OURS).counts.get("taken", 0)
    return taken + take_machines(connection, PLATFORM, source, machines, now, OURS).counts.get("taken", 0)
