"""Smoke by eye: above the Ringelmann limit, or visible where none may be, fails whatever the instrument says."""

from __future__ import annotations

from datetime import datetime

from enforcement.measurements.items import at_most, found
from enforcement.measurements.judgement import Item, Measured
from enforcement.measurements.readings import Finding
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.rules.smoke_limits import smoke_class_of


def seen(
    rules: RuleBook,
    grade: float | None,
    visible: Finding,
    subject: Measured,
    at: datetime,
    area: str,
) -> tuple[Item, ...]:
    """Items of what was seen; nothing for what was not looked at."""
    items = []
    if grade is not None:
        limit = "gb3847.ringelmann" if subject.is_truck else "smoke.ringelmann"
        items.append(at_most("ringelmann", grade, get_rule(rules, limit, at, area)))
    if visible is not Finding.UNKNOWN:
        rule, forbidden = _visible_rule(rules, subject, at, area)
        over = visible is Finding.YES
        if forbidden or not over:
            items.append(found("visible_smoke", str(visible), str(Finding.NO), over, rule))
    return tuple(items)


def _visible_rule(rules: RuleBook, subject: Measured, at: datetime, area: str) -> tuple[Rule, bool]:
    if subject.is_truck:
        rule = get_rule(rules, "gb3847.visible_smoke_fails", at, area)
        return rule, rule.value is True
    rule = get_rule(rules, "smoke.visible_smoke_fails_classes", at, area)
    held = smoke_class_of(rules, subject.stage, subject.zone_smoke_class, at, area)
    return rule, held is not None and held in rule.words
