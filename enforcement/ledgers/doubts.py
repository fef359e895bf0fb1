"""What is odd about a row of a ledger: shown beside it, never in the way of taking it (enforcement.md 10)."""

from __future__ import annotations

from decimal import Decimal

from enforcement.ledgers.codes import folded
from enforcement.ledgers.rows import Values
from enforcement.registry.doubts import half_width
from enforcement.registry.machine_numbers import check_machine_number
from enforcement.registry.plates import check_plate
from enforcement.registry.vins import check_vin

DOUBTS: dict[str, tuple[str, str]] = {
    "plate_form": ("号牌格式不常见", "unusual form of the plate"),
    "plate_colour": ("号牌与颜色不相配", "plate and colour do not match"),
    "vin_form": ("VIN 位数或字符不符", "not the form of a VIN"),
    "vin_check_digit": ("VIN 校验位不符", "check digit of the VIN"),
    "vehicle_type_unlisted": ("车辆类型不在代码表中", "vehicle type is not in the list"),
    "usage_unlisted": ("使用性质不在代码表中", "use is not in the list"),
    "cargo_unlisted": ("货物名称不在清单中", "cargo is not in the list"),
    "much_load": ("运输量偏大", "a very large load"),
    "gate_unknown": ("该道闸未登记", "the barrier is not registered"),
    "machine_number_form": ("环保登记编码格式不符", "not the form of a registration number"),
    "machine_number_stage": ("环保登记编码与排放标准不符", "registration number and stage do not match"),
}
"""Every doubt and how it is called, Chinese and English."""


def passage_doubts(said: Values, tonnes: Decimal | None, most_tonnes: float | None) -> tuple[str, ...]:
    """Doubts about the values of a passage."""
    found = [warning.code for warning in check_plate(said["plate"], said["colour"])]
    found += vin_doubts(said.get("vin"))
    found += [f"{name}_unlisted" for name in ("vehicle_type", "usage", "cargo") if _unlisted(name, said.get(name))]
    if tonnes is not None and most_tonnes is not None and tonnes > Decimal(str(most_tonnes)):
        found.append("much_load")
    return tuple(found)


def vin_doubts(vin: str | None) -> list[str]:
    """Doubts about a VIN, if there is one."""
    return [warning.code for warning in check_vin(vin)] if vin else []


def machine_doubts(said: Values) -> tuple[str, ...]:
    """Doubts about the registration number of a machine and the stage that it claims."""
    number = said.get("registration_number")
    return tuple(warning.code for warning in check_machine_number(number, said["stage"])) if number else ()


def _unlisted(name: str, value: str | None) -> bool:
    return value is not None and half_width(value) not in folded(name)
