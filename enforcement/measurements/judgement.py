"""What a measurement amounts to: items with value, limit and margin, the rule rows, one sentence in two languages.

Equal to the limit passes. The margin is what is left to the limit on the good side: below 0 the limit is broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from enforcement.registry.categories import HEAVY, MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Machine, Truck
from enforcement.rules.book import Rule
from enforcement.rules.penalties import Offence
from enforcement.rules.smoke_limits import SmokeClass
from enforcement.sentences import Sentence
from enforcement.zones.terms import SubjectKind


class Method(StrEnum):
    """How something was measured or looked at; each has its readings and its module of the same name."""

    FREE_ACCELERATION = "free_acceleration"
    LUG_DOWN = "lug_down"
    MACHINE_SMOKE = "machine_smoke"
    RINGELMANN = "ringelmann"
    OBD_CHECK = "obd_check"
    DEVICE_CHECK = "device_check"
    UREA_CHECK = "urea_check"
    CODING_CHECK = "coding_check"
    FUEL_SAMPLE = "fuel_sample"
    REMOTE_SENSING = "remote_sensing"
    PERIODIC_REPORT = "periodic_report"  # what a test station reported, by the method codes of HJ 1238


TAILPIPE = frozenset(
    {Method.FREE_ACCELERATION, Method.LUG_DOWN, Method.MACHINE_SMOKE, Method.RINGELMANN, Method.PERIODIC_REPORT}
)


class Outcome(StrEnum):
    """Not judged: something that decides was not known; the doubts say what."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Item:
    """One value against its limit. `over` is None where there was nothing to compare."""

    name: str
    value: float | str | None
    limit: float | str | None
    unit: str
    margin: float | None
    over: bool | None
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer of one method. `rules` are all rows it rests on, those of the items among them."""

    method: str
    outcome: Outcome
    items: tuple[Item, ...]
    offences: tuple[Offence, ...]
    rules: tuple[Rule, ...]
    doubts: tuple[Sentence, ...]
    sentence: Sentence

    @property
    def violations(self) -> tuple[Item, ...]:
        """The items that broke their limit."""
        return tuple(item for item in self.items if item.over)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the judgement must know of the truck or machine; `power_kw` is the engine's net power."""

    kind: SubjectKind
    stage: Stage = Stage.UNKNOWN
    power_kw: float | None = None
    rated_power_kw: float | None = None
    fuel: Fuel = Fuel.UNKNOWN
    category: TruckCategory | MachineCategory | None = None
    zone_smoke_class: SmokeClass | None = None  # the strictest of the zone versions in force at the place
    registration_no: str = ""  # of a machine, as the register has it
    built_on: date | None = None

    @property
    def is_heavy(self) -> bool:
        return self.category in HEAVY

    @property
    def is_truck(self) -> bool:
        return self.kind is SubjectKind.TRUCK


def measured_of(subject: Truck | Machine, rated_power_kw: float | None = None) -> Measured:
    """What the register says of a truck or machine."""
    if isinstance(subject, Truck):
        return Measured(
            SubjectKind.TRUCK,
            subject.stage,
            rated_power_kw=rated_power_kw,
            fuel=subject.fuel,
            category=subject.category,
        )
    return Measured(
        SubjectKind.MACHINE,
        subject.stage,
        subject.power_kw,
        rated_power_kw or subject.power_kw,
        subject.fuel,
        subject.category,
        registration_no=subject.registration_no,
        built_on=subject.built_on,
    )
