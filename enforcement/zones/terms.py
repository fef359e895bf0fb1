"""The law side of a control zone's version: whom it binds, when, to what, and under which document.

Clauses: CODE 230 and 1127 (before 2026-08-15 APPCL 61 and 114); the fields are those of enforcement.md 4.4.
The geometry and the time of validity belong to `geo.zones.ZoneVersion`; this is what the version says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.rules.book import RuleBook, day_of, get_rule
from enforcement.rules.calendar import Calendar, DayKind
from enforcement.rules.penalties import Level, Offence
from enforcement.rules.smoke_limits import SmokeClass
from enforcement.sentences import Sentence
from enforcement.visits.records import VisitSettings

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

MINUTES = 24 * 60
_DAY_US = MINUTES * 60_000_000
_BEIJING_US = 8 * 3_600_000_000
_EPOCH = date(1970, 1, 1).toordinal()


class SubjectKind(StrEnum):
    """Whom terms speak of."""

    TRUCK = "truck"
    MACHINE = "machine"


class ZoneDay(StrEnum):
    """Days on which a window holds: by kind, or by name."""

    WORKDAY = "workday"
    REST_DAY = "rest_day"
    HOLIDAY = "holiday"
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_BY_KIND = {
    DayKind.WORKDAY: ZoneDay.WORKDAY,
    DayKind.REST_DAY: ZoneDay.REST_DAY,
    DayKind.HOLIDAY: ZoneDay.HOLIDAY,
}
_BY_WEEKDAY = tuple(ZoneDay)[3:]


class Purpose(StrEnum):
    """What a vehicle or machine is out for; exempt by a zone's notice or allowed by a whitelist entry."""

    EMERGENCY_RESCUE = "emergency_rescue"
    MILITARY = "military"
    POLICE = "police"
    FIRE = "fire"
    AMBULANCE = "ambulance"
    CLEAN_ENERGY = "clean_energy"
    PEOPLE_SUPPLY = "people_supply"
    DANGEROUS_GOODS = "dangerous_goods"
    HEATING = "heating"
    MEDICAL = "medical"
    POST = "post"
    EXPORT = "export"
    CONSTRUCTION = "construction"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of a Beijing day, [from, to); `to` at or before `from` runs past midnight into the next day."""

    from_minute: int
    to_minute: int
    days: frozenset[ZoneDay] = frozenset()  # empty = every day; past midnight the day it begins on counts


@dataclass(frozen=True, slots=True)
class LegalDocument:
    """The notice a zone rests on."""

    number: str = ""
    title: str = ""
    issued_on: date | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class ZoneTerms:
    """What a zone version says. An empty set in the scope binds all; an empty set of bans bans none."""

    # scope
    applies_to: frozenset[SubjectKind] = frozenset(SubjectKind)
    machine_types: frozenset[MachineCategory] = frozenset()
    truck_categories: frozenset[TruckCategory] = frozenset()
    fuels: frozenset[Fuel] = frozenset()
    windows: tuple[Window, ...] = ()  # none = all day, every day
    exemptions: frozenset[Purpose] = frozenset()
    # bans and duties
    min_machine_stage: Stage | None = None
    min_truck_stage: Stage | None = None
    banned_machine_types: frozenset[MachineCategory] = frozenset()
    banned_truck_categories: frozenset[TruckCategory] = frozenset()
    banned_fuels: frozenset[Fuel] = frozenset()
    device_required: bool = False
    coding_required: bool = False
    smoke_class: SmokeClass | None = None
    black_smoke_ban: bool = False
    # document
    document: LegalDocument = field(default_factory=LegalDocument)
    authority: str = ""
    authority_code: str = ""
    authority_level: Level = Level.CITY
    machine_offence: Offence = Offence.ZONE_BREACH
    truck_offence: Offence = Offence.TRUCK_ZONE_BREACH
    # presence
    min_dwell_s: float = 30.0
    min_inside_fixes: int = 3
    exit_fixes: int = 3
    max_gap_s: float = 600.0
    edge_accuracy_m: float = 15.0
    boundary_inclusive: bool = True

    @property
    def visit_settings(self) -> VisitSettings:
        return VisitSettings(self.min_dwell_s, self.min_inside_fixes, self.exit_fixes, self.max_gap_s)


def default_settings(rules: RuleBook, at: datetime) -> VisitSettings:
    """The minimums of a zone that sets none."""
    dwell, inside, exits, gap = (
        get_rule(rules, f"visit.{name}", at).number
        for name in ("min_dwell_s", "min_inside_fixes", "exit_fixes", "max_gap_s")
    )
    return VisitSettings(dwell, round(inside), round(exits), gap)


def in_hours(terms: ZoneTerms, at_us: Ints, calendar: Calendar) -> Bools:
    """Whether the terms are in force at each moment of the day they fall on."""
    at_us = np.asarray(at_us, np.int64)
    if not terms.windows:
        return np.ones(at_us.shape, np.bool_)
    day, minute_us = np.divmod(at_us + _BEIJING_US, _DAY_US)
    held = np.zeros(at_us.shape, np.bool_)
    for window in terms.windows:
        held |= _in_window(window, day, minute_us, calendar)
    return held


def _in_window(window: Window, day: Ints, of_day_us: Ints, calendar: Calendar) -> Bools:
    first, last = window.from_minute * 60_000_000, window.to_minute * 60_000_000
    today = _on_days(window.days, day, calendar)
    if first < last:
        return today & (of_day_us >= first) & (of_day_us < last)
    yesterday = _on_days(window.days, day - 1, calendar)
    return (today & (of_day_us >= first)) | (yesterday & (of_day_us < last))


def _on_days(days: frozenset[ZoneDay], day: Ints, calendar: Calendar) -> Bools:
    if not days:
        return np.ones(day.shape, np.bool_)
    named, place = np.unique(day, return_inverse=True)
    answers = np.array([_is_on(days, int(number), calendar) for number in named], np.bool_)
    return answers[place].reshape(day.shape)


def _is_on(days: frozenset[ZoneDay], number: int, calendar: Calendar) -> bool:
    day = date.fromordinal(_EPOCH + number)
    return _BY_KIND[calendar.kind(day)] in days or _BY_WEEKDAY[day.weekday()] in days


def authority_warning(rules: RuleBook, level: Level, published_at: datetime) -> Sentence | None:
    """A zone published by a government that could not draw one that day (county level: from 2026-08-15)."""
    rule = get_rule(rules, "zone.lowest_authority", published_at)
    if level.reaches(Level(str(rule.value))):
        return None
    day = day_of(published_at).isoformat()
    return Sentence(
        "authority_too_low",
        f"{day}时该级政府无权划定：{rule.zh}（{rule.legal_basis}）。请核对。",
        f"On {day} a government of this level could not draw it: {rule.en} ({rule.legal_basis}). Check.",
    )
