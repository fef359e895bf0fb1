"""A fuel sample from a tank: sulphur and kind of fuel (GB 19147; CODE 236). The penalty is for market supervision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from enforcement.measurements.items import at_most, found, judged
from enforcement.measurements.judgement import Item, Judgement, Measured, Method
from enforcement.measurements.readings import Finding, FuelKind, FuelSample
from enforcement.rules.book import RuleBook, find_rule, get_rule
from enforcement.sentences import Sentence, said

_METHOD = Method.FUEL_SAMPLE


def judge(rules: RuleBook, readings: FuelSample, subject: Measured, at: datetime, area: str) -> Judgement:
    """Fails on too much sulphur or a kind of fuel that may not be used; not judged until sulphur is known."""
    items = tuple(_items(rules, readings, subject, at, area))
    return judged(_METHOD, items, doubts=(_hand_over(items), _open_questions(readings)))


def _items(rules: RuleBook, readings: FuelSample, subject: Measured, at: datetime, area: str) -> Iterator[Item]:
    yield at_most("sulphur", readings.sulphur_mg_kg, get_rule(rules, "fuel.sulphur_max_mg_kg", at, area))
    banned = find_rule(rules, f"fuel.{subject.kind}_banned_kinds", at, area)
    if banned is not None and readings.kind is not FuelKind.UNKNOWN:
        over = readings.kind in banned.words
        yield found("fuel_kind", readings.kind, FuelKind.VEHICLE_DIESEL, over, banned)


def _hand_over(items: tuple[Item, ...]) -> Sentence | None:
    if not any(item.over for item in items):
        return None
    return said("for_market_supervision")


def _open_questions(readings: FuelSample) -> Sentence | None:
    if readings.report_no and readings.sealed is not Finding.NO:
        return None
    return said("no_laboratory_report")
