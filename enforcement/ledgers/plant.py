"""Ledgers B and C of HJ 1321: vehicles and machines that work inside a plant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from enforcement.ledgers.codes import Codes
from enforcement.ledgers.doubts import machine_doubts, vin_doubts
from enforcement.ledgers.faults import RowFault, shown
from enforcement.ledgers.fields import LEDGER_B, LEDGER_C
from enforcement.ledgers.passages import fuel_faults
from enforcement.ledgers.rows import Values, content_hash, photos_of, read_fields
from enforcement.registry.categories import MachineCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.machine_numbers import normalise_machine_number
from enforcement.registry.plates import PlateColour, check_plate
from enforcement.registry.stages import Stage, StageBasis
from enforcement.rules.book import day_of

_OURS = frozenset({"doubts"})


@dataclass(frozen=True)  # no slots: the hash is worked out once
class PlantVehicle:
    """One row of ledger B; its number in the plant is its key."""

    internal_no: str
    fuel: Fuel
    stage: Stage
    vin: str | None = None
    built_on: date | None = None
    plate: str | None = None
    colour: PlateColour | None = None
    registered_on: date | None = None
    model: str | None = None
    stage_basis: StageBasis | None = None
    networked: bool | None = None
    owner: str | None = None
    engine_model: str | None = None
    engine_maker: str | None = None
    engine_number: str | None = None
    photos: Mapping[str, str] = field(default_factory=dict)
    gone_on: date | None = None
    gone_how: str | None = None
    doubts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its number in the plant."""
        return self.internal_no

    @property
    def place(self) -> tuple[str]:
        return (self.key,)

    @property
    def source_key(self) -> None:
        return None

    @cached_property
    def sha256(self) -> bytes:
        """Of what the row says."""
        return content_hash(self, _OURS)


@dataclass(frozen=True)  # no slots: the hash is worked out once
class PlantMachine:
    """One row of ledger C; the first number it has is its key."""

    fuel: Fuel
    stage: Stage
    registration_number: str | None = None
    built_on: date | None = None
    plate: str | None = None
    category: MachineCategory | None = None
    pin: str | None = None
    machine_code: str | None = None
    model: str | None = None
    engine_model: str | None = None
    engine_maker: str | None = None
    engine_number: str | None = None
    photos: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    power_kw: Decimal | None = None
    entered_on: date | None = None
    left_on: date | None = None
    doubts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its number: the registration number, else PIN, machine code, engine number."""
        return self.registration_number or self.pin or self.machine_code or self.engine_number or ""

    @property
    def place(self) -> tuple[str]:
        return (self.key,)

    @property
    def source_key(self) -> None:
        return None

    @cached_property
    def sha256(self) -> bytes:
        """Of what the row says."""
        return content_hash(self, _OURS)


def read_vehicle(raw: Mapping[str, object], codes: Codes, now: datetime) -> PlantVehicle | tuple[RowFault, ...]:
    """The vehicle of a row of ledger B, or every fault of it."""
    values, found = read_fields(raw, LEDGER_B, codes)
    faults = [*found, *fuel_faults(values), *_pairs(values), *_later(values, "gone_on", now)]
    if faults:
        return tuple(faults)
    said = _said(values)
    said["colour"] = said.pop("plate_colour", None)
    if "networked" in said:
        said["networked"] = said["networked"] == "yes"
    if "stage_basis" in said:
        said["stage_basis"] = StageBasis(said["stage_basis"])
    doubts = vin_doubts(said.get("vin"))
    if said.get("plate"):
        doubts += [one.code for one in check_plate(said["plate"], said["colour"])]
    return PlantVehicle(**said, doubts=tuple(doubts))


def read_machine(raw: Mapping[str, object], codes: Codes, now: datetime) -> PlantMachine | tuple[RowFault, ...]:
    """The machine of a row of ledger C, or every fault of it."""
    values, found = read_fields(raw, LEDGER_C, codes)
    if values.get("registration_number"):
        values["registration_number"] = normalise_machine_number(values["registration_number"])
    faults = [*found, *fuel_faults(values), *_numbers(values), *_days(values), *_later(values, "entered_on", now)]
    if faults:
        return tuple(faults)
    said = _said(values)
    if "category" in said:
        said["category"] = MachineCategory(said["category"])
    return PlantMachine(**said, doubts=machine_doubts(said))


def _said(values: Values) -> Values:
    photos = photos_of(values)
    kept = {name: value for name, value in values.items() if not name.startswith("photo_") and value is not None}
    return {**kept, "photos": photos}


def _pairs(values: Values) -> list[RowFault]:
    faults = []
    if (values.get("plate") is None) != (values.get("plate_colour") is None):
        zh, en = "号牌号码与颜色须同时填写。", "A plate and its colour go together."
        faults.append(RowFault("plate_colour", "pair", "", zh, en))
    if (values.get("gone_on") is None) != (values.get("gone_how") is None):
        zh, en = "报废或转让日期与去向须同时填写。", "The day and what became of it go together."
        faults.append(RowFault("gone_how", "pair", "", zh, en))
    return faults


def _numbers(values: Values) -> list[RowFault]:
    names = ("registration_number", "pin", "machine_code", "engine_number")
    if any(values.get(name) for name in names):
        return []
    zh = "环保登记编码、PIN、机械环保代码、发动机编号至少填写一项。"
    en = "Give one of registration number, PIN, machine code, engine number."
    return [RowFault("registration_number", "missing", "", zh, en)]


def _days(values: Values) -> list[RowFault]:
    entered, left = values.get("entered_on"), values.get("left_on")
    if left is None or (entered is not None and entered <= left):
        return []
    zh, en = "离厂日期须不早于进厂日期，并填写进厂日期。", "It must not come before the day of entry, which is needed."
    return [RowFault("left_on", "order", shown(left), zh, en)]


def _later(values: Values, name: str, now: datetime) -> list[RowFault]:
    if values.get(name) is None or values[name] <= day_of(now):
        return []
    return [RowFault(name, "future", shown(values[name]), "日期晚于今天。", "It lies in the future.")]
