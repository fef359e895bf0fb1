"""Smoke of a machine: class by stage, power, place and zone version; the mean of three readings (GB 36886-2018)."""

from __future__ import annotations

from datetime import datetime

from enforcement.measurements.by_eye import seen
from enforcement.measurements.items import at_most, judged, not_judged, open_
from enforcement.measurements.judgement import Item, Judgement, Measured, Method
from enforcement.measurements.readings import MachineSmoke
from enforcement.measurements.smoke_series import series_doubts
from enforcement.registry.fuels import CLEAN
from enforcement.registry.stages import Stage
from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.rules.penalties import Offence
from enforcement.rules.smoke_limits import SmokeLimit, mean_of, smoke_limit
from enforcement.sentences import Sentence, said

_METHOD = Method.MACHINE_SMOKE


def judge(rules: RuleBook, readings: MachineSmoke, subject: Measured, at: datetime, area: str) -> Judgement:
    """Fails above the limit of the class, or by eye."""
    if subject.is_truck or subject.fuel in CLEAN or subject.stage is Stage.ELECTRIC:
        return not_judged(_METHOD, _a_vehicle() if subject.is_truck else _no_exhaust())
    refusal = _wrong_procedure(rules, readings, at, area)
    limit = _limit(rules, subject, at, area)
    mean = mean_of(readings.peaks)
    raised, rows = _raise(rules, readings, at, area)
    item = at_most("smoke_mean", mean, limit.k, raised) if limit else _no_limit(mean)
    doubts, spread_rows = series_doubts(rules, "smoke", readings.peaks, mean, at, area)
    return judged(
        _METHOD,
        (
            open_(item) if refusal else item,
            *seen(rules, readings.ringelmann, readings.visible_smoke, subject, at, area),
        ),
        offences=(Offence.OVER_LIMIT,),
        rules=(*rows, *spread_rows),
        doubts=(refusal, None if limit else _unknown(subject), *doubts),
    )


def _limit(rules: RuleBook, subject: Measured, at: datetime, area: str) -> SmokeLimit | None:
    if not subject.power_kw:
        return None
    return smoke_limit(rules, subject.stage, subject.power_kw, subject.zone_smoke_class, at, area)


def _no_limit(mean: float) -> Item:
    return Item("smoke_mean", mean, None, "m-1", None, None, None)


def _raise(rules: RuleBook, readings: MachineSmoke, at: datetime, area: str) -> tuple[float, tuple[Rule, ...]]:
    start, more = (get_rule(rules, f"smoke.{name}", at, area) for name in ("altitude_from_m", "altitude_raise_k"))
    if (readings.altitude_m or 0.0) <= start.number:
        return 0.0, ()
    return more.number, (start, more)


def _wrong_procedure(rules: RuleBook, readings: MachineSmoke, at: datetime, area: str) -> Sentence | None:
    wanted = get_rule(rules, "smoke.constant_speed_procedure", at, area)
    if not readings.constant_speed or readings.procedure == wanted.value:
        return None
    return said("wrong_procedure")


def _unknown(subject: Measured) -> Sentence:
    if not subject.power_kw:
        return said("power_unknown")
    return said("stage_unknown")


def _no_exhaust() -> Sentence:
    return said("no_exhaust")


def _a_vehicle() -> Sentence:
    return said("not_a_machine")
