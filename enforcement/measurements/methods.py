"""The methods in order; a new one is one module here, its readings, its rule rows and one line below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from enforcement.measurements import (
    coding_check,
    device_check,
    free_acceleration,
    fuel_sample,
    lug_down,
    machine_smoke,
    obd_check,
    periodic_report,
    remote_sensing,
    ringelmann,
    urea_check,
)
from enforcement.measurements.items import not_judged
from enforcement.measurements.judgement import Judgement, Measured, Method
from enforcement.measurements.readings import Readings
from enforcement.rules.book import RuleBook, RuleMissing, day_of
from enforcement.sentences import said

_Judge = Callable[[RuleBook, Any, Measured, datetime, str], Judgement]

_JUDGES: Mapping[Method, _Judge] = {
    Method.FREE_ACCELERATION: free_acceleration.judge,
    Method.LUG_DOWN: lug_down.judge,
    Method.MACHINE_SMOKE: machine_smoke.judge,
    Method.RINGELMANN: ringelmann.judge,
    Method.OBD_CHECK: obd_check.judge,
    Method.DEVICE_CHECK: device_check.judge,
    Method.UREA_CHECK: urea_check.judge,
    Method.CODING_CHECK: coding_check.judge,
    Method.FUEL_SAMPLE: fuel_sample.judge,
    Method.REMOTE_SENSING: remote_sensing.judge,
    Method.PERIODIC_REPORT: periodic_report.judge,
}
METHODS: tuple[Method, ...] = tuple(_JUDGES)


def judge(
    method: Method, rules: RuleBook, readings: Readings, subject: Measured, at: datetime, area: str = ""
) -> Judgement:
    """What the readings amount to by the rules of the day and place; not judged where no rule was in force."""
    try:
        return _JUDGES[method](rules, readings, subject, at, area)
    except RuleMissing as missing:
        day = day_of(at).isoformat()
        return not_judged(
            method,
            said("no_rule_in_force", day=day, missing=missing),
        )
