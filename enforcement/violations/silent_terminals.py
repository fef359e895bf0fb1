"""A terminal that is silent while its truck is seen to move: a lead of tampering, never a fine (CODE 226, 1124).

Silence alone says nothing: the truck may stand. What makes a lead is that gates or cameras saw it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from enforcement.rules.book import Rule, RuleBook, get_rule
from enforcement.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Sighting:
    """The truck was there: a gate record, a capture, an inspection (`source` names it)."""

    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class SilenceLead:
    """What an officer has to check: since when there is silence, and who saw the truck in it."""

    silent_from: datetime
    silent_to: datetime
    seen: tuple[Sighting, ...]
    rule: Rule
    sentence: Sentence


def silence_lead(
    rules: RuleBook, last_packet_at: datetime, sightings: Iterable[Sighting], now: datetime, area: str = ""
) -> SilenceLead | None:
    """A lead when the terminal has been silent for the days of the rule and the truck was seen in that time."""
    rule = get_rule(rules, "tamper.silent_days", now, area)
    seen = tuple(sorted((one for one in sightings if last_packet_at < one.at <= now), key=lambda one: one.at))
    if now - last_packet_at < timedelta(days=rule.number) or not seen:
        return None
    days, times = (now - last_packet_at).days, len(seen)
    sentence = Sentence(
        "silent_while_moving",
        f"终端已{days}天无数据，其间车辆有{times}次出入或抓拍记录，疑似破坏或屏蔽终端，请现场核查。",
        f"No data for {days} days while the truck was seen {times} times: the terminal may have been tampered with. "
        "Check it on site.",
    )
    return SilenceLead(last_packet_at, now, seen, rule, sentence)
