"""Official alerts and their levels (enforcement.md 6.1).

Only governments issue them (CODE 263, 1134): an alert is entered by an authorised person with its document.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlertLevel(StrEnum):
    """Levels of a heavy-pollution alert, mildest first."""

    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        return list(AlertLevel).index(self)


LEVEL_NAMES: dict[AlertLevel, tuple[str, str]] = {
    AlertLevel.YELLOW: ("黄色", "yellow"),
    AlertLevel.ORANGE: ("橙色", "orange"),
    AlertLevel.RED: ("红色", "red"),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """An official alert: [from_at, to_at) in the area of a GB/T 2260 prefix; `to_at` None: not lifted yet."""

    id: int
    level: AlertLevel
    area: str
    from_at: datetime
    to_at: datetime | None
    document: str

    def holds(self, area: str, at: datetime) -> bool:
        return area.startswith(self.area) and self.from_at <= at and (self.to_at is None or at < self.to_at)


def highest(alerts: Iterable[Alert], area: str, at: datetime) -> Alert | None:
    """The alert that counts in an area: a city's and a county's may hold at once, the higher level goes first."""
    held = [one for one in alerts if one.holds(area, at)]
    return max(held, key=lambda one: (one.level.rank, len(one.area)), default=None)


def reaches(limit: str | None, level: AlertLevel) -> bool:
    """Whether leave up to a level (None: every level) still holds in this one."""
    return limit is None or AlertLevel(limit).rank >= level.rank
