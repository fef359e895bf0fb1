"""The clock of a device that was away: when a check took place by ours, and how sure that is.

The device tells what its clock showed, how far off it last knew itself to be, and what it shows while it sends. As long
as the last two agree, its own correction holds; else somebody set the clock in between, and the correction measured
now is taken, unless the check would then lie after its arrival. All offsets are kept, and whoever reads is told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from enforcement.rules.book import RuleBook, get_rule
from enforcement.sentences import Sentence

MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Offsets:
    """Our clock minus that of the device, ms: as it knew at the check (None: never), as it sent, as it is used."""

    at_check_ms: int | None
    at_send_ms: int
    used_ms: int


def tolerance(rules: RuleBook, at: datetime, area: str = "") -> timedelta:
    """How far two measurements of an offset may differ before the clock counts as changed."""
    return timedelta(seconds=get_rule(rules, "tablet.clock_tolerance", at, area).number)


def settle(
    device_at: datetime,
    at_check_ms: int | None,
    sent_at: datetime,
    received_at: datetime,
    earliest: datetime,
    within: timedelta,
) -> Offsets:
    """The offset that gives the time of a check: never after `received_at`, and not before `earliest`.

    Where no measured offset gives a possible time, it is the one that gives the time of arrival.
    """
    at_send_ms = (received_at - sent_at) // MS
    latest_ms, least_ms = (received_at - device_at) // MS, (earliest - device_at) // MS
    slack = within // MS
    if at_check_ms is None:
        candidates = [at_send_ms]
    elif abs(at_send_ms - at_check_ms) <= slack:
        candidates = [at_check_ms]
    else:
        candidates = [at_send_ms, at_check_ms]
    possible = [one for one in candidates if least_ms - slack <= one <= latest_ms + slack]
    return Offsets(at_check_ms, at_send_ms, min(possible[0], latest_ms) if possible else latest_ms)


def doubts(offsets: Offsets, within: timedelta) -> tuple[Sentence, ...]:
    """What makes the time of a check less than sure."""
    known, slack = offsets.at_check_ms, within // MS
    if all(abs(offsets.used_ms - one) > slack for one in (known, offsets.at_send_ms) if one is not None):
        zh = "终端时钟给出的时间不可能成立（早于终端登记或晚于收到时间）；检查时间按收到时间记录，请更正。"
        en = "The tablet's clock gives an impossible time; the time of arrival is recorded. Correct it."
        return (Sentence("clock_impossible", zh, en),)
    if known is None:
        if abs(offsets.at_send_ms) <= slack:
            return ()
        zh = "检查时终端尚未与平台校时；检查时间按发送时测得的偏差推算，请核对。"
        en = "The tablet had not compared its clock before the check; the time rests on the offset measured at sending."
        return (Sentence("clock_unknown", zh, en),)
    if abs(known - offsets.at_send_ms) <= slack:
        return ()
    zh = "检查与发送之间终端时钟被更改；检查时间为推算，请结合照片、执法记录仪核对。"
    en = "The tablet's clock was changed between the check and sending; compare the time with photos and body camera."
    return (Sentence("clock_changed", zh, en),)
