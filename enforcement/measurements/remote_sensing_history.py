"""HJ 845-2017 over a history: consecutive valid hits of one pollutant within the window count as failed.

A valid record in which the pollutant was measured and not over breaks its chain; an invalid record, or one that
did not measure it, says nothing. A passed re-test starts anew. One hit alone only reminds.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from enforcement.measurements.judgement import Judgement
from enforcement.measurements.remote_sensing import INVALID, Pollutant
from enforcement.measurements.wording import ITEM_NAMES
from enforcement.rules.book import Rule, RuleBook, day_of, get_rule
from enforcement.sentences import Sentence


class RemoteState(StrEnum):
    """Where a vehicle stands after its records."""

    CLEAN = "clean"
    REMINDER = "reminder"  # its last valid measurement of some pollutant was a hit
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RemoteResult:
    """One dated record of a vehicle; `key` names it: the same key twice is one record."""

    key: str
    at: datetime
    is_valid: bool
    measured: frozenset[Pollutant]
    over: frozenset[Pollutant]


@dataclass(frozen=True, slots=True)
class RemoteVerdict:
    """The answer with the hits it rests on, oldest first."""

    state: RemoteState
    pollutant: Pollutant | None
    hits: tuple[RemoteResult, ...]
    rules: tuple[Rule, ...]
    sentence: Sentence


def result_of(judgement: Judgement, at: datetime, key: str) -> RemoteResult:
    """A single judgement as one record of the history."""
    known = [item for item in judgement.items if item.over is not None]
    return RemoteResult(
        key,
        at,
        all(doubt.code != INVALID for doubt in judgement.doubts),
        frozenset(Pollutant(item.name) for item in known),
        frozenset(Pollutant(item.name) for item in known if item.over),
    )


def verdict(
    rules: RuleBook,
    results: Iterable[RemoteResult],
    passed_retests: Iterable[datetime],
    at: datetime,
    area: str = "",
) -> RemoteVerdict:
    """Where the vehicle stands at a moment. The earliest failing chain since the last passed re-test counts."""
    since = max((day for day in passed_retests if day <= at), default=None)
    held = {result.key: result for result in results if result.is_valid and result.at <= at}
    counted = [result for result in held.values() if since is None or result.at > since]
    counted.sort(key=lambda result: (result.at, result.key))
    if not counted:
        return _clean(())
    rows = (get_rule(rules, "remote.hits", at, area), get_rule(rules, "remote.window_months", at, area))
    chains = [(pollutant, chain) for pollutant in Pollutant if (chain := _failing(counted, pollutant, *rows))]
    if chains:
        pollutant, chain = min(chains, key=lambda pair: (pair[1][-1].at, list(Pollutant).index(pair[0])))
        return _failed(pollutant, chain, rows)
    for pollutant in Pollutant:
        last = [result for result in counted if pollutant in result.measured][-1:]
        if last and pollutant in last[0].over:
            return _reminder(pollutant, last[0], rows)
    return _clean(rows)


def _failing(results: Sequence[RemoteResult], pollutant: Pollutant, hits: Rule, months: Rule) -> list[RemoteResult]:
    """The first run of consecutive hits that lies within the window; empty if there is none."""
    run: list[RemoteResult] = []
    needed = round(hits.number)
    for result in results:
        if pollutant not in result.measured:
            continue
        run = [*run, result] if pollutant in result.over else []
        chain = run[-needed:]
        if len(chain) == needed and day_of(chain[-1].at) <= months_later(day_of(chain[0].at), round(months.number)):
            return chain
    return []


def months_later(day: date, months: int) -> date:
    """The same day so many months later, the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _failed(pollutant: Pollutant, chain: Sequence[RemoteResult], rows: tuple[Rule, Rule]) -> RemoteVerdict:
    zh, en = ITEM_NAMES[pollutant]
    days = [day_of(result.at).isoformat() for result in chain]
    sentence = Sentence(
        "remote_failed",
        f"{zh}在{'、'.join(days)}连续{len(days)}次有效遥感检测超标，且在{rows[1].number:g}个月内，判定排放不合格。",
        f"{en[0].upper()}{en[1:]} was over in {len(days)} consecutive valid records ({', '.join(days)}) within "
        f"{rows[1].number:g} months: failed.",
    )
    return RemoteVerdict(RemoteState.FAILED, pollutant, tuple(chain), rows, sentence)


def _reminder(pollutant: Pollutant, hit: RemoteResult, rows: tuple[Rule, Rule]) -> RemoteVerdict:
    zh, en = ITEM_NAMES[pollutant]
    day = day_of(hit.at).isoformat()
    sentence = Sentence(
        "remote_reminder",
        f"{day}遥感检测{zh}超标一次，提醒车主维修；再次连续超标将判定不合格。",
        f"{en[0].upper()}{en[1:]} was over once ({day}): remind the owner to repair; the next hit in a row fails.",
    )
    return RemoteVerdict(RemoteState.REMINDER, pollutant, (hit,), rows, sentence)


def _clean(rows: tuple[Rule, ...]) -> RemoteVerdict:
    sentence = Sentence("remote_clean", "没有未了结的遥感超标记录。", "No hit of remote sensing is open.")
    return RemoteVerdict(RemoteState.CLEAN, None, (), rows, sentence)
