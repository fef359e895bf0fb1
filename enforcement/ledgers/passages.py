"""Ledger A of HJ 1321: one passage of one barrier, read from what a gate, a sheet, a form or a driver says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property

from enforcement.ledgers.codes import Codes, Limits, lists
from enforcement.ledgers.doubts import passage_doubts
from enforcement.ledgers.faults import RowFault, shown
from enforcement.ledgers.fields import LEDGER_A
from enforcement.ledgers.rows import Values, content_hash, photos_of, read_fields
from enforcement.registry.categories import HEAVY, TruckCategory, read_truck_category
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateCodes, PlateColour, PlateKind, plate_kind
from enforcement.registry.stages import Stage, StageBasis
from enforcement.rules.book import BEIJING

CREDIT_CODE = 18  # characters of a credit code (GB 32100)
HEAVY_FROM_KG = 12_000  # what "heavy" means in GA 802
_BY_WIRE = {Fuel.ELECTRIC, Fuel.HYDROGEN}
_ONE_GREEN = {PlateCodes.GATE, PlateCodes.ETC}  # one code there for both new-energy plates


class Direction(StrEnum):
    """Which way through the barrier."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True)  # no slots: the hash is worked out once
class Passage:
    """One row of ledger A; what nobody gave is None."""

    entrance_no: str
    barrier_no: str
    direction: Direction
    passed_at: datetime
    plate: str
    colour: PlateColour
    fuel: Fuel
    stage: Stage
    vehicle_type: str | None = None
    vin: str | None = None
    registered_on: date | None = None
    model: str | None = None
    engine_model: str | None = None
    engine_maker: str | None = None
    engine_number: str | None = None
    stage_basis: StageBasis | None = None
    usage: str | None = None
    networked: bool | None = None
    cargo: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    tonnes: Decimal | None = None
    fleet: str | None = None
    owner: str | None = None
    owner_phone: str | None = None
    max_mass_kg: int | None = None
    rated_load_kg: int | None = None
    inspected_on: date | None = None
    control_result: str | None = None
    answer_id: int | None = None
    photo: str | None = None
    photos: Mapping[str, str] = field(default_factory=dict)
    video: str | None = None
    source_key: str | None = None
    doubts: tuple[str, ...] = ()

    @property
    def category(self) -> TruckCategory:
        """The kind of vehicle by its code of GA/T 16.4."""
        if self.vehicle_type is None:
            return TruckCategory.UNKNOWN
        return read_truck_category(self.vehicle_type) or TruckCategory.OTHER

    @property
    def is_heavy(self) -> bool:
        """By its code; by its mass where no code is given."""
        if self.vehicle_type is None:
            return self.max_mass_kg is not None and self.max_mass_kg >= HEAVY_FROM_KG
        return self.category in HEAVY

    @property
    def place(self) -> tuple[datetime, str, str, str, str, str]:
        """What makes a passage this one: no barrier lets one vehicle pass twice in a moment."""
        return (self.passed_at, self.plate, self.colour, self.direction, self.entrance_no, self.barrier_no)

    @cached_property
    def sha256(self) -> bytes:
        """Of what the row says; the partner's key and our doubts are not part of it."""
        return content_hash(self, frozenset({"source_key", "doubts"}))


def read_passage(raw: Mapping[str, object], codes: Codes, now: datetime) -> Passage | tuple[RowFault, ...]:
    """The passage of a row, or every fault of it."""
    values, found = read_fields(raw, LEDGER_A, codes)
    faults = [
        *found,
        *_time_faults(values, codes.limits, now),
        *_foreign(values, codes),
        *fuel_faults(values),
        *_quantity_faults(values),
    ]
    if faults:
        return tuple(faults)
    return _passage(values, codes)


