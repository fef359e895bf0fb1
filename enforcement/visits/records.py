"""What is known of a visit: a device in a zone from the first fix inside to the last (enforcement.md 4.4).

An UNCERTAIN fix keeps a visit open but is never counted towards the minimums. A visit below the minimums of
its zone is a passage. Times are int64 microseconds since 1970 UTC, 0 = unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum


class State(IntEnum):
    """How a fix lies to a zone; the same numbers as `geo.zones.State`."""

    OUTSIDE = 0
    UNCERTAIN = 1
    INSIDE = 2


class Ending(StrEnum):
    """Why a visit is over: left, or nothing more was heard for longer than `max_gap_s`."""

    OPEN = "open"
    LEFT = "left"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class VisitSettings:
    """The minimums of a zone (defaults: rule book `visit.*`)."""

    min_dwell_s: float = 30.0
    min_inside_fixes: int = 3
    exit_fixes: int = 3
    max_gap_s: float = 600.0

    def __post_init__(self) -> None:
        if self.exit_fixes < 1 or self.min_inside_fixes < 1:
            raise ValueError("exit_fixes and min_inside_fixes must be 1 or more")
        if self.min_dwell_s < 0 or self.max_gap_s <= 0:
            raise ValueError("min_dwell_s must not be negative and max_gap_s must be above 0")


@dataclass(frozen=True, slots=True)
class SettingsByZone:
    """Settings of every zone; a zone that is not named has the default."""

    default: VisitSettings = VisitSettings()
    by_zone: Mapping[int, VisitSettings] = field(default_factory=dict)

    def of(self, zone_id: int) -> VisitSettings:
        return self.by_zone.get(zone_id, self.default)

    def every(self) -> Iterator[VisitSettings]:
        yield self.default
        yield from self.by_zone.values()


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive INSIDE fixes of one visit under one zone version and one verdict (code 0 = allowed)."""

    version_id: int
    code: int
    first_us: int
    last_us: int
    inside_fixes: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One device in one zone; entered in (entered_after_us, first_us], shown inside up to last_us."""

    device: int
    zone_id: int
    first_us: int
    last_us: int  # the last INSIDE fix
    inside_fixes: int
    uncertain_fixes: int
    uncertain_last_us: int  # the last UNCERTAIN fix, 0 = none
    outside_run: int  # OUTSIDE fixes since the last fix that was not
    outside_since_us: int  # the first of them, 0 = none
    last_fix_us: int  # the last fix of the device that was considered
    entered_after_us: int  # the device's fix before the first one inside, 0 = unknown
    segments: tuple[Segment, ...]
    ending: Ending = Ending.OPEN

    @property
    def key(self) -> tuple[int, int]:
        return self.device, self.zone_id

    @property
    def dwell_s(self) -> float:
        return (self.last_us - self.first_us) / 1e6

    def is_established(self, settings: VisitSettings) -> bool:
        """Enough fixes inside over enough time; a visit that is not is a passage."""
        return _enough(self.inside_fixes, self.first_us, self.last_us, settings)

    def forbidden(self, settings: VisitSettings) -> tuple[Segment, ...]:
        """The segments that make a violation: runs of forbidden segments that reach the minimums."""
        runs = (run for run in forbidden_runs(self) if _run_enough(run, settings))
        return tuple(segment for run in runs for segment in run)


@dataclass(frozen=True, slots=True)
class StepResult:
    """Visits still open by (device, zone), visits that ended, and the last fix of each device in the step."""

    open: dict[tuple[int, int], Visit]
    closed: list[Visit]
    last_fix_us: dict[int, int]


def forbidden_runs(visit: Visit) -> tuple[tuple[Segment, ...], ...]:
    """Consecutive segments that are not allowed, in order; an allowed segment parts two runs."""
    runs: list[list[Segment]] = [[]]
    for segment in visit.segments:
        if segment.code:
            runs[-1].append(segment)
        elif runs[-1]:
            runs.append([])
    return tuple(tuple(run) for run in runs if run)


def close_silent(open_visits: Mapping[tuple[int, int], Visit], at_us: int, settings: SettingsByZone) -> StepResult:
    """Close what has been silent for longer than its gap; `step` would do it at the next fix."""
    kept: dict[tuple[int, int], Visit] = {}
    closed: list[Visit] = []
    for key, visit in open_visits.items():
        if at_us - visit.last_fix_us > settings.of(visit.zone_id).max_gap_s * 1e6:
            closed.append(replace(visit, ending=Ending.SILENT))
        else:
            kept[key] = visit
    return StepResult(kept, closed, {})


def _enough(fixes: int, first_us: int, last_us: int, settings: VisitSettings) -> bool:
    return fixes >= settings.min_inside_fixes and last_us - first_us >= settings.min_dwell_s * 1e6


def _run_enough(run: tuple[Segment, ...], settings: VisitSettings) -> bool:
    fixes = sum(segment.inside_fixes for segment in run)
    return _enough(fixes, run[0].first_us, run[-1].last_us, settings)
