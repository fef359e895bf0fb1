"""A station's periodic inspection report: the result is the station's, the values are compared (CODE 223, 225)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from enforcement.measurements.items import found, judged
from enforcement.measurements.judgement import Item, Judgement, Measured, Method, Outcome
from enforcement.measurements.readings import PeriodicMethod, PeriodicReport, ReportedValue, StationResult
from enforcement.registry.fuels import Fuel
from enforcement.rules.book import RuleBook, get_rule
from enforcement.sentences import Sentence

_METHOD = Method.PERIODIC_REPORT

METHOD_NAMES: Mapping[PeriodicMethod, tuple[str, str]] = {
    PeriodicMethod.EXEMPT: ("免检", "exempt"),
    PeriodicMethod.TWO_SPEED_IDLE: ("双怠速法", "two-speed idle"),
    PeriodicMethod.STEADY_STATE: ("稳态工况法", "steady-state loaded"),
    PeriodicMethod.SHORT_TRANSIENT: ("简易瞬态工况法", "short transient loaded"),
    PeriodicMethod.LUG_DOWN: ("加载减速法", "lug-down"),
    PeriodicMethod.FREE_ACCELERATION: ("自由加速法", "free acceleration"),
    PeriodicMethod.RINGELMANN: ("林格曼黑度法", "Ringelmann"),
    PeriodicMethod.TRANSIENT: ("瞬态工况法", "transient loaded"),
    PeriodicMethod.OTHER: ("其他", "other"),
}
# Station methods whose readings this platform judges itself when the report brings them.


def judge(rules: RuleBook, readings: PeriodicReport, subject: Measured, at: datetime, area: str) -> Judgement:
    """The station's result; doubts where its own values or the method do not fit it."""
    fitting = get_rule(rules, "periodic.diesel_methods", at, area)
    passed = readings.result is StationResult.PASSED
    result = found("station_result", readings.result, None, not passed, None)
    values = tuple(_value(value) for value in readings.values)
    exempt = readings.method_code is PeriodicMethod.EXEMPT
    is_diesel = subject.fuel is Fuel.DIESEL
    wrong = is_diesel and readings.method_code not in fitting.words
    return judged(
        _METHOD,
        (result, *values),
        rules=(fitting,),
        doubts=(*_disagreements(values, passed), _wrong_method(readings) if wrong else None),
        outcome=Outcome.NOT_JUDGED if exempt else Outcome.PASSED if passed else Outcome.FAILED,
    )


def _value(value: ReportedValue) -> Item:
    """A value against the limit that the station wrote beside it; shown as it came, the station judges."""
    margin = None if value.limit is None else value.limit - value.value
    if margin is not None and value.is_lower_limit:
        margin = -margin
    return Item(value.name, value.value, value.limit, value.unit, margin, None if margin is None else margin < 0, None)


def _disagreements(values: tuple[Item, ...], passed: bool) -> Iterator[Sentence]:
    over = [item.name for item in values if item.over]
    if passed and over:
        yield Sentence(
            "station_disagrees",
            f"检验机构判定合格，但{'、'.join(over)}超出其所列限值，请核查该机构。",
            f"The station says passed, but {', '.join(over)} breaks the limit it wrote: check the station.",
        )


def _wrong_method(readings: PeriodicReport) -> Sentence:
    zh, en = METHOD_NAMES[readings.method_code]
    return Sentence(
        "method_not_for_diesel",
        f"登记燃料为柴油，检验方法却为{zh}，请核查。",
        f"The register says diesel, the method was {en}: check.",
    )