def _passage(values: Values, codes: Codes) -> Passage:
    photos = photos_of(values)
    said = {name: value for name, value in values.items() if not name.startswith("photo_") and value is not None}
    said.pop("enterprise_code", None)
    said["colour"] = _whole_colour(said["plate"], said.pop("plate_colour"), codes)
    said["direction"] = Direction(said["direction"])
    if "networked" in said:
        said["networked"] = said["networked"] == "yes"
    if "stage_basis" in said:
        said["stage_basis"] = StageBasis(said["stage_basis"])
    tonnes = tonnes_of(said.get("quantity"), said.get("unit"))
    most = codes.limits.most_tonnes if codes.limits else None
    doubts = passage_doubts(said, tonnes, most)
    return Passage(**said, tonnes=tonnes, photos=photos, doubts=doubts)


def _whole_colour(plate: str, colour: PlateColour, codes: Codes) -> PlateColour:
    """Lists with one code for both greens leave it to the plate which it is."""
    if colour is PlateColour.GREEN and codes.plate in _ONE_GREEN and plate_kind(plate) is PlateKind.NEV_LARGE:
        return PlateColour.YELLOW_GREEN
    return colour


def tonnes_of(quantity: Decimal | None, unit: str | None) -> Decimal | None:
    """Tonnes of a quantity; None where the unit says no mass."""
    row = next((row for row in lists()["unit"] if row.value == unit), None)
    if quantity is None or row is None or row.tonnes is None:
        return None
    return (quantity * row.tonnes).quantize(Decimal("0.001"), ROUND_HALF_UP)


def oldest_kept(now: datetime, months: int) -> datetime:
    """The first moment of which a row is still kept: so many months back, the day capped to its month."""
    local = now.astimezone(BEIJING)
    index = local.year * 12 + local.month - 1 - months
    year, month = divmod(index, 12)
    for day in (local.day, 30, 29, 28):
        try:
            return local.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th day")


def _time_faults(values: Values, limits: Limits | None, now: datetime) -> list[RowFault]:
    at = values.get("passed_at")
    if at is None or limits is None:
        return []
    if at > now + timedelta(minutes=limits.ahead_min):
        zh, en = "进出厂时间晚于当前时间，请检查设备时钟。", "It lies in the future: check the device's clock."
        return [RowFault("passed_at", "future", shown(at.isoformat()), zh, en)]
    if at < oldest_kept(now, limits.keep_months):
        zh = f"进出厂时间早于台账保存期限（{limits.keep_months} 个月），不再接收。"
        en = f"It is older than the {limits.keep_months} months for which rows are kept: not taken any more."
        return [RowFault("passed_at", "too_old", shown(at.isoformat()), zh, en)]
    return []


def _foreign(values: Values, codes: Codes) -> list[RowFault]:
    """A row that names another enterprise; codes of HJ 608 begin with the credit code or cannot be compared."""
    code = values.get("enterprise_code") or ""
    if len(code) < CREDIT_CODE or not codes.enterprise_codes or code[:CREDIT_CODE] in codes.enterprise_codes:
        return []
    zh, en = "企业编号不是本企业的编号。", "It is not the code of this enterprise."
    return [RowFault("enterprise_code", "other_enterprise", shown(code), zh, en)]


def fuel_faults(values: Values) -> list[RowFault]:
    """A fuel and a stage that cannot go together: most often the letters of another list."""
    fuel, stage = values.get("fuel"), values.get("stage")
    if fuel is None or stage in (None, Stage.UNKNOWN):
        return []
    if (stage is Stage.ELECTRIC) == (fuel in _BY_WIRE) or fuel is Fuel.HYDROGEN:
        return []
    zh = f"燃料（{fuel}）与排放标准（{stage}）不符：所传燃料代码是否用了另一套代码表？请声明后重传。"
    en = f"Fuel {fuel} and stage {stage} do not go together: are the letters those of another list? Declare it."
    return [RowFault("fuel", "fuel_stage", shown(fuel), zh, en)]


def _quantity_faults(values: Values) -> list[RowFault]:
    if values.get("quantity") is None or values.get("unit") is not None or "unit" not in values:
        return []
    return [RowFault("unit", "missing", "", "填写运输量时须填写单位。", "A quantity needs its unit.")]
