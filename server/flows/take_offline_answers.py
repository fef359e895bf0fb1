"""What a gate decided by itself while it was cut off, told afterwards: by its list or by the policy; kept once.

The same gate, moment, plate and direction is the same decision, however often it is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from enforcement.registry.plates import normalise_plate
from server.flows import gate_rules
from server.flows.ask_gate import Question, find_gate, standing_now
from server.flows.gate_subjects import at_gate
from server.flows.record_lift import AHEAD
from server.flows.refusals import Fault, Refused
from server.store import gate_answers, gate_lists

REASONS = {
    ("list", "allow"): ("按离线名单放行。", "Let through by the off-line list."),
    ("list", "deny"): ("按离线名单禁止通行。", "Turned back by the off-line list."),
    ("list", "check"): ("按离线名单人工核对。", "Looked at by a person, by the off-line list."),
    ("policy", "allow"): ("平台无法连接，按断网策略放行并标记。", "Platform out of reach: let through, flagged."),
    ("policy", "deny"): ("平台无法连接，按断网策略禁止通行。", "Platform out of reach: turned back."),
    ("policy", "check"): ("平台无法连接，人工核对。", "Platform out of reach: a person looked."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a gate; `list_id` where it went by a list."""

    gate: int | tuple[str, str]
    at: datetime
    plate: str
    colour: str
    direction: str
    answer: str
    source: str
    list_id: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one decision: taken, repeated or refused with its faults; the answer's id where there is one."""

    outcome: Literal["taken", "repeated", "refused"]
    answer_id: int | None = None
    faults: tuple[Fault, ...] = ()


def take(connection: Connection, enterprise_id: int, decisions: Sequence[Decision], now: datetime) -> list[Taken]:
    """Keep them, one by one; a wrong one refuses nothing but itself."""
    gate_answers.lock_offline(connection, enterprise_id)  # two that send the same come one after the other
    return [_take(connection, enterprise_id, one, now) for one in decisions]


def _take(connection: Connection, enterprise_id: int, one: Decision, now: datetime) -> Taken:
    try:
        gate = find_gate(connection, Question(enterprise_id, one.gate, one.plate, one.colour, one.direction))
        _check(connection, enterprise_id, one, now)
    except Refused as refused:
        return Taken("refused", None, refused.faults)
    plate = normalise_plate(one.plate)
    known = gate_answers.find_offline(connection, gate["id"], one.at, plate, one.colour, one.direction)
    if known is not None:
        return Taken("repeated", known)
    subject = at_gate(connection, enterprise_id, plate, one.colour)
    zh, en = REASONS[one.source, one.answer]
    row = {
        "asked_at": one.at, "gate_id": gate["id"], "enterprise_id": enterprise_id, "plate": plate,
        "plate_colour": one.colour, "direction": one.direction, "answer": one.answer,
        "reason_code": f"by_{one.source}", "reason_zh": zh, "reason_en": en, "rule_keys": [], "measure_keys": [],
        "truck_id": subject.truck_id, "facts": subject.facts, "source": one.source, "list_id": one.list_id,
    }  # fmt: skip
    return Taken("taken", gate_answers.insert(connection, row))


def _check(connection: Connection, enterprise_id: int, one: Decision, now: datetime) -> None:
    days = gate_rules.seconds(standing_now(connection)[0], "late_days", now)
    faults = []
    if one.at > now + AHEAD:
        faults.append(Fault("at", "时间不能晚于现在", "It cannot have been after now"))
    if one.at < now - timedelta(days=days):
        zh, en = f"超过 {days:.0f} 天的记录不再接收", f"What is older than {days:.0f} days is not taken"
        faults.append(Fault("at", zh, en))
    if not normalise_plate(one.plate):
        faults.append(Fault("plate", "请填写号牌", "Give the plate"))
    if (one.source == "list") != (one.list_id is not None):
        zh, en = "按名单决定时须填写名单编号", "A decision by the list names it, one by the policy none"
        faults.append(Fault("list_id", zh, en))
    elif one.list_id is not None and not gate_lists.held_at(connection, one.list_id, enterprise_id, one.at):
        faults.append(Fault("list_id", "该名单当时无效", "This list did not hold at that moment"))
    if faults:
        raise Refused(faults)
