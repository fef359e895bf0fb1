"""Working days, rest days and holidays of China, and counting in them (APL 85; enforcement.md 7.3).

The days come from the `holidays` package, make-up working days included; a table of the bureau's own
overrides goes before it. The State Council announces a year's days only at the end of the year before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

import holidays

from enforcement.sentences import Sentence

_ONE = timedelta(days=1)


class DayKind(StrEnum):
    """What a day is for offices and for traffic rules."""

    WORKDAY = "workday"
    REST_DAY = "rest_day"  # a weekend that is no holiday
    HOLIDAY = "holiday"


def _days_of_china() -> holidays.HolidayBase:
    return holidays.country_holidays("CN")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of China with overrides; the overrides are data with a source, kept by the caller."""

    overrides: Mapping[date, DayKind] = field(default_factory=dict)
    _china: holidays.HolidayBase = field(default_factory=_days_of_china, repr=False, compare=False)

    def kind(self, day: date) -> DayKind:
        named = self.overrides.get(day)
        if named is not None:
            return named
        if day in self._china:
            return DayKind.HOLIDAY
        return DayKind.WORKDAY if self._china.is_working_day(day) else DayKind.REST_DAY

    def is_working_day(self, day: date) -> bool:
        return self.kind(day) is DayKind.WORKDAY

    def is_announced(self, year: int) -> bool:
        """Whether this year's make-up days are known: they exist in every announced year."""
        self.kind(date(year, 1, 1))  # the package works a year out when it is first asked for
        known = (*self.overrides, *self._china.weekend_workdays)
        return any(day.year == year for day in known)


def add_working_days(calendar: Calendar, start: date, days: int) -> date:
    """The last day of a period of so many working days; the day it starts from does not count."""
    if days < 0:
        raise ValueError(f"days must not be negative: {days}")
    day = start
    while days:
        day += _ONE
        days -= calendar.is_working_day(day)
    return day


def working_days_between(calendar: Calendar, start: date, end: date) -> int:
    """Working days after `start` up to and with `end`."""
    span = range(1, (end - start).days + 1)
    return sum(calendar.is_working_day(start + timedelta(days=n)) for n in span)


def calendar_doubt(calendar: Calendar, first: date, last: date) -> Sentence | None:
    """Said beside a date that rests on a year whose days are not announced."""
    years = [year for year in range(first.year, last.year + 1) if not calendar.is_announced(year)]
    if not years:
        return None
    named = ", ".join(map(str, years))
    return Sentence(
        "calendar_unannounced",
        f"{named}年节假日及调休安排尚未录入，工作日计算仅供参考。",
        f"The holidays and make-up days of {named} are not announced yet: working days are provisional.",
    )
