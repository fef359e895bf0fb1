"""The code lists of the ledgers, and which of the lists in use a partner's system writes (enforcement.md 5.2, 10.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from enforcement.registry.doubts import half_width
from enforcement.registry.fuels import WORDS as FUEL_WORDS
from enforcement.registry.fuels import Fuel, FuelCodes, fuel_codes
from enforcement.registry.plates import COLOUR_WORDS, PlateCodes, PlateColour, colour_codes
from enforcement.registry.plates import WORDS as PLATE_WORDS
from enforcement.registry.stages import TRUCK_NAMES, Stage
from enforcement.rules.book import RuleBook, get_rule

LISTS = Path(__file__).parent / "codes.yaml"


@dataclass(frozen=True, slots=True)
class Code:
    """One line of a list: what an interface sends, what is kept, how people call it; `tonnes`: of one unit."""

    code: str
    value: str
    zh: str
    en: str
    words: tuple[str, ...] = ()
    tonnes: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of the rule book that a row is held against, with the keys of their rows."""

    ahead_min: float
    keep_months: int
    most_tonnes: float
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Codes:
    """What a partner's system has declared: its list of colours and of fuels; without `limits` no time is refused.

    `enterprise_codes` are credit codes of the enterprise whose ledger it is: a row that names another is refused.
    """

    plate: PlateCodes = PlateCodes.GATE
    fuel: FuelCodes = FuelCodes.GAT16
    limits: Limits | None = None
    enterprise_codes: frozenset[str] = frozenset()


@cache
def lists() -> Mapping[str, tuple[Code, ...]]:
    """Every list of codes.yaml by name."""
    content = yaml.safe_load(LISTS.read_text(encoding="utf-8"))
    return {name: tuple(_code(row) for row in rows) for name, rows in content.items()}


def _code(row: Mapping[str, str | list[str]]) -> Code:
    code, tonnes = str(row["code"]), row.get("tonnes")
    words = tuple(map(str, row["words"]))
    return Code(
        code, str(row.get("value", code)), str(row["zh"]), str(row["en"]), words,
        Decimal(str(tonnes)) if tonnes is not None else None,
    )  # fmt: skip


def code_list(name: str, codes: Codes | None = None) -> tuple[Code, ...]:
    """The list of a field as a partner with these codes writes it."""
    declared = codes or Codes()
    if name == "plate_colour":
        return _colours(declared.plate)
    if name == "fuel":
        return _fuels(declared.fuel)
    return _stages() if name == "stage" else lists()[name]


@cache
def _colours(interface: PlateCodes) -> tuple[Code, ...]:
    words = {colour: tuple(word for word, named in PLATE_WORDS.items() if named is colour) for colour in PlateColour}
    return tuple(
        Code(code, colour.value, *COLOUR_WORDS[colour], words[colour])
        for code, colour in colour_codes(interface).items()
    )


@cache
def _fuels(interface: FuelCodes) -> tuple[Code, ...]:
    words = {fuel: tuple(word for word, named in FUEL_WORDS.items() if named is fuel) for fuel in Fuel}
    return tuple(
        Code(code, fuel.value, (words[fuel] or (fuel.value,))[0], fuel.value.replace("_", " "), words[fuel])
        for code, fuel in fuel_codes(interface).items()
    )


@cache
def _stages() -> tuple[Code, ...]:
    return tuple(Code(stage.value, stage.value, *TRUCK_NAMES[stage]) for stage in Stage)


@cache
def folded(name: str) -> Mapping[str, Code]:
    """A list of codes.yaml by everything that may stand for a line of it, upper case and half-width."""
    found: dict[str, Code] = {}
    for row in lists()[name]:
        for word in (row.code, row.value, row.zh, *row.words):
            found.setdefault(half_width(word), row)
    return found


def limits_of(rules: RuleBook, at: datetime, area: str = "") -> Limits:
    """The numbers in force on a day: by the day on which the row comes in."""
    ahead, keep, most = (
        get_rule(rules, name, at, area) for name in ("ledger.ahead_min", "ledger.keep_months", "ledger.most_tonnes")
    )
    return Limits(ahead.number, int(keep.number), most.number, (ahead.key, keep.key, most.key))
