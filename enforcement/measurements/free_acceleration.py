"""Free acceleration of a diesel vehicle: the mean of three peaks (GB 3847-2018 annex A)."""

from __future__ import annotations

from datetime import datetime

from enforcement.measurements import gb3847
from enforcement.measurements.by_eye import seen
from enforcement.measurements.items import at_most, judged, not_judged
from enforcement.measurements.judgement import Judgement, Measured, Method
from enforcement.measurements.readings import Finding, FreeAcceleration, Quantity
from enforcement.measurements.smoke_series import series_doubts
from enforcement.rules.book import RuleBook
from enforcement.rules.smoke_limits import mean_of
from enforcement.sentences import Sentence, said

_METHOD = Method.FREE_ACCELERATION


def judge(rules: RuleBook, readings: FreeAcceleration, subject: Measured, at: datetime, area: str) -> Judgement:
    """Fails above the limit of the set that holds at the place, or by eye."""
    refusal = gb3847.not_covered(subject)
    if refusal:
        return not_judged(_METHOD, refusal)
    limit, chosen = gb3847.limit(rules, f"free_acceleration_{readings.quantity}", at, area)
    mean = mean_of(readings.peaks)
    by_eye = seen(rules, readings.ringelmann, readings.visible_smoke, subject, at, area)
    asked = readings.quantity is Quantity.K
    doubts, rows = series_doubts(rules, "gb3847", readings.peaks, mean, at, area) if asked else ((), ())
    return judged(
        _METHOD,
        (at_most("smoke_mean", mean, limit), *by_eye),
        offences=gb3847.OFFENCES,
        rules=(chosen, *rows),
        doubts=(*doubts, _not_purged(readings)),
    )


def _not_purged(readings: FreeAcceleration) -> Sentence | None:
    if readings.purged is not Finding.NO:
        return None
    return said("not_purged")
