"""The urea of the SCR: concentration, level, dosing (GB 29518; CODE 226)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from enforcement.measurements.items import at_least, between, found, judged
from enforcement.measurements.judgement import Item, Judgement, Measured, Method
from enforcement.measurements.readings import Dosing, UreaCheck
from enforcement.rules.book import RuleBook, get_rule
from enforcement.rules.penalties import Offence
from enforcement.sentences import Sentence, said

_METHOD = Method.UREA_CHECK


def judge(rules: RuleBook, readings: UreaCheck, subject: Measured, at: datetime, area: str) -> Judgement:
    """Fails on bad or too little urea, and on dosing that does not work; shielded dosing is tampering."""
    shielding = get_rule(rules, "urea.tampering_dosing", at, area)
    bound = get_rule(rules, "device_check.tampering_subjects", at, area)
    is_bound = ("truck" if subject.is_truck else "machine") in bound.words
    shielded = readings.dosing in shielding.words
    items = tuple(_items(rules, readings, at, area))
    return judged(
        _METHOD,
        items,
        offences=(Offence.TAMPERING,) if shielded and is_bound else (),
        rules=(shielding, bound) if shielded else (),
        doubts=(_weak_urea(items, shielded),),
    )


def _items(rules: RuleBook, readings: UreaCheck, at: datetime, area: str) -> Iterator[Item]:
    least, most, level, faulty, shielding = (
        get_rule(rules, f"urea.{name}", at, area)
        for name in (
            "concentration_min_pct",
            "concentration_max_pct",
            "level_min_pct",
            "faulty_dosing",
            "tampering_dosing",
        )
    )
    if readings.concentration_pct is not None:
        yield between("urea_concentration", readings.concentration_pct, least, most)
    if readings.level_pct is not None:
        yield at_least("urea_level", readings.level_pct, level)
    if readings.dosing is not Dosing.UNKNOWN:
        rule = shielding if readings.dosing in shielding.words else faulty
        yield found("dosing", readings.dosing, Dosing.WORKING, readings.dosing in rule.words, rule)


def _weak_urea(items: tuple[Item, ...], shielded: bool) -> Sentence | None:
    if shielded or not any(item.over for item in items):
        return None
    return said("urea_lead")
