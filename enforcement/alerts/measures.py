"""Measures of an emergency plan as rows: level, subject, place, predicate, effect, exemptions (enforcement.md 6.2).

Shipped ones lie in `rulebook/measures/*.yaml`; what the bureau decides lies in the database. A row is never changed:
of one key and area the highest revision that has begun counts, so that an answer of long ago still explains itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from enforcement import json_records
from enforcement.alerts.levels import AlertLevel
from enforcement.json_records import FieldFault, RecordFault
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.rules.book import BEIJING, RULEBOOK, Certainty
from enforcement.zones.terms import Purpose, SubjectKind

MEASURES = RULEBOOK / "measures"
FIRST_OWN_REVISION = 101  # the bureau's revisions; those below came with the platform, in its files


class Effect(StrEnum):
    """What a measure does: keep out, let a person look, or expressly let in."""

    DENY = "deny"
    LIMIT = "limit"
    ALLOW = "allow"


class PlaceKind(StrEnum):
    """Kinds of places that measures speak of; a place may be several."""

    LARGE_USER = "large_user"  # on the list of large truck users
    PLANT = "plant"
    MINE = "mine"
    COAL_WASHING = "coal_washing"
    PORT = "port"
    LOGISTICS = "logistics"
    YARD = "yard"
    CONSTRUCTION = "construction"
    ZONE = "zone"  # a control zone
    CITY_CORE = "city_core"  # a control zone that the bureau names as the core of the city
    OTHER = "other"


SPECIAL_VEHICLE = "special_vehicle"  # by its kind in the register
EXEMPTIONS = (*(str(purpose) for purpose in Purpose), SPECIAL_VEHICLE)


@dataclass(frozen=True, slots=True)
class PlaceTerms:
    """Where a measure holds; an empty list asks for nothing."""

    kinds: tuple[PlaceKind, ...] = ()
    industries: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    but_grades: tuple[str, ...] = ()  # performance grades that it spares
    trips_above: float | None = None  # goods vehicles in and out a day
    zone_codes: tuple[str, ...] = ()
    but_people_supply: bool = False  # spares places that supply people's needs


@dataclass(frozen=True, slots=True)
class SubjectTerms:
    """Whom it speaks of, and which stages it keeps out; an empty list asks for nothing."""

    stages: tuple[Stage, ...] = ()
    categories: tuple[TruckCategory, ...] = ()
    machine_types: tuple[MachineCategory, ...] = ()
    fuels: tuple[Fuel, ...] = ()
    parity: bool = False  # odd plates stay out on even days and even ones on odd days


@dataclass(frozen=True, slots=True)
class Measure:
    """One row; [valid_from, valid_to). `withdrawn`: from valid_from on the key says nothing any more."""

    key: str
    revision: int
    area: str  # prefix of a GB/T 2260 code; empty: everywhere
    levels: tuple[AlertLevel, ...]
    subject: SubjectKind
    place: PlaceTerms
    terms: SubjectTerms
    effect: Effect
    exemptions: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime | None
    legal_basis: str
    certainty: Certainty
    source: str
    zh: str
    en: str
    withdrawn: bool = False

    @property
    def name(self) -> str:
        """What an answer stores of it."""
        return f"{self.key}{'~' + self.area if self.area else ''}#{self.revision}"


def in_force(measures: Iterable[Measure], at: datetime, area: str) -> tuple[Measure, ...]:
    """The measures that hold in an area at a moment; of one key the row of the narrowest area goes first."""
    newest: dict[tuple[str, str], Measure] = {}
    for one in measures:
        if one.valid_from <= at and area.startswith(one.area):
            held = newest.get((one.key, one.area))
            if held is None or one.revision > held.revision:
                newest[one.key, one.area] = one
    narrowest: dict[str, Measure] = {}
    for one in newest.values():
        if one.withdrawn or (one.valid_to is not None and at >= one.valid_to):
            continue
        other = narrowest.get(one.key)
        if other is None or len(one.area) > len(other.area):
            narrowest[one.key] = one
    return tuple(sorted(narrowest.values(), key=lambda one: one.key))


def plain(measure: Measure) -> dict[str, Any]:
    """The measure as JSON values; `read_measure` takes them back."""
    values: dict[str, Any] = json_records.plain(measure)
    return values


def read_measure(values: Mapping[str, Any]) -> Measure:
    """A measure from JSON values. Raises RecordFault with every fault."""
    faults: list[FieldFault] = []
    found: Measure | None = json_records.read(Measure, dict(values), "", faults)
    if found is not None:
        faults += _disagreements(found)
    if found is None or faults:
        raise RecordFault(tuple(faults))
    return found


def _disagreements(measure: Measure) -> list[FieldFault]:
    """What single fields cannot say."""
    faults = []
    if not measure.levels:
        faults.append(FieldFault("levels", "请至少选择一个预警级别。", "Choose one level at least."))
    unknown = [one for one in measure.exemptions if one not in EXEMPTIONS]
    if unknown:
        faults.append(FieldFault("exemptions", "豁免事由不在列表中。", f"must be of {', '.join(EXEMPTIONS)}."))
    is_truck, terms = measure.subject is SubjectKind.TRUCK, measure.terms
    if terms.machine_types if is_truck else terms.categories or terms.parity:
        zh, en = "车辆条件与机械条件不能混用。", "Terms of trucks and of machines do not mix."
        faults.append(FieldFault("terms", zh, en))
    if measure.valid_to is not None and measure.valid_to <= measure.valid_from:
        faults.append(FieldFault("valid_to", "结束时间必须晚于开始时间。", "must come after the beginning."))
    return faults


@cache
def shipped(folder: Path = MEASURES) -> tuple[Measure, ...]:
    """Every measure that came with the platform; a fault names the file and the row."""
    return tuple(
        _row(row, f"{path.name}, measure {number}")
        for path in sorted(folder.glob("*.yaml"))
        for number, row in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), 1)
    )


def _row(row: dict[str, Any], place: str) -> Measure:
    moments = {
        name: datetime.combine(row[name], time(), BEIJING).isoformat()
        for name in ("valid_from", "valid_to")
        if isinstance(row.get(name), date)
    }
    values = json.loads(json.dumps({"area": "", "valid_to": None, "exemptions": [], **row, **moments}))
    try:
        measure = read_measure(values)
    except RecordFault as fault:
        raise ValueError(f"{place} ({row.get('key')}): {fault}") from fault
    if measure.revision >= FIRST_OWN_REVISION:
        raise ValueError(f"{place} ({measure.key}): revisions from {FIRST_OWN_REVISION} on are the bureau's")
    return replace(measure, valid_from=measure.valid_from.astimezone(BEIJING))
