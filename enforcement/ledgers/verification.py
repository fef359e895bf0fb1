"""The verification of a ledger by the script of HJ 1321 (enforcement.md 5.7): what is drawn, and what it is worth.

Whoever has the seed and the ledger draws the same rows again: they are put in the order of SHA-256 of seed, part and
number, and the first ones are taken. No generator of random numbers is in it, so no version of one changes a draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from enforcement.rules.book import RuleBook, get_rule

Drawn = TypeVar("Drawn", int, date, datetime)


class Part(StrEnum):
    """The steps of the script."""

    COMPLETE = "complete"
    STAGE = "stage"
    NORMAL_DAY = "normal_day"
    ALERT_DAY = "alert_day"
    VIDEO = "video"


class ItemVerdict(StrEnum):
    """What an officer found of one item."""

    GOOD = "good"
    FAULT = "fault"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Method:
    """How much is drawn and how it counts, with the keys of the rows."""

    draws: Mapping[Part, int]
    weights: Mapping[Part, float]
    video_min: int
    unclear_counts: float
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be drawn: ids of the period's passages, days with and without an alert, minutes with passages."""

    passages: Sequence[int]
    normal_days: Sequence[date]
    alert_days: Sequence[date]
    moments: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """What was drawn for each part, in the order drawn."""

    complete: tuple[int, ...]
    stage: tuple[int, ...]
    normal_days: tuple[date, ...]
    alert_days: tuple[date, ...]
    videos: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Response:
    """Vehicles a day on normal days and in the alert, and the change in per cent; None where there is no basis."""

    normal: float | None
    alert: float | None

    @property
    def change_pct(self) -> float | None:
        """Below zero: fewer than on normal days."""
        return None if not self.normal or self.alert is None else (self.alert - self.normal) * 100 / self.normal


def draw_some(seed: str, part: str, from_what: Iterable[Drawn], how_many: int) -> tuple[Drawn, ...]:
    """So many of these, by the seed; all of them where there are no more."""
    return tuple(sorted(set(from_what), key=lambda one: (_place(seed, part, one), str(one)))[:how_many])


def _place(seed: str, part: str, one: int | date | datetime) -> bytes:
    name = str(one) if isinstance(one, int) else one.isoformat()
    return sha256(f"{seed}:{part}:{name}".encode()).digest()


def draw(seed: str, candidates: Candidates, method: Method) -> Draw:
    """Everything of one task; a row may be drawn for completeness and for its stage as well."""
    of = method.draws
    return Draw(
        draw_some(seed, Part.COMPLETE, candidates.passages, of[Part.COMPLETE]),
        draw_some(seed, Part.STAGE, candidates.passages, of[Part.STAGE]),
        draw_some(seed, Part.NORMAL_DAY, candidates.normal_days, of[Part.NORMAL_DAY]),
        draw_some(seed, Part.ALERT_DAY, candidates.alert_days, of[Part.ALERT_DAY]),
        draw_some(seed, Part.VIDEO, candidates.moments, of[Part.VIDEO]),
    )


def response(trips: Mapping[date, int], normal_days: Sequence[date], alert_days: Sequence[date]) -> Response:
    """Mean vehicles a day on either kind of day; a day without a passage counts as none."""
    return Response(_mean(trips, normal_days), _mean(trips, alert_days))


def _mean(trips: Mapping[date, int], days: Sequence[date]) -> float | None:
    return sum(trips.get(day, 0) for day in days) / len(days) if days else None


def score(verdicts: Mapping[Part, Sequence[ItemVerdict]], method: Method) -> float | None:
    """0 to 100: each part's share of good items by its weight; parts without items leave the others their weight."""
    counted = {part: verdicts[part] for part, weight in method.weights.items() if weight and verdicts.get(part)}
    whole = sum(method.weights[part] for part in counted)
    if not whole:
        return None
    value = {ItemVerdict.GOOD: 1.0, ItemVerdict.FAULT: 0.0, ItemVerdict.UNCLEAR: method.unclear_counts}
    got = sum(method.weights[part] * sum(value[one] for one in found) / len(found) for part, found in counted.items())
    return round(got * 100 / whole, 2)


def method_of(rules: RuleBook, at: datetime, area: str = "") -> Method:
    """The numbers in force on the day of the draw."""
    names = {Part.COMPLETE: "complete_n", Part.STAGE: "stage_n", Part.NORMAL_DAY: "normal_days_n",
             Part.ALERT_DAY: "alert_days_n", Part.VIDEO: "videos_n"}  # fmt: skip
    weighted = (Part.COMPLETE, Part.STAGE, Part.ALERT_DAY, Part.VIDEO)
    draws = {part: get_rule(rules, f"verification.{name}", at, area) for part, name in names.items()}
    weights = {part: get_rule(rules, f"verification.weight.{part}", at, area) for part in weighted}
    video, unclear = (get_rule(rules, f"verification.{n}", at, area) for n in ("video_min", "unclear_counts"))
    keys = tuple(row.key for row in (*draws.values(), *weights.values(), video, unclear))
    return Method(
        {part: int(row.number) for part, row in draws.items()}, {part: row.number for part, row in weights.items()},
        int(video.number), unclear.number, keys,
    )  # fmt: skip


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
