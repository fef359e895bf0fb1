"""When leave is suspended by itself (enforcement.md 6.3): what became known of a vehicle since the leave was approved.

What was known at the approval was weighed then. A cause suspends once: a person who has ended the suspension has seen
it. From when a terminal is silent and a test is expired follows from dated rule rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from enforcement.registry.stages import Stage, stage_name
from enforcement.rules.book import Rule, RuleBook, day_of, get_rule
from enforcement.sentences import Sentence

SIXTH = frozenset({Stage.VI, Stage.VI_A, Stage.VI_B})


class Cause(StrEnum):
    """Why leave is suspended."""

    FAILED_TEST = "failed_test"
    BLACK_SMOKE = "black_smoke"
    STAGE_CORRECTED = "stage_corrected"
    TERMINAL_SILENT = "terminal_silent"
    INSPECTION_EXPIRED = "inspection_expired"


@dataclass(frozen=True, slots=True)
class Record:
    """A row that a cause may rest on: its id, its number as people call it, when it was."""

    id: int
    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StageChange:
    """A change of the stage in the register."""

    id: int
    before: Stage
    after: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class LeaveFacts:
    """What is on file of the subject of leave that holds. Failed tests and smoke: since the approval, the newest one.

    `failed`: no passed test came after it. `heard`: the newest word of its terminals. `inspected`: the newest passed
    periodic test. `suspended`: causes (with the row they rest on) that have suspended this leave before.
    """

    is_truck: bool
    division: str = ""
    failed: Record | None = None
    smoke: Record | None = None
    stage: StageChange | None = None
    heard: Record | None = None
    inspected: Record | None = None
    registered_at: datetime | None = None
    suspended: frozenset[tuple[Cause, int]] = frozenset()
    silent_since: frozenset[datetime] = frozenset()  # when earlier suspensions for silence began


@dataclass(frozen=True, slots=True)
class Suspension:
    """Leave is to be suspended, and why."""

    cause: Cause
    cause_id: int
    reason: Sentence
    rules: tuple[Rule, ...] = ()


def due(rules: RuleBook, facts: LeaveFacts, now: datetime) -> tuple[Suspension, ...]:
    """The suspensions that are due now."""
    found = (*_of_records(facts), *_lower_stage(rules, facts, now), *_silent(rules, facts, now))
    expired = _expired(rules, facts, now)
    return tuple(one for one in (*found, *expired) if (one.cause, one.cause_id) not in facts.suspended)


def _of_records(facts: LeaveFacts) -> Iterator[Suspension]:
    if facts.failed is not None:
        number, day = facts.failed.number, day_of(facts.failed.at)
        zh = f"{day} 检验不合格（{number}），此后没有合格记录。"
        en = f"It failed the test {number} on {day} and has not passed one since."
        yield _suspension(Cause.FAILED_TEST, facts.failed.id, zh, en)
    if facts.smoke is not None:
        number, day = facts.smoke.number, day_of(facts.smoke.at)
        zh = f"{day} 冒黑烟抓拍（{number}）经审核确认。"
        en = f"A capture of black smoke of {day} ({number}) was confirmed."
        yield _suspension(Cause.BLACK_SMOKE, facts.smoke.id, zh, en)


def _lower_stage(rules: RuleBook, facts: LeaveFacts, now: datetime) -> Iterator[Suspension]:
    change = facts.stage
    if change is None:
        return
    rule = get_rule(rules, "stages.truck" if facts.is_truck else "stages.machine", now)
    if not is_lower(change.after, change.before, [Stage(code) for code in rule.words]):
        return
    before, after = (stage_name(stage, facts.is_truck) for stage in (change.before, change.after))
    zh = f"{day_of(change.at)} 登记的排放阶段由{before[0]}更正为{after[0]}。"
    en = f"On {day_of(change.at)} the register's stage was corrected from {before[1]} to {after[1]}."
    yield _suspension(Cause.STAGE_CORRECTED, change.id, zh, en, (rule,))


def is_lower(after: Stage, before: Stage, order: list[Stage]) -> bool:
    """Whether a stage is surely below another: electric is above all, what is not known is not compared.

    China VI without its letter is at least 6a: 6b is not above it.
    """
    if Stage.UNKNOWN in (after, before) or ({after, before} <= SIXTH and after is Stage.VI):
        return False
    ranks = {stage: rank for rank, stage in enumerate([*order, Stage.ELECTRIC])}
    return after in ranks and before in ranks and ranks[after] < ranks[before]


def _silent(rules: RuleBook, facts: LeaveFacts, now: datetime) -> Iterator[Suspension]:
    if facts.heard is None:
        return
    rule = get_rule(rules, "whitelist.silent_days", now, facts.division)
    heard = facts.heard.at
    if now - heard <= timedelta(days=rule.number) or any(since > heard for since in facts.silent_since):
        return  # the same silence suspends once
    days = int(rule.number)
    zh = f"终端 {facts.heard.number} 自 {day_of(heard)} 起没有数据，已超过 {days} 天。"
    en = f"Its terminal {facts.heard.number} has been silent since {day_of(heard)}, for more than {days} days."
    yield _suspension(Cause.TERMINAL_SILENT, facts.heard.id, zh, en, (rule,))


def _expired(rules: RuleBook, facts: LeaveFacts, now: datetime) -> Iterator[Suspension]:
    if facts.inspected is None or not facts.is_truck:
        return
    old = get_rule(rules, "whitelist.old_vehicle_years", now, facts.division)
    registered = facts.registered_at
    is_old = registered is not None and _months_after(registered, 12 * int(old.number)) <= now
    name = "whitelist.inspection_months_old" if is_old else "whitelist.inspection_months"
    rule = get_rule(rules, name, now, facts.division)
    last = _months_after(facts.inspected.at, int(rule.number))
    if now < last:
        return
    zh = f"最近一次合格的定期检验为 {day_of(facts.inspected.at)}，已于 {day_of(last)} 过期。"
    en = f"Its last passed periodic test was on {day_of(facts.inspected.at)} and expired on {day_of(last)}."
    yield _suspension(Cause.INSPECTION_EXPIRED, facts.inspected.id, zh, en, (old, rule))


def _months_after(at: datetime, months: int) -> datetime:
    """The same day so many months later, the last one of a shorter month."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    for day in range(at.day, 27, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return at.replace(year=year, month=month + 1)


def _suspension(cause: Cause, cause_id: int, zh: str, en: str, rules: tuple[Rule, ...] = ()) -> Suspension:
    return Suspension(cause, cause_id, Sentence(str(cause), zh, en), rules)
