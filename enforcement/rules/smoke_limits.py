"""The smoke limit of a machine by stage, power, place and day (GB 36886-2018 table 1; enforcement.md 1.3).

Class III holds only inside a zone whose notice says so; a zone may also hold old machines to class II.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enforcement.rules.book import Rule, RuleBook, get_rule


class SmokeClass(StrEnum):
    """Classes of table 1, mildest first."""

    I = "I"  # noqa: E741 - the standard's own name
    II = "II"
    III = "III"


@dataclass(frozen=True, slots=True)
class SmokeLimit:
    """Class, limit of the light absorption coefficient and limit on the Ringelmann scale."""

    smoke_class: SmokeClass
    k: Rule
    ringelmann: Rule


def smoke_class_of(
    rules: RuleBook, stage: str, zone_class: SmokeClass | None, at: datetime, area: str = ""
) -> SmokeClass | None:
    """The stricter of the class of the stage and the class of the zone; None when the stage does not say."""
    own = next(
        (
            name
            for name in (SmokeClass.I, SmokeClass.II)
            if stage in get_rule(rules, f"smoke.class_{name}_stages", at, area).words
        ),
        None,
    )
    if own is None:
        return SmokeClass.III if zone_class is SmokeClass.III else None
    return max(own, zone_class or own, key=list(SmokeClass).index)


def smoke_limit(
    rules: RuleBook, stage: str, power_kw: float, zone_class: SmokeClass | None, at: datetime, area: str = ""
) -> SmokeLimit | None:
    """The limit for a reading taken at this place and time; None when the stage is unknown."""
    if not power_kw > 0:
        raise ValueError(f"power_kw must be above 0, not {power_kw}")
    name = smoke_class_of(rules, stage, zone_class, at, area)
    if name is None:
        return None
    k = get_rule(rules, f"smoke_k.class_{name}.{_band(power_kw)}", at, area)
    return SmokeLimit(name, k, get_rule(rules, "smoke.ringelmann", at, area))


def _band(power_kw: float) -> str:
    if power_kw < 19:
        return "under_19"
    return "19_to_37" if power_kw < 37 else "from_37"


def mean_of(readings: Sequence[float]) -> float:
    """The result of a test: the mean of its three readings."""
    if len(readings) != 3:
        raise ValueError(f"a free acceleration test has three readings, not {len(readings)}")
    first, second, third = readings
    return round((first + second + third) / 3, 6)  # three readings at the limit must not land a bit above it


def is_over(value: float, limit: float) -> bool:
    """Equal to the limit passes."""
    return value > limit


def excess_times(value: float, limit: float) -> float:
    """By how many times a value exceeds the limit, as decisions write it: (value - limit) / limit."""
    return (value - limit) / limit
