"""What a tablet needs to judge readings as the server does: rule rows, sentences, names and the fields of readings."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from enforcement import sentences
from enforcement.inspections.instruments import CHECK_NAMES, INSTRUMENT_NAMES
from enforcement.json_records import plain
from enforcement.measurements import READINGS, Method
from enforcement.measurements.readings import Finding
from enforcement.measurements.readings_json import fields_of
from enforcement.measurements.wording import ITEM_NAMES, METHOD_NAMES, OUTCOME_NAMES, UNITS, VALUE_NAMES
from enforcement.registry.stages import MACHINE_NAMES, TRUCK_NAMES, WORDS
from enforcement.rules.book import Rule, RuleBook

METHODS = tuple(one for one in Method if one not in (Method.REMOTE_SENSING, Method.PERIODIC_REPORT))
"""The methods that officers use at the place."""
_ASKED = (
    "coding.", "device_check.", "fuel.", "gb3847.", "inspection.", "instrument.", "method.", "obd.", "officers.",
    "smoke.", "smoke_k.", "stages.", "urea.", "law.air", "clock.repair", "clock_rolls.kinds", "document.repair_basis",
)  # fmt: skip
"""Rules that the evaluator of the tablet may ask for, and those of the repair notice."""
_COLUMNS = ("id", "value", "unit", "valid_from", "valid_to", "area", "key", "certainty", "legal_basis", "zh", "en")


def rule_rows(book: RuleBook, area: str) -> list[dict[str, Any]]:
    """The rows that may hold somewhere in this area (a prefix of a GB/T 2260 code), in the order of the book."""
    rows = (row for row in book.rows if row.id.startswith(_ASKED))
    return [_row(row) for row in rows if row.area.startswith(area) or area.startswith(row.area)]


def _row(rule: Rule) -> dict[str, Any]:
    return {name: plain(getattr(rule, name)) for name in _COLUMNS}


def sentence_rows() -> dict[str, tuple[str, str, str]]:
    """Every sentence of a judgement: code, Chinese, English, with its values open."""
    return {name: (one.code, one.zh, one.en) for name, one in sentences.texts().items()}


def names() -> dict[str, Mapping[str, Any]]:
    """The names that sentences are put together from."""
    weather = {item.name: (item.metadata["zh"], item.metadata["en"]) for item in fields_of(Method.REMOTE_SENSING)}
    return {
        "methods": _plain(METHOD_NAMES),
        "outcomes": _plain(OUTCOME_NAMES),
        "items": _plain(ITEM_NAMES),
        "values": _plain(VALUE_NAMES),
        "units": dict(UNITS),
        "instruments": _plain(INSTRUMENT_NAMES),
        "checks": _plain(CHECK_NAMES),
        "weather": weather,
        "truck_stages": _plain(TRUCK_NAMES),
        "machine_stages": _plain(MACHINE_NAMES),
        "stage_words": {word: str(stage) for word, stage in WORDS.items()},
    }


def _plain(table: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(code): words for code, words in table.items()}


def method_fields(methods: Iterable[Method] = METHODS) -> dict[str, list[dict[str, Any]]]:
    """The fields of each method's readings: labels, unit, span, choices and default."""
    return {str(method): _fields(READINGS[method]) for method in methods}


def _fields(kind: type[Any]) -> list[dict[str, Any]]:
    hints = get_type_hints(kind)
    return [_field(item, hints[item.name]) for item in dataclasses.fields(kind)]


def _field(item: Any, hint: Any) -> dict[str, Any]:
    if isinstance(hint, UnionType):
        hint = next(part for part in get_args(hint) if part is not NoneType)
    data, required = item.metadata, item.default is MISSING
    found: dict[str, Any] = {"name": item.name, "zh": data["zh"], "en": data["en"], "required": required}
    found |= {} if required else {"default": plain(item.default)}
    inner = get_args(hint)[0] if get_origin(hint) is tuple else hint
    if dataclasses.is_dataclass(inner):
        return {**found, "kind": "rows", "of": _fields(inner)}  # type: ignore[arg-type]
    found |= {"kind": _kind(hint, inner)}
    if inner is float:
        span = {"unit": data["unit"], "low": _whole(data["least"]), "high": _whole(data["most"])}
        return {**found, **span, **({"size": data["size"]} if data["size"] else {})}
    if issubclass(inner, StrEnum):
        return {**found, "choices": [str(one) for one in inner]}
    return found


def _kind(hint: Any, inner: Any) -> str:
    if get_origin(hint) is tuple:
        return "numbers" if inner is float else "texts"
    if inner is Finding:
        return "finding"
    if issubclass(inner, StrEnum):
        return "choice"
    return {float: "number", bool: "yes_no"}.get(inner, "text")


def _whole(number: float) -> float:
    """1 rather than 1.0: JSON for a screen."""
    return int(number) if math.isfinite(number) and number == int(number) else number
