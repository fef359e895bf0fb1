"""Whom GB 3847-2018 covers, which limit set holds at a place, and what a failed vehicle is charged with."""

from __future__ import annotations

from datetime import datetime

from enforcement.measurements.judgement import Measured
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.rules.penalties import Offence
from enforcement.sentences import Sentence

_DIESEL = frozenset({Fuel.DIESEL, Fuel.MIXED_OIL, Fuel.BIOFUEL, Fuel.HYBRID, Fuel.OTHER, Fuel.UNKNOWN})
OFFENCES = (Offence.FAILED_INSPECTION,)


def not_covered(subject: Measured) -> Sentence | None:
    """Why the standard for diesel vehicles does not apply; None if it does or may."""
    if not subject.is_truck:
        return Sentence(
            "not_a_vehicle",
            "该方法适用于在用柴油车，不适用于非道路移动机械。",
            "This method is for diesel vehicles, not for machines.",
        )
    if subject.fuel not in _DIESEL or subject.stage is Stage.ELECTRIC:
        return Sentence(
            "not_diesel",
            "登记的燃料不是柴油，该方法不适用。",
            "The register says that it does not burn diesel: the method does not apply.",
        )
    return None


def limit(rules: RuleBook, name: str, at: datetime, area: str) -> tuple[Rule, Rule]:
    """The row of a limit in the set that holds at the place on the day, and the row that chose the set."""
    chosen = get_rule(rules, "gb3847.limit_set", at, area)
    return get_rule(rules, f"gb3847.set_{chosen.value}.{name}", at, area), chosen
