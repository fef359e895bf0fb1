"""Clocks of a case: how many days of which kind, from when, with what pauses (APL 85, RTP 81; enforcement.md 7.3).

Days are those of Beijing. The day a period starts from does not count. A working day inside a pause, or a calendar day
inside one, does not count either. Each clock is a dated row `clock.<kind>` of the rule book.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from enforcement.rules.book import Rule, RuleBook, RuleBookFault, find_rule, get_rule
from enforcement.rules.calendar import Calendar, add_working_days
from enforcement.sentences import Sentence

_ONE = timedelta(days=1)


class DayKind(StrEnum):
    """In what a clock counts."""

    WORKING = "working"
    CALENDAR = "calendar"


class Pace(StrEnum):
    """How near the last day is."""

    RUNNING = "running"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


class PauseReason(StrEnum):
    """Time that a statute does not count; which clock stops for which is `pause.<kind>` in the rule book."""

    TESTING = "testing"
    APPRAISAL = "appraisal"
    HEARING = "hearing"
    PUBLIC_NOTICE = "public_notice"


PAUSE_WORDS = {
    PauseReason.TESTING: Sentence("testing", "监测、检测、检验", "measuring and testing"),
    PauseReason.APPRAISAL: Sentence("appraisal", "鉴定、评估", "appraisal"),
    PauseReason.HEARING: Sentence("hearing", "听证", "the hearing"),
    PauseReason.PUBLIC_NOTICE: Sentence("public_notice", "公告送达", "service by public notice"),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """So many days of one kind. `rolls`: a last day that is no working day moves on to the next one."""

    kind: str
    days: int
    day_kind: DayKind
    rule: Rule
    rolls: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count, first and last included; `to_day` None: it still runs."""

    from_day: date
    to_day: date | None
    reason: PauseReason

    def __post_init__(self) -> None:
        if self.to_day is not None and self.to_day < self.from_day:
            raise ValueError(f"a pause cannot end on {self.to_day}, before it starts on {self.from_day}")


def clock(rules: RuleBook, kind: str, at: datetime, area: str = "") -> Clock:
    """The clock of this kind as the rules of the day say; RuleMissing where they have none."""
    rule = get_rule(rules, f"clock.{kind}", at, area)
    rolling = find_rule(rules, "clock_rolls.kinds", at, area)
    rolls = rolling is not None and kind in rolling.words
    return Clock(kind, round(rule.number), _day_kind(rule), rule, rolls)


def _day_kind(rule: Rule) -> DayKind:
    name, _, day = rule.unit.partition(" ")
    if day != "days" or name not in tuple(DayKind):
        raise RuleBookFault(f"rule {rule.key}: the unit must be 'working days' or 'calendar days', not {rule.unit!r}")
    return DayKind(name)


def due_on(
    calendar: Calendar, starts_on: date, of: Clock, pauses: Iterable[Pause] = (), today: date | None = None
) -> date:
    """The last day. A pause that still runs counts up to and with `today`, and only the part of it after the start."""
    stops = tuple((pause.from_day, _end_of(pause, today)) for pause in pauses)
    day, left = starts_on, of.days
    while left:
        day += _ONE
        counts = of.day_kind is DayKind.CALENDAR or calendar.is_working_day(day)
        left -= counts and not any(first <= day <= last for first, last in stops)
    while of.rolls and not calendar.is_working_day(day):
        day += _ONE
    return day


def _end_of(pause: Pause, today: date | None) -> date:
    if pause.to_day is not None:
        return pause.to_day
    if today is None:
        raise ValueError(f"the pause from {pause.from_day} still runs: say up to which day it counts")
    return today


def soon_until(rules: RuleBook, calendar: Calendar, today: date, at: datetime, area: str = "") -> date:
    """A clock whose last day is not after this day is due soon (row `reminder.due_soon`, working days)."""
    return add_working_days(calendar, today, round(get_rule(rules, "reminder.due_soon", at, area).number))


def state_on(day: date, due: date, soon: date) -> Pace:
    """How a clock with this last day stands on a day; `soon` is `soon_until` of that day."""
    if day > due:
        return Pace.OVERDUE
    return Pace.DUE_SOON if due <= soon else Pace.RUNNING


def pause_refusal(rules: RuleBook, kind: str, reason: PauseReason, at: datetime, area: str = "") -> Sentence | None:
    """Why this clock does not stop for this; None if a statute lets it."""
    rule = find_rule(rules, f"pause.{kind}", at, area)
    if rule is not None and reason in rule.words:
        return None
    words = PAUSE_WORDS[reason]
    return Sentence(
        "no_such_pause",
        f"法律未规定该期限因“{words.zh}”中止计算。",
        f"No statute stops this clock for {words.en}.",
    )


def extended(rules: RuleBook, of: Clock, extension: str, at: datetime, area: str = "") -> Clock:
    """The clock with an approved extension (`extension.<clock>.<name>`); RuleMissing where the law gives none."""
    rule = get_rule(rules, f"extension.{of.kind}.{extension}", at, area)
    if _day_kind(rule) is not of.day_kind:
        raise RuleBookFault(f"rule {rule.key}: an extension of {of.kind} counts in {of.day_kind} days")
    return Clock(of.kind, of.days + round(rule.number), of.day_kind, of.rule, of.rolls)
