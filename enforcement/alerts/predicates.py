"""Whether a measure speaks of a place and of a truck or machine: yes, no, or not known (None).

What nobody knows is for a person at the gate, never a refusal.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from enforcement.alerts.measures import SPECIAL_VEHICLE, Measure, PlaceTerms, SubjectTerms
from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import CLEAN, Fuel
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Subject, Truck
from enforcement.rules.book import day_of
from enforcement.zones.terms import Purpose, SubjectKind


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gate or a visit is, as measures ask; None: not known."""

    enterprise_id: int | None
    division: str
    kinds: frozenset[str] = frozenset()
    industry: str = ""
    grade: str = ""
    trips_per_day: float | None = None
    people_supply: bool = False
    zone_codes: frozenset[str] = frozenset()


def covers(terms: PlaceTerms, place: Place) -> bool:
    """Whether it holds at this place; trips that nobody counted are not above any number."""
    asked = (
        (terms.kinds, place.kinds),
        (terms.zone_codes, place.zone_codes),
        (terms.industries, {place.industry}),
        (terms.grades, {place.grade}),
    )
    if any(wanted and not set(wanted) & set(has) for wanted, has in asked):
        return False
    if place.grade in terms.but_grades or (terms.but_people_supply and place.people_supply):
        return False
    return terms.trips_above is None or (place.trips_per_day or 0) > terms.trips_above


def speaks_of(measure: Measure, subject: Subject, at: datetime) -> bool | None:
    """Whether the subject is of the kind that the measure means, whatever its stage."""
    is_truck = isinstance(subject, Truck)
    if (measure.subject is SubjectKind.TRUCK) != is_truck:
        return False
    terms = measure.terms
    kinds = terms.categories if is_truck else terms.machine_types
    return _all(
        _one_of(subject.category, kinds, (TruckCategory.UNKNOWN, MachineCategory.UNKNOWN)),
        _one_of(subject.fuel, terms.fuels, (Fuel.UNKNOWN,)),
        _out_of_turn(subject.name, at) if terms.parity else True,
    )


def _one_of(value: str, wanted: Collection[str], unknown: Collection[str]) -> bool | None:
    if not wanted:
        return True
    return None if value in unknown else value in wanted


def _out_of_turn(plate: str, at: datetime) -> bool | None:
    digits = [sign for sign in plate if sign in "0123456789"]
    return int(digits[-1]) % 2 != day_of(at).day % 2 if digits else None


def _all(*answers: bool | None) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def keeps_out(terms: SubjectTerms, stage: Stage) -> bool | None:
    """Whether this stage is one that the measure keeps out; VI without its letter may be either."""
    if not terms.stages:
        return True
    if stage is Stage.UNKNOWN:
        return None
    lettered = {Stage.VI_A, Stage.VI_B} & set(terms.stages)
    if stage is Stage.VI and Stage.VI not in terms.stages and lettered:
        return True if len(lettered) == 2 else None
    return stage in terms.stages


def is_exempt(measure: Measure, subject: Subject) -> bool:
    """Whether the register itself shows an exemption: clean energy, a special vehicle."""
    if Purpose.CLEAN_ENERGY in measure.exemptions and (subject.fuel in CLEAN or subject.stage is Stage.ELECTRIC):
        return True
    return SPECIAL_VEHICLE in measure.exemptions and subject.category == TruckCategory.SPECIAL
