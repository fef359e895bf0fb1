"""One record of a remote sensor: is it valid, and which pollutants are over (HJ 845-2017).

A single hit reminds and fails nobody; `enforcement.measurements.remote_sensing_history` reads the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from enforcement.measurements import gb3847
from enforcement.measurements.items import at_most, judged, not_judged, open_
from enforcement.measurements.judgement import Item, Judgement, Measured, Method
from enforcement.measurements.readings import RemoteSensing
from enforcement.rules.book import Rule, RuleBook, find_rule, get_rule
from enforcement.sentences import Sentence

_METHOD = Method.REMOTE_SENSING
_GATES = (
    ("speed_kmh", "车速", "speed"),
    ("acceleration_ms2", "加速度", "acceleration"),
    ("vsp_kw_t", "比功率", "specific power"),
    ("wind_ms", "风速", "wind"),
    ("temperature_c", "气温", "temperature"),
    ("humidity_pct", "相对湿度", "humidity"),
    ("pressure_kpa", "气压", "pressure"),
    ("co2_plume_pct", "烟羽CO₂", "CO₂ of the plume"),
    ("plate_confidence", "车牌识别置信度", "confidence of the plate"),
    ("sky", "天气", "sky"),
)
INVALID = "invalid_record"


class Pollutant(StrEnum):
    """What HJ 845 counts hits of; the names of the items."""

    OPACITY = "opacity"
    RINGELMANN = "ringelmann"
    NO = "no"


_READINGS = {Pollutant.OPACITY: "opacity_pct", Pollutant.RINGELMANN: "ringelmann", Pollutant.NO: "no_ppm"}


def judge(rules: RuleBook, readings: RemoteSensing, subject: Measured, at: datetime, area: str) -> Judgement:
    """Failed means over a limit in this record; an invalid record is never judged."""
    refusal = gb3847.not_covered(subject)
    if refusal:
        return not_judged(_METHOD, refusal)
    gates = tuple(_gates(rules, readings, at, area))
    invalid = tuple(doubt for _, doubt in gates if doubt is not None)
    items = tuple(_items(rules, readings, at, area))
    over = not invalid and any(item.over for item in items)
    return judged(
        _METHOD,
        tuple(map(open_, items)) if invalid else items,
        rules=(rule for rule, _ in gates),
        doubts=(*invalid, _reminder() if over else None),
    )


def _items(rules: RuleBook, readings: RemoteSensing, at: datetime, area: str) -> Iterator[Item]:
    for pollutant, field in _READINGS.items():
        value = getattr(readings, field)
        if value is not None:
            yield at_most(pollutant, value, get_rule(rules, f"remote.limit.{field}", at, area))


def _gates(rules: RuleBook, readings: RemoteSensing, at: datetime, area: str) -> Iterator[tuple[Rule, Sentence | None]]:
    """Each gate's row, and why the record is invalid where it is."""
    required = get_rule(rules, "remote.gate.required", at, area)
    bad_sky = get_rule(rules, "remote.gate.sky_bad", at, area)
    yield required, None
    yield bad_sky, _invalid("天气", "sky", "不符合", "is bad") if readings.sky in bad_sky.words else None
    for name, zh, en in _GATES:
        value = getattr(readings, name)
        if value is None:
            if name in required.words:
                yield required, _invalid(zh, en, "缺失", "is missing")
            continue
        for bound in ("min", "max"):
            rule = find_rule(rules, f"remote.gate.{name}.{bound}", at, area)
            if rule is not None:
                beyond = value < rule.number if bound == "min" else value > rule.number
                yield rule, _invalid(zh, en, *_beyond(value, rule)) if beyond else None


def _beyond(value: float, rule: Rule) -> tuple[str, str]:
    return f"{value:g}超出允许范围（{rule.number:g}）", f"is {value:g}, beyond {rule.number:g}"


def _invalid(zh: str, en: str, why_zh: str, why_en: str) -> Sentence:
    return Sentence(INVALID, f"记录无效：{zh}{why_zh}。", f"The record is not valid: {en} {why_en}.")


def _reminder() -> Sentence:
    return Sentence(
        "reminder_only",
        "单次遥感超标仅提醒车主维修；连续超标才判定不合格。",
        "One hit only reminds the owner to repair; consecutive hits count as failed.",
    )
