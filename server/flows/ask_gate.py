"""A gate asks whether a truck may pass: the answer with its reason, kept as it was given (enforcement.md 5.6).

It reads trucks of every owner, so it runs outside the fence; the enterprise is the key's own, never the asker's word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from enforcement.alerts.answers import GateAnswer, Place, answer
from enforcement.alerts.directions import Way, towards
from enforcement.alerts.levels import highest
from enforcement.registry.plates import PlateColour, normalise_plate
from enforcement.rules.book import RuleBook
from enforcement.zones.whitelist import WhitelistEntry, at_gates
from server.flows import alert_standing, rule_book
from server.flows.alert_standing import Standing
from server.flows.gate_memory import memory_of
from server.flows.gate_subjects import AtGate, at_gate
from server.flows.refusals import Fault, Refused
from server.store import alert_leave, gate_answers, gate_questions, gates

STANDING_S, PLACE_S, SEEN_S = 1.0, 3.0, 30.0
LONGEST_PLATE = 30


@dataclass(frozen=True, slots=True)
class Question:
    """What a gate asks; `gate` is its id or its (entrance, barrier)."""

    enterprise_id: int
    gate: int | tuple[str, str]
    plate: str
    colour: str
    direction: str
    enterprise: str = ""  # the credit code or name that the asker gave, where it gave one


def ask(connection: Connection, question: Question, now: datetime) -> dict[str, Any]:
    """Answer, and the row as it is kept. Raises Refused."""
    plate, colour = _read(question)
    gate = find_gate(connection, question)
    rules, standing = standing_now(connection)
    place = place_now(connection, question.enterprise_id, now)
    subject = at_gate(connection, question.enterprise_id, plate, colour)
    found = towards(Way(question.direction), judge(connection, rules, standing, place, subject, now))
    row = _row(question, gate, subject, found, now)
    number = gate_answers.insert(connection, row)
    _note_seen(connection, gate["id"], now)
    alert = found.alert
    told = {"alert_level": str(alert.level), "alert_document": alert.document} if alert else {}
    return {"alert_level": None, "alert_document": None, **row, "id": number, **told}


def judge(
    connection: Connection, rules: RuleBook, standing: Standing, place: Place, subject: AtGate, at: datetime
) -> GateAnswer:
    """The answer of the pure room; leave is looked for where an alert holds."""
    leave: list[WhitelistEntry] = []
    if subject.has_leave and subject.truck_id and highest(standing.alerts, place.division, at):
        leave = alert_leave.of_trucks(connection, [subject.truck_id]).get(subject.truck_id, [])
    own = at_gates(leave, place.enterprise_id)
    return answer(rules, standing.measures, standing.alerts, place, subject.truck, own, at)


def _read(question: Question) -> tuple[str, str]:
    plate = normalise_plate(question.plate)
    faults = []
    if not 2 <= len(plate) <= LONGEST_PLATE:
        faults.append(Fault("plate", f"请填写 2 至 {LONGEST_PLATE} 字的号牌", "Give the plate"))
    if question.colour not in set(PlateColour):
        faults.append(Fault("colour", "请填写号牌颜色", "Give the plate colour"))
    if question.direction not in set(Way):
        faults.append(Fault("direction", "请填写进出方向", "Give the direction"))
    if faults:
        raise Refused(faults)
    return plate, question.colour


def find_gate(connection: Connection, question: Question) -> Mapping[str, Any]:
    """The gate that asks. Raises Refused where the enterprise has none like it, or it is closed."""
    enterprise_id, which = question.enterprise_id, question.gate

    def look_up() -> object:
        if isinstance(which, int):
            return gate_questions.find_gate(connection, enterprise_id, which)
        return gate_questions.find_gate_at(connection, enterprise_id, *which)

    kept = memory_of(connection.engine, "gate", PLACE_S).get((enterprise_id, which), look_up)
    gate = cast("Mapping[str, Any] | None", kept)
    if gate is None or gate["state"] != "active":
        zh, en = "本企业没有这个门禁，或已停用", "The enterprise has no such gate in use"
        raise Refused([Fault("gate", zh, en)])
    if question.enterprise and question.enterprise not in (gate["credit_code"], gate["enterprise"]):
        raise Refused([Fault("enterprise", "密钥不属于该企业", "The key is not that of this enterprise")])
    return gate


def standing_now(connection: Connection) -> tuple[RuleBook, Standing]:
    """Rules, alerts and measures as they stand, at most a second or two old."""

    def look_up() -> object:
        return rule_book.current(connection), alert_standing.current(connection)

    kept = memory_of(connection.engine, "standing", STANDING_S).get("standing", look_up)
    return cast("tuple[RuleBook, Standing]", kept)


def place_now(connection: Connection, enterprise_id: int, now: datetime) -> Place:
    """The enterprise as measures ask of it, a few seconds old at the most."""

    def look_up() -> object:
        return alert_standing.place_of(connection, enterprise_id, now)

    return cast(Place, memory_of(connection.engine, "place", PLACE_S).get(enterprise_id, look_up))


def _note_seen(connection: Connection, gate_id: int, now: datetime) -> None:
    """Who asks is alive; written down twice a minute."""

    def look_up() -> object:
        gates.seen(connection, gate_id, now)
        return now

    memory_of(connection.engine, "seen", SEEN_S).get(gate_id, look_up)


def _row(
    question: Question, gate: Mapping[str, Any], subject: AtGate, found: GateAnswer, now: datetime
) -> dict[str, Any]:
    law = next((rule.value for rule in found.rules if rule.id == "law.air"), None)
    return {
        "asked_at": now, "gate_id": gate["id"], "enterprise_id": question.enterprise_id, "plate": subject.truck.plate,
        "plate_colour": str(subject.truck.plate_colour), "direction": question.direction, "answer": str(found.answer),
        "reason_code": found.reason.code, "reason_zh": found.reason.zh, "reason_en": found.reason.en, "law": law,
        "rule_keys": [rule.key for rule in found.rules], "measure_keys": list(found.measures),
        "alert_id": found.alert.id if found.alert else None, "whitelist_id": found.whitelist_id,
        "truck_id": subject.truck_id, "facts": subject.facts, "valid_until": found.valid_until, "source": "platform",
    }  # fmt: skip
