"""Parts of the emission-control system: missing, faulty, removed, bypassed, shielded (CODE 223, 226, 228).

Before 2026-08-15 APPCL 55 and 114 bound fewer subjects and did not name the remote terminal; the rows say which.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from enforcement.measurements.items import found, judged
from enforcement.measurements.judgement import Item, Judgement, Measured, Method
from enforcement.measurements.readings import DeviceCheck, DeviceFound, DeviceState
from enforcement.registry.categories import TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.rules.penalties import Offence
from enforcement.sentences import Sentence, said

_METHOD = Method.DEVICE_CHECK
_SILENT = frozenset({DeviceState.NOT_REQUIRED, DeviceState.NOT_CHECKED})
_RULES = ("parts", "missing_states", "missing_subjects", "tampering_states", "tampering_subjects", "faulty_states")


def judge(rules: RuleBook, readings: DeviceCheck, subject: Measured, at: datetime, area: str) -> Judgement:
    """Fails on any part that is not as it must be; which offence it is depends on the law of the day."""
    rows = {name: get_rule(rules, f"device_check.{name}", at, area) for name in _RULES}
    looked_at = [part for part in readings.devices if part.state not in _SILENT]
    named = [part for part in looked_at if part.device in rows["parts"].words]
    outside = [part for part in looked_at if part not in named]
    items = (*(_item(part, rows) for part in named), *(_open(part, rows["parts"]) for part in outside))
    offences = tuple(offence for part in named for offence in _offences(part, subject, rows))
    return judged(
        _METHOD,
        items,
        offences=offences,
        rules=rows.values(),
        doubts=(*_not_in_law(outside), *_nobody_bound(named, subject, rows, offences)),
    )


def _item(part: DeviceFound, rows: dict[str, Rule]) -> Item:
    for name in ("tampering_states", "missing_states", "faulty_states"):
        if part.state in rows[name].words:
            return found(part.device, part.state, DeviceState.FITTED, True, rows[name])
    return found(part.device, part.state, DeviceState.FITTED, False, rows["parts"])


def _open(part: DeviceFound, rule: Rule) -> Item:
    return found(part.device, part.state, DeviceState.FITTED, None, rule)


def _names(subject: Measured) -> frozenset[str]:
    """What the subject is called in the rows on whom a duty binds."""
    if not subject.is_truck:
        return frozenset({"machine"})
    names = {"truck"}
    if subject.is_heavy:
        names.add("heavy_truck")
        if subject.fuel in (Fuel.DIESEL, Fuel.UNKNOWN):
            names.add("heavy_diesel_truck")
    return frozenset(names)


def _offences(part: DeviceFound, subject: Measured, rows: dict[str, Rule]) -> Iterator[Offence]:
    names = _names(subject)
    if part.state in rows["tampering_states"].words and names & set(rows["tampering_subjects"].words):
        yield Offence.TAMPERING
    if part.state in rows["missing_states"].words and names & set(rows["missing_subjects"].words):
        yield Offence.DEVICE_MISSING


def _not_in_law(outside: list[DeviceFound]) -> Iterator[Sentence]:
    if outside:
        names = [str(part.device) for part in outside]
        yield said("part_not_in_law", names=("、".join(names), ", ".join(names)))


def _nobody_bound(
    named: list[DeviceFound], subject: Measured, rows: dict[str, Rule], offences: tuple[Offence, ...]
) -> Iterator[Sentence]:
    wrong = {*rows["missing_states"].words, *rows["tampering_states"].words}
    if offences or not any(part.state in wrong for part in named):
        return
    if subject.is_truck and subject.category in (None, TruckCategory.UNKNOWN):
        yield said("category_unknown")
    else:
        yield said("no_offence_of_the_day")
