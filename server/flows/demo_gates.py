"""Gates of the demonstration city with their devices, policies, lifts, and what they asked; loaded once."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from geo.metres import metres_per_degree
from server.flows import ask_gate, demo_subjects, record_lift, save_gate, save_gate_device, set_gate_policy
from server.flows.ask_gate import Question
from server.flows.demo_subjects import read_data
from server.flows.record_lift import Lift
from server.store import enterprises, gate_devices, gates
from server.store.audit import PLATFORM
from server.store.scopes import Scope

EVERYWHERE = Scope()
DEVICES = (("barrier", "DZ-01"), ("plate_camera", "CP-01"), ("video", "SP-01"), ("display", "XS-01"))
LIFTS = (
    ("power_cut", "停电抬杆", 26),
    ("unknown_stage", "核对随车清单为国六，放行", 5),
    ("emergency", "救护车进厂", 2),
)
ASKED = 24


def load_gates(connection: Connection, now: dt.datetime) -> int:
    """Load what is missing; how many gates were added."""
    plants = demo_subjects.enterprises()
    added = 0
    for row in read_data("gates.yaml"):
        plant = plants[row["enterprise"]]
        numbers = [_gate(connection, plant, one, now) for one in row["gates"]]
        fresh = [number for number in numbers if number is not None]
        gate = gates.find_one(connection, EVERYWHERE, fresh[0]) if fresh else None
        if gate is not None and "policy" in row:
            values = row["policy"]
            set_gate_policy.set_policy(
                connection, PLATFORM, EVERYWHERE, gate["enterprise_id"], values["when_unreachable"],
                values["list_hours"], values["reason"],
            )  # fmt: skip
            _use(connection, gate, now)
        added += len(fresh)
    return added


def _gate(connection: Connection, plant: Mapping[str, Any], row: Mapping[str, Any], now: dt.datetime) -> int | None:
    owner = enterprises.find_reference(connection, plant["credit_code"]) or 0
    if gates.find_taken(connection, owner, row["entrance_no"], row["barrier_no"], None) is not None:
        return None
    x_m, y_m = metres_per_degree(plant["lat"])
    given = {name: str(row[name]) for name in ("entrance_no", "barrier_no", "name", "person", "phone")}
    given |= {
        "enterprise": plant["credit_code"], "state": "active", "for_goods": "yes", "address": plant["address"],
        "lon": f"{plant['lon'] + row['east_m'] / float(x_m):.6f}",
        "lat": f"{plant['lat'] + row['north_m'] / float(y_m):.6f}",
        "maintenance_firm": "演示门禁运维（虚构）",
    }  # fmt: skip
    number = save_gate.add(connection, PLATFORM, EVERYWHERE, given)
    for kind, name in DEVICES:
        values = {"kind": kind, "number": f"{row['entrance_no']}{row['barrier_no']}-{name}", "state": "active"}
        save_gate_device.add(connection, PLATFORM, EVERYWHERE, number, values)
    heard = now - dt.timedelta(hours=row.get("silent_h", 0))
    gates.seen(connection, number, heard)
    known = gate_devices.of_gate(connection, number, 0)
    gate_devices.seen(connection, number, [(one["kind"], one["number"]) for one in known[:3]], heard)
    return number


def _use(connection: Connection, gate: Mapping[str, Any], now: dt.datetime) -> None:
    """What the gate asked in the last hours, and who lifted its barrier."""
    for number, (plate, colour) in enumerate(_trucks()):
        at = now - dt.timedelta(minutes=7 * number + 3)
        question = Question(gate["enterprise_id"], gate["id"], plate, colour, "in" if number % 2 else "out")
        ask_gate.ask(connection, question, at)
    for reason, note, hours in LIFTS:
        at = now - dt.timedelta(hours=hours)
        plate, colour = next(_trucks())
        lift = Lift(gate["id"], at, "演示门卫", reason, plate, colour, "in", note)
        record_lift.record(connection, PLATFORM, EVERYWHERE, lift, now)


def _trucks() -> Iterator[tuple[str, str]]:
    for row in list(demo_subjects.trucks([0]))[:ASKED]:
        yield row["plate"], row["plate_colour"]
