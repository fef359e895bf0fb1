"""Fuels: one list here, the letters of GA/T 16.9, and a partner's shifted letters (enforcement.md 5.2)."""

from __future__ import annotations

from enum import StrEnum


class Fuel(StrEnum):
    """The one list of this platform."""

    PETROL = "petrol"
    DIESEL = "diesel"
    ELECTRIC = "electric"
    MIXED_OIL = "mixed_oil"
    NATURAL_GAS = "natural_gas"
    LPG = "lpg"
    METHANOL = "methanol"
    ETHANOL = "ethanol"
    SOLAR = "solar"
    HYBRID = "hybrid"
    HYDROGEN = "hydrogen"
    BIOFUEL = "biofuel"
    NONE = "none"
    OTHER = "other"
    UNKNOWN = "unknown"


class FuelCodes(StrEnum):
    """Interfaces with their own letters."""

    GAT16 = "gat16"  # GA/T 16.9
    SHIFTED = "shifted"  # a gate program in use: C mixed oil ... N electric


_F = Fuel
_TAIL = {"O": _F.HYBRID, "P": _F.HYDROGEN, "Q": _F.BIOFUEL, "Y": _F.NONE, "Z": _F.OTHER}
_HEAD = {"A": _F.PETROL, "B": _F.DIESEL}
_MIDDLE = (_F.MIXED_OIL, _F.NATURAL_GAS, _F.LPG, _F.METHANOL, _F.ETHANOL, _F.SOLAR)
_READ = {
    FuelCodes.GAT16: {**_HEAD, "C": _F.ELECTRIC, **dict(zip("DEFLMN", _MIDDLE, strict=True)), **_TAIL},
    # Only C and N were seen; the letters between keep their order.
    FuelCodes.SHIFTED: {
        **_HEAD,
        **dict(zip("CDEFLM", _MIDDLE, strict=True)),
        "N": _F.ELECTRIC,
        **_TAIL,
    },
}
WORDS: dict[str, Fuel] = {
    "汽油": _F.PETROL,
    "柴油": _F.DIESEL,
    "电": _F.ELECTRIC,
    "电动": _F.ELECTRIC,
    "纯电动": _F.ELECTRIC,
    "混合油": _F.MIXED_OIL,
    "天然气": _F.NATURAL_GAS,
    "液化天然气": _F.NATURAL_GAS,
    "压缩天然气": _F.NATURAL_GAS,
    "液化石油气": _F.LPG,
    "甲醇": _F.METHANOL,
    "乙醇": _F.ETHANOL,
    "太阳能": _F.SOLAR,
    "混合动力": _F.HYBRID,
    "氢": _F.HYDROGEN,
    "氢燃料": _F.HYDROGEN,
    "生物燃料": _F.BIOFUEL,
    "无": _F.NONE,
    "其他": _F.OTHER,
    "未知": _F.UNKNOWN,
}
CLEAN = frozenset({_F.ELECTRIC, _F.HYDROGEN, _F.SOLAR})


def read_fuel(interface: FuelCodes, code: str) -> Fuel:
    """The fuel an interface's letter means."""
    found = _READ[interface].get(code.strip().upper())
    if found is None:
        raise ValueError(f"fuel {code!r} is not in the list of {interface}")
    return found


def write_fuel(interface: FuelCodes, fuel: Fuel) -> str:
    """The letter an interface uses for a fuel; what is unknown is written as other."""
    wanted = Fuel.OTHER if fuel is Fuel.UNKNOWN else fuel
    return next(code for code, named in _READ[interface].items() if named is wanted)


def fuel_codes(interface: FuelCodes) -> dict[str, Fuel]:
    """Every letter of an interface and its fuel."""
    return dict(_READ[interface])
