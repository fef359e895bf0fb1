"""A barrier was lifted by hand: who, when, why (HJ 1321). What a gate sends twice is kept once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from enforcement.registry.plates import PlateColour, normalise_plate
from enforcement.rules.book import get_rule
from server.flows import rule_book
from server.flows.refusals import Fault, Refused
from server.store import audit, gate_lifts, gates
from server.store.audit import Actor
from server.store.gate_lifts import REASONS
from server.store.scopes import Scope

AHEAD = timedelta(minutes=5)  # a gate's clock may go before ours by so much
LONGEST_PLATE, LONGEST_PERSON, LONGEST_NOTE, LONGEST_KEY = 30, 60, 500, 100


@dataclass(frozen=True, slots=True)
class Lift:
    """What is told of a lift; plate and colour are empty where it was for nobody's truck."""

    gate_id: int | None
    at: datetime | None
    person: str
    reason: str
    plate: str = ""
    plate_colour: str = ""
    direction: str = ""
    note: str = ""
    answer_id: int | None = None
    source_key: str | None = None


def record(connection: Connection, actor: Actor, scope: Scope, lift: Lift, now: datetime) -> tuple[int, bool]:
    """Keep it: (its id, whether it is new). Raises Refused."""
    gate = gates.find_one(connection, scope, lift.gate_id) if lift.gate_id else None
    faults = list(_faults(connection, lift, now))
    if gate is None:
        faults.insert(0, Fault("gate", "请选择门禁", "Choose the gate"))
    elif lift.answer_id is not None and not gate_lifts.answer_fits(connection, lift.answer_id, gate["enterprise_id"]):
        faults.append(Fault("answer_id", "没有这条门禁应答", "There is no such answer of the gate"))
    if faults or gate is None:
        raise Refused(faults)
    values = {
        "gate_id": gate["id"], "enterprise_id": gate["enterprise_id"], "at": lift.at,
        "plate": normalise_plate(lift.plate) or None, "plate_colour": lift.plate_colour or None,
        "direction": lift.direction or None, "person": lift.person.strip(), "reason": lift.reason,
        "note": lift.note.strip() or None, "answer_id": lift.answer_id, "source_key": lift.source_key,
        "recorded_by": actor.user_id,
    }  # fmt: skip
    number, new = gate_lifts.put(connection, values)
    if new:
        told = {name: values[name] for name in ("gate_id", "at", "plate", "person", "reason", "note", "source_key")}
        audit.append(connection, actor, "gate_lift.record", "gate_lift", number, told)
    return number, new


def _faults(connection: Connection, lift: Lift, now: datetime) -> Iterator[Fault]:
    yield from _time_faults(connection, lift.at, now)
    if lift.reason not in REASONS:
        yield Fault("reason", "请选择抬杆原因", "Choose why it was lifted")
    if not 1 <= len(lift.person.strip()) <= LONGEST_PERSON:
        yield Fault("person", "请填写抬杆人", "Name who lifted it")
    if lift.reason == "other" and len(lift.note.strip()) < 2:
        yield Fault("note", "原因为“其他”时请写明说明", "With the reason “other” say why in the note")
    if len(lift.note.strip()) > LONGEST_NOTE:
        yield Fault("note", f"最多 {LONGEST_NOTE} 字", f"At most {LONGEST_NOTE} characters")
    if len(normalise_plate(lift.plate)) > LONGEST_PLATE:
        yield Fault("plate", f"最多 {LONGEST_PLATE} 字", f"At most {LONGEST_PLATE} characters")
    if lift.plate.strip() and lift.plate_colour not in set(PlateColour):
        yield Fault("plate_colour", "请选择号牌颜色", "Choose the plate colour")
    if lift.direction not in {"", "in", "out"}:
        yield Fault("direction", "请选择进出方向", "Choose in or out")


def _time_faults(connection: Connection, at: datetime | None, now: datetime) -> Iterator[Fault]:
    days = get_rule(rule_book.current(connection), "gates.late_days", now).number
    if at is None:
        yield Fault("at", "请填写抬杆时间", "Say when it was lifted")
    elif at > now + AHEAD:
        yield Fault("at", "抬杆时间不能晚于现在", "It cannot have been lifted after now")
    elif at < now - timedelta(days=days):
        yield Fault("at", f"超过 {days:.0f} 天的记录不再接收", f"What is older than {days:.0f} days is not taken")
