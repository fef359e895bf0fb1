"""Smoke on the Ringelmann scale, by eye or camera (GB 3847-2018 annex D; GB 36886-2018 table 1)."""

from __future__ import annotations

from datetime import datetime

from enforcement.measurements import gb3847
from enforcement.measurements.by_eye import seen
from enforcement.measurements.items import judged, not_judged
from enforcement.measurements.judgement import Judgement, Measured, Method
from enforcement.measurements.readings import Ringelmann
from enforcement.rules.book import RuleBook
from enforcement.rules.penalties import Offence

_METHOD = Method.RINGELMANN


def judge(rules: RuleBook, readings: Ringelmann, subject: Measured, at: datetime, area: str) -> Judgement:
    """Fails above the limit; visible smoke fails where none may be."""
    refusal = gb3847.not_covered(subject) if subject.is_truck else None
    if refusal:
        return not_judged(_METHOD, refusal)
    offences = gb3847.OFFENCES if subject.is_truck else (Offence.OVER_LIMIT,)
    items = seen(rules, readings.grade, readings.visible_smoke, subject, at, area)
    return judged(_METHOD, items, offences=offences)
