"""The number on a machine against the register: missing, different, a better stage painted on (notice 655 of 2019)."""

from __future__ import annotations

from datetime import datetime

from enforcement.measurements.items import found, judged, not_judged
from enforcement.measurements.judgement import Item, Judgement, Measured, Method
from enforcement.measurements.readings import CodingCheck
from enforcement.registry.machine_numbers import check_machine_number, normalise_machine_number, tamper_alert
from enforcement.registry.stages import Stage, read_stage
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.rules.penalties import Offence
from enforcement.sentences import Sentence, said

_METHOD = Method.CODING_CHECK


def judge(rules: RuleBook, readings: CodingCheck, subject: Measured, at: datetime, area: str) -> Judgement:
    """Fails where number and register differ; a machine without either is not registered."""
    rule = get_rule(rules, "coding.number_required", at, area)
    if subject.is_truck or rule.value is not True:
        return not_judged(_METHOD, _not_a_machine())
    seen = normalise_machine_number(readings.number_seen)
    registered = normalise_machine_number(subject.registration_no)
    unregistered = not seen and not registered
    return judged(
        _METHOD,
        (_item(seen, registered, rule),),
        offences=(Offence.UNREGISTERED_MACHINE,) if unregistered else (),
        doubts=(_difference(seen, registered), *_stage_doubts(seen, readings, subject)),
    )


def _item(seen: str, registered: str, rule: Rule) -> Item:
    wanted = registered or None
    if not seen:
        return found("number_seen", "none", wanted, True, rule)
    over = tamper_alert(seen, registered) is not None if registered else None
    return found("number_seen", seen, wanted, over, rule)


def _difference(seen: str, registered: str) -> Sentence | None:
    if seen and registered:
        return tamper_alert(seen, registered)
    if seen:
        return said("not_in_register", seen=seen)
    if registered:
        return said("number_not_shown", registered=registered)
    return None


def _stage_doubts(seen: str, readings: CodingCheck, subject: Measured) -> tuple[Sentence, ...]:
    """The stage digit against the register, and the register against the plate."""
    stage = None if subject.stage is Stage.UNKNOWN else str(subject.stage)
    digit = check_machine_number(seen, stage) if seen else ()
    doubts = [Sentence(doubt.code, doubt.zh, doubt.en) for doubt in digit]
    plate = read_stage(readings.stage_plate) if readings.stage_plate else None
    if plate is not None and stage is not None and plate != stage:
        doubts.append(said("plate_stage_differs", plate=plate, stage=stage))
    return tuple(doubts)


def _not_a_machine() -> Sentence:
    return said("coding_for_machines")
