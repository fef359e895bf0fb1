"""Lug-down on a dynamometer: smoke at two points, NOx, wheel power (GB 3847-2018 annex B)."""

from __future__ import annotations

from datetime import datetime

from enforcement.measurements import gb3847
from enforcement.measurements.by_eye import seen
from enforcement.measurements.items import at_least, at_most, judged, not_judged
from enforcement.measurements.judgement import Item, Judgement, Measured, Method
from enforcement.measurements.readings import LugDown, Quantity
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.sentences import Sentence, said

_METHOD = Method.LUG_DOWN


def judge(rules: RuleBook, readings: LugDown, subject: Measured, at: datetime, area: str) -> Judgement:
    """Fails if any smoke or NOx is over, or wheel power falls short, however clean the vehicle is."""
    refusal = gb3847.not_covered(subject) or _too_hot(rules, readings, at, area)
    if refusal:
        return not_judged(_METHOD, refusal)
    smoke, chosen = gb3847.limit(rules, f"lug_down_{readings.quantity}", at, area)
    nox, _ = gb3847.limit(rules, "lug_down_nox", at, area)
    raised, rows = _raise(rules, readings, at, area)
    items = (
        at_most("smoke_100", readings.smoke_100, smoke, raised),
        at_most("smoke_80", readings.smoke_80, smoke, raised),
        at_most("nox_80", readings.nox_80_ppm, nox),
        _wheel_power(rules, readings, subject, at, area),
        *seen(rules, readings.ringelmann, readings.visible_smoke, subject, at, area),
    )
    return judged(
        _METHOD,
        items,
        offences=gb3847.OFFENCES,
        rules=(chosen, *rows),
        doubts=(_raised(raised), _no_rated_power(readings, subject)),
    )


def _too_hot(rules: RuleBook, readings: LugDown, at: datetime, area: str) -> Sentence | None:
    most = get_rule(rules, "gb3847.lug_down_ambient_max_c", at, area).number
    if readings.ambient_c is None or readings.ambient_c <= most:
        return None
    return said("ambient_too_hot", ambient=readings.ambient_c, most=most)


def _raise(rules: RuleBook, readings: LugDown, at: datetime, area: str) -> tuple[float, tuple[Rule, ...]]:
    """By how much the altitude raises the limit of k, and the rows that say so."""
    start, slope, most = (
        get_rule(rules, f"gb3847.{name}", at, area)
        for name in ("altitude_from_m", "altitude_raise_k_per_km", "altitude_raise_k_max")
    )
    above = (readings.altitude_m or 0.0) - start.number
    if above <= 0 or readings.quantity is not Quantity.K:
        return 0.0, ()
    return min(most.number, round(above / 1000 * slope.number, 6)), (start, slope, most)


def _raised(raised: float) -> Sentence | None:
    if not raised:
        return None
    return said("altitude_raise", raised=raised)


def _rated_kw(readings: LugDown, subject: Measured) -> float | None:
    return subject.rated_power_kw or readings.rated_power_kw


def _wheel_power(rules: RuleBook, readings: LugDown, subject: Measured, at: datetime, area: str) -> Item:
    rated = _rated_kw(readings, subject)
    rule = get_rule(rules, "gb3847.wheel_power_min_pct", at, area)
    if rated is None or readings.wheel_power_kw is None:
        return at_least("wheel_power", None, rule)
    return at_least("wheel_power", round(readings.wheel_power_kw / rated * 100, 6), rule)


def _no_rated_power(readings: LugDown, subject: Measured) -> Sentence | None:
    if _rated_kw(readings, subject) is not None:
        return None
    return said("rated_power_unknown")
