"""Why a truck or machine is watched: what an officer may put down, and what follows from records by itself.

A watch is no finding: it says whom to look at when it comes by. An officer's entry ends by its last day or is
withdrawn; a reason that follows from records ends with what it follows from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enforcement.rules.book import BEIJING, RuleBook, get_rule


class WatchReason(StrEnum):
    """Codes of both kinds; one list, so that a tablet and a page say the same words."""

    SMOKE_REPORTED = "smoke_reported"
    TAMPERING_SUSPECTED = "tampering_suspected"
    REPEAT_OFFENDER = "repeat_offender"
    EVADED_CHECK = "evaded_check"
    OTHER_CITY = "other_city"
    OTHER = "other"
    REPAIR_OVERDUE = "repair_overdue"
    FAILED_TWICE = "failed_twice"
    OPEN_CASE = "open_case"


R = WatchReason
ENTERED = (R.SMOKE_REPORTED, R.TAMPERING_SUSPECTED, R.REPEAT_OFFENDER, R.EVADED_CHECK, R.OTHER_CITY, R.OTHER)
"""What an officer may put down; OTHER asks for a note."""
DERIVED = (R.REPAIR_OVERDUE, R.FAILED_TWICE, R.OPEN_CASE)
"""What follows from records and is never entered by hand."""

WATCH_WORDS: dict[WatchReason, tuple[str, str]] = {
    R.SMOKE_REPORTED: ("群众举报冒黑烟", "smoke reported"),
    R.TAMPERING_SUSPECTED: ("疑似篡改、拆除污染控制装置", "tampering suspected"),
    R.REPEAT_OFFENDER: ("多次违法", "repeat offender"),
    R.EVADED_CHECK: ("逃避检查", "evaded a check"),
    R.OTHER_CITY: ("外地抄告", "told by another city"),
    R.OTHER: ("其他（见说明）", "other (see the note)"),
    R.REPAIR_OVERDUE: ("维修复检逾期", "repair overdue"),
    R.FAILED_TWICE: ("多次检查不合格", "failed several checks"),
    R.OPEN_CASE: ("案件未结", "open case"),
}
"""Each reason as pages and tablets name it, Chinese and English."""


@dataclass(frozen=True, slots=True)
class WatchNumbers:
    """The numbers that derived reasons go by on a day: so many failed checks since that moment."""

    failed_checks: int
    failed_since: datetime
    rules: tuple[str, ...]


def watch_numbers(rules: RuleBook, at: datetime) -> WatchNumbers:
    """What the rule book says on the Beijing day of `at` (aware). Raises RuleMissing."""
    least, span = get_rule(rules, "watch.failed_checks", at), get_rule(rules, "watch.failed_span_months", at)
    return WatchNumbers(int(least.number), months_before(at, int(span.number)), (least.key, span.key))


def months_before(at: datetime, months: int) -> datetime:
    """The same Beijing time so many calendar months earlier; the 31st becomes the last day of a shorter month."""
    local = at.astimezone(BEIJING)
    whole = local.year * 12 + local.month - 1 - months
    year, month = divmod(whole, 12)
    for day in range(local.day, local.day - 4, -1):
        try:
            return local.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise ValueError(f"no day {local.day} or shortly before in {year}-{month + 1}")
