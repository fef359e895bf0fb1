"""Whom GB 3847-2018 covers, which limit set holds at a place, and what a failed vehicle is charged with."""

from __future__ import annotations

from datetime import datetime

from enforcement.measurements.judgement import Measured
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.rules.penalties import Offence
from enforcement.sentences import Sentence, said

_DIESEL = frozenset({Fuel.DIESEL, Fuel.MIXED_OIL, Fuel.BIOFUEL, Fuel.HYBRID, Fuel.OTHER, Fuel.UNKNOWN})
OFFENCES = (Offence.FAILED_INSPECTION,)


def not_covered(subject: Measured) -> Sentence | None:
    """Why the standard for diesel vehicles does not apply; None if it does or may."""
    if not subject.is_truck:
        return said("not_a_vehicle")
    if subject.fuel not in _DIESEL or subject.stage is Stage.ELECTRIC:
        return said("not_diesel")
    return None


def limit(rules: RuleBook, name: str, at: datetime, area: str) -> tuple[Rule, Rule]:
    """The row of a limit in the set that holds at the place on the day, and the row that chose the set."""
    chosen = get_rule(rules, "gb3847.limit_set", at, area)
    return get_rule(rules, f"gb3847.set_{chosen.value}.{name}", at, area), chosen
