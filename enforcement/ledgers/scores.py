"""How far a ledger agrees with what is known besides: a score of parts, each with its counts and its weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enforcement.rules.book import RuleBook, get_rule


class ScorePart(StrEnum):
    """What a ledger is held against."""

    COMPLETE = "complete"
    REGISTER = "register"
    TRACKS = "tracks"
    CAPTURES = "captures"
    TIMELY = "timely"
    REFUSED = "refused"


PART_WORDS: dict[ScorePart, tuple[str, str]] = {
    ScorePart.COMPLETE: ("填写完整且无存疑", "complete, without doubts"),
    ScorePart.REGISTER: ("与车辆登记一致", "agrees with the register"),
    ScorePart.TRACKS: ("与车辆轨迹一致", "agrees with tracks"),
    ScorePart.CAPTURES: ("与抓拍一致", "agrees with captures"),
    ScorePart.TIMELY: ("及时上报", "came in in time"),
    ScorePart.REFUSED: ("无未处理的未收记录", "no refused rows left open"),
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many of how many were good."""

    good: int
    of: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part counts, with the keys of the rows."""

    of: Mapping[ScorePart, float]
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartScore:
    """One part as the page explains it; `points` of at most `most`."""

    part: ScorePart
    good: int
    of: int
    weight: float
    points: float
    most: float


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100, and its parts; None where nothing could be compared."""

    value: float | None
    parts: tuple[PartScore, ...]


def score(counts: Mapping[ScorePart, Count], weights: Weights) -> Score:
    """Parts by which nothing could be compared leave their weight to the others."""
    compared = [part for part in ScorePart if counts.get(part, Count(0, 0)).of and weights.of[part]]
    whole = sum(weights.of[part] for part in compared)
    parts = []
    for part in ScorePart:
        count, weight = counts.get(part, Count(0, 0)), weights.of[part]
        most = weight * 100 / whole if part in compared else 0.0
        points = most * count.good / count.of if part in compared else 0.0
        parts.append(PartScore(part, count.good, count.of, weight, round(points, 2), round(most, 2)))
    exact = sum(weights.of[part] * counts[part].good / counts[part].of for part in compared)
    return Score(round(exact * 100 / whole, 2) if whole else None, tuple(parts))


def score_weights(rules: RuleBook, at: datetime, area: str = "") -> Weights:
    """The weights in force on a day."""
    rows = {part: get_rule(rules, f"review.weight.{part}", at, area) for part in ScorePart}
    return Weights({part: row.number for part, row in rows.items()}, tuple(row.key for row in rows.values()))
