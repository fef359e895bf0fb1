"""Whom and what enforcement is about: trucks, machines, enterprises, terminals, organisations.

What is not known is an enum's UNKNOWN, an empty text or None: no check may read a ban out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from enforcement.registry.categories import HEAVY, MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage, StageBasis
from enforcement.rules.penalties import Level


class Fitted(StrEnum):
    """Whether a device (remote terminal, positioning, after-treatment) is on the vehicle or machine."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class AfterTreatment(StrEnum):
    """After-treatment of the exhaust."""

    NONE = "none"
    DOC = "doc"
    DPF = "dpf"
    SCR = "scr"
    DPF_SCR = "dpf_scr"
    OTHER = "other"
    UNKNOWN = "unknown"


class SubjectState(StrEnum):
    """Life of a record."""

    DRAFT = "draft"
    ACTIVE = "active"
    MOVED_OUT = "moved_out"
    SCRAPPED = "scrapped"
    CANCELLED = "cancelled"


class TerminalKind(StrEnum):
    """Kinds of devices, as in the topics `emission/v1/{kind}/{device}/up`."""

    HDV = "hdv"
    NRMM = "nrmm"
    JT808 = "jt808"
    EV = "ev"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Truck:
    """A truck; plate and plate colour are its key."""

    plate: str
    plate_colour: PlateColour
    vin: str = ""
    category: TruckCategory = TruckCategory.UNKNOWN
    fuel: Fuel = Fuel.UNKNOWN
    stage: Stage = Stage.UNKNOWN
    stage_basis: StageBasis = StageBasis.UNKNOWN
    gross_mass_kg: float | None = None
    division: str = ""
    owner: str = ""
    owner_code: str = ""
    registered_on: date | None = None
    after_treatment: AfterTreatment = AfterTreatment.UNKNOWN
    device: Fitted = Fitted.UNKNOWN
    state: SubjectState = SubjectState.ACTIVE

    @property
    def is_heavy(self) -> bool:
        return self.category in HEAVY

    @property
    def name(self) -> str:
        return self.plate


@dataclass(frozen=True, slots=True)
class Machine:
    """A non-road machine; one machine, one file; it keeps its number when it moves (4.3)."""

    registration_no: str = ""
    pin: str = ""
    machine_code: str = ""
    engine_no: str = ""
    engine_maker: str = ""
    category: MachineCategory = MachineCategory.UNKNOWN
    maker: str = ""
    model: str = ""
    fuel: Fuel = Fuel.UNKNOWN
    stage: Stage = Stage.UNKNOWN
    stage_basis: StageBasis = StageBasis.UNKNOWN
    power_kw: float | None = None
    built_on: date | None = None
    owner: str = ""
    owner_code: str = ""
    division: str = ""
    usual_place: str = ""
    after_treatment: AfterTreatment = AfterTreatment.UNKNOWN
    device: Fitted = Fitted.UNKNOWN
    state: SubjectState = SubjectState.ACTIVE

    @property
    def is_coded(self) -> bool:
        return bool(self.registration_no)

    @property
    def name(self) -> str:
        return self.registration_no or self.pin or self.machine_code or self.engine_no


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A company, site or station."""

    name: str
    credit_code: str = ""
    division: str = ""
    address: str = ""
    industry: str = ""
    grade: str = ""
    contact: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A device that reports, and the plate, VIN or machine number it is said to sit on."""

    device: str
    kind: TerminalKind
    layout: str = ""
    vin: str = ""
    plate: str = ""
    machine_no: str = ""
    maker: str = ""
    fitted_on: date | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """A bureau, branch, station or partner in the tree of organisations."""

    code: str
    name_zh: str
    name_en: str
    level: Level
    division: str
    parent: str = ""


Subject = Truck | Machine
