"""What a performance grade promises of transport, and whether the ledgers of a month keep it.

A promise is a row: of the vehicles of one kind so many percent are of a stage or better, or new energy. Shipped rows
lie in `rulebook/promises/*.yaml`; the bureau's revisions lie in the database and stand above them. No row is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from enforcement.registry.stages import Stage, stage_name
from enforcement.rules.book import RULEBOOK, Certainty
from enforcement.sentences import Sentence

PROMISES = RULEBOOK / "promises"
FIRST_OWN_REVISION = 101  # the bureau's; those below came with the platform
GRADES = ("A", "B", "B-", "C", "D", "leading", "not_leading")
NEW_ENERGY = frozenset({"electric", "hydrogen"})


class Kind(StrEnum):
    """Of what a promise speaks: ledger A, B or C."""

    ROAD = "road"
    PLANT_VEHICLE = "plant_vehicle"
    MACHINE = "machine"


KIND_NAMES = {
    Kind.ROAD: ("公路运输车辆", "vehicles on public roads"),
    Kind.PLANT_VEHICLE: ("厂内运输车辆", "vehicles inside the plant"),
    Kind.MACHINE: ("厂内非道路移动机械", "machines inside the plant"),
}


@dataclass(frozen=True, slots=True)
class Promise:
    """One row; [from_on, to_on). `withdrawn`: from then on the key says nothing any more."""

    key: str
    revision: int
    industry: str  # empty: every industry
    grade: str
    subject: Kind
    share_pct: Decimal
    least_stage: Stage
    from_on: date
    to_on: date | None
    legal_basis: str
    certainty: Certainty
    source: str
    zh: str
    en: str
    withdrawn: bool = False

    @property
    def name(self) -> str:
        """What a check names of it."""
        return f"{self.key}#{self.revision}"


class Verdict(StrEnum):
    """What the counts say of a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"  # the vehicles of unknown stage would decide
    NOTHING = "nothing"  # the ledger has no such vehicle


@dataclass(frozen=True, slots=True)
class Check:
    """A promise against the counts of a month. `good` are of the stage or better or new energy."""

    promise: Promise
    total: int
    good: int
    unknown: int
    verdict: Verdict
    sentence: Sentence

    @property
    def share_pct(self) -> float | None:
        """The share that is surely good, percent; None without vehicles."""
        return None if not self.total else round(100 * self.good / self.total, 2)


def in_force(promises: Iterable[Promise], industry: str, grade: str, day: date) -> tuple[Promise, ...]:
    """The promises of a grade on a day; one for the industry itself stands in place of the general one."""
    newest: dict[str, Promise] = {}
    for one in promises:
        held = newest.get(one.key)
        if one.from_on <= day and (held is None or one.revision > held.revision):
            newest[one.key] = one
    found = [
        one
        for one in newest.values()
        if not one.withdrawn
        and (one.to_on is None or day < one.to_on)
        and one.grade == grade
        and one.industry in ("", industry)
    ]
    own = {one.subject for one in found if one.industry}
    return tuple(sorted((one for one in found if one.industry or one.subject not in own), key=lambda one: one.key))


def check(promise: Promise, counts: Mapping[tuple[str, str], int], order: Sequence[Stage]) -> Check:
    """A promise against counts by (stage, fuel); `order`: the stages, lowest first."""
    total = sum(counts.values())
    good = sum(number for (stage, fuel), number in counts.items() if _is_good(promise, stage, fuel, order))
    unknown = sum(number for (stage, fuel), number in counts.items() if _is_unknown(stage, fuel, order))
    verdict = _verdict(promise, total, good, unknown)
    return Check(promise, total, good, unknown, verdict, _sentence(promise, total, good, unknown, verdict))


def _is_good(promise: Promise, stage: str, fuel: str, order: Sequence[Stage]) -> bool:
    if stage == Stage.ELECTRIC or fuel in NEW_ENERGY:
        return True
    ranks = {str(one): rank for rank, one in enumerate(order)}
    return stage in ranks and ranks[stage] >= ranks[str(promise.least_stage)]


def _is_unknown(stage: str, fuel: str, order: Sequence[Stage]) -> bool:
    return stage != Stage.ELECTRIC and fuel not in NEW_ENERGY and stage not in {str(one) for one in order}


def _verdict(promise: Promise, total: int, good: int, unknown: int) -> Verdict:
    if not total:
        return Verdict.NOTHING
    if 100 * good >= promise.share_pct * total:
        return Verdict.KEPT
    return Verdict.UNKNOWN if 100 * (good + unknown) >= promise.share_pct * total else Verdict.BROKEN


def _sentence(promise: Promise, total: int, good: int, unknown: int, verdict: Verdict) -> Sentence:
    zh_kind, en_kind = KIND_NAMES[promise.subject]
    stage_zh, stage_en = stage_name(promise.least_stage, promise.subject is not Kind.MACHINE)
    if verdict is Verdict.NOTHING:
        return Sentence(str(verdict), f"台账中没有{zh_kind}。", f"The ledger has no {en_kind}.")
    share, least = f"{100 * good / total:.2f}", f"{promise.share_pct.normalize():f}"
    zh = f"{zh_kind} {total} 辆（次），{stage_zh}及以上或新能源 {good}，占 {share}%，承诺不低于 {least}%"
    en = f"Of {total} {en_kind} {good} are of {stage_en} or better or new energy: {share} %, promised are {least} %"
    more = (f"；{unknown} 辆（次）阶段不明", f"; of {unknown} the stage is not known") if unknown else ("", "")
    return Sentence(str(verdict), f"{zh}{more[0]}。", f"{en}{more[1]}.")


@cache
def shipped(folder: Path = PROMISES) -> tuple[Promise, ...]:
    """Every promise that came with the platform; a fault names the file and the row."""
    return tuple(
        read_promise(row, f"{path.name}, promise {number}")
        for path in sorted(folder.glob("*.yaml"))
        for number, row in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), 1)
    )


def read_promise(row: Mapping[str, object], place: str = "promise") -> Promise:
    """A promise of a file or of the database. Raises ValueError that names the place."""
    try:
        values = {"industry": "", "to_on": None, "withdrawn": False, **row}
        values |= {"subject": Kind(str(row["subject"])), "least_stage": Stage(str(row["least_stage"]))}
        values |= {"share_pct": Decimal(str(row["share_pct"])), "certainty": Certainty(str(row["certainty"]))}
        if row["grade"] not in GRADES:
            raise ValueError(f"grade {row['grade']!r}")
        return Promise(**values)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as fault:
        raise ValueError(f"{place}: {fault}") from fault
