"""Frozen dataclasses as JSON and back, told by their type hints; every fault names its field, in both languages.

What comes in is anybody's: wrong types, NaN, numbers of a thousand digits, text that no database takes. Nothing
but a fault comes of it, and no fault repeats what was sent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from enforcement.rules.book import BEIJING

Json = Any  # what json.loads gives

TEXT_MOST = 2000
LIST_MOST = 200


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong at one place of a document, like `instruments[0].serial`, and what to do."""

    field: str
    zh: str
    en: str


class RecordFault(ValueError):
    """A document cannot be read. `field`, `zh`, `en` are those of the first fault, `faults` are all."""

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        first = faults[0]
        super().__init__("; ".join(f"{fault.field}: {fault.en}" for fault in faults))
        self.field, self.zh, self.en, self.faults = first.field, first.zh, first.en, faults


def entry(zh: str, en: str, unit: str = "", least: float = 0, most: float = 1e9, **options: Any) -> Any:
    """A field with its words, unit and the span of what can be read at all (no limit of law).

    `size` is how many entries a list has, `reader(value, path, faults)` reads what no type hint tells,
    `filled` wants more than blanks.
    """
    span = {"zh": zh, "en": en, "unit": unit, "least": least, "most": most}
    span |= {name: options.pop(name, None) for name in ("size", "reader", "filled")}
    return dataclasses.field(metadata=span, **options)


def plain(value: Any) -> Json:
    """Values that `json.dumps` takes and `read` takes back."""
    if dataclasses.is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, StrEnum):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def read(kind: type[Any], value: Json, path: str, faults: list[FieldFault]) -> Any:
    """A dataclass from a JSON object; None, and one fault a field more in `faults`, where it cannot be read."""
    if not isinstance(value, dict):
        faults.append(FieldFault(path or "$", "应为对象。", "must be an object."))
        return None
    before, known = len(faults), {item.name: item for item in fields(kind)}
    for name in value:
        if name not in known:
            faults.append(
                FieldFault(_join(path, shown(name)), "未知字段，请删除。", "is not a known field; leave it out.")
            )
    found = {name: _field(kind, item, value, path, faults) for name, item in known.items()}
    return kind(**found) if len(faults) == before else None


def shown(name: object) -> str:
    """A name sent by somebody, short and printable."""
    return ascii(str(name)[:40])[1:-1] if isinstance(name, str) else "?"


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _field(kind: type[Any], item: Any, value: Mapping[str, Json], path: str, faults: list[FieldFault]) -> Any:
    place = _join(path, item.name)
    if item.name in value:
        if item.metadata.get("reader"):
            return item.metadata["reader"](value[item.name], place, faults)
        hint = _hints(kind)[item.name]  # type: ignore[arg-type]  # a class is hashable
        return read_as(hint, value[item.name], place, faults, item.metadata)
    if item.default is not MISSING:
        return item.default
    if item.default_factory is not MISSING:
        return item.default_factory()
    faults.append(FieldFault(place, f"请填写{item.metadata.get('zh', item.name)}。", "is missing; fill it in."))
    return None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def read_as(hint: Any, value: Json, path: str, faults: list[FieldFault], span: Mapping[str, Any]) -> Any:
    """A value of the hinted type: a union with None, a tuple, a dataclass, an enum or a plain value."""
    if isinstance(hint, UnionType):
        if value is None:
            return None
        hint = next(part for part in get_args(hint) if part is not NoneType)
    if get_origin(hint) is tuple:
        return _list(get_args(hint)[0], value, path, faults, span)
    if dataclasses.is_dataclass(hint):
        return read(hint, value, path, faults)  # type: ignore[arg-type]
    if issubclass(hint, StrEnum):
        return _choice(hint, value, path, faults)
    return _PLAIN[hint](value, path, faults, span)


def _list(hint: Any, value: Json, path: str, faults: list[FieldFault], span: Mapping[str, Any]) -> tuple[Any, ...]:
    size = span.get("size")
    if not isinstance(value, list):
        faults.append(FieldFault(path, "应为列表。", "must be a list."))
    elif size is not None and len(value) != size:
        faults.append(FieldFault(path, f"应有{size}个值。", f"must have {size} values."))
    elif len(value) > LIST_MOST:
        faults.append(FieldFault(path, f"最多{LIST_MOST}项。", f"must have at most {LIST_MOST} entries."))
    else:
        return tuple(read_as(hint, item, f"{path}[{place}]", faults, span) for place, item in enumerate(value))
    return ()


def _choice(kind: type[StrEnum], value: Json, path: str, faults: list[FieldFault]) -> StrEnum | None:
    if isinstance(value, str) and value in tuple(kind):
        return kind(value)
    names = ", ".join(kind)
    faults.append(FieldFault(path, f"应为以下之一：{names}。", f"must be one of {names}."))
    return None


def _number(value: Json, path: str, faults: list[FieldFault], span: Mapping[str, Any]) -> float:
    least, most, unit = span.get("least", 0), span.get("most", 1e9), span.get("unit", "")
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
        return float(value)
    faults.append(
        FieldFault(
            path,
            f"应为{least:g}至{most:g}{unit}的数字。",
            f"must be a number from {least:g} to {most:g} {unit}".rstrip() + ".",
        )
    )
    return float(least)


def _whole(value: Json, path: str, faults: list[FieldFault], span: Mapping[str, Any]) -> int:
    number = _number(value, path, faults, span)
    if number != int(number):
        faults.append(FieldFault(path, "应为整数。", "must be a whole number."))
    return int(number)


def _text(value: Json, path: str, faults: list[FieldFault], span: Mapping[str, Any]) -> str:
    if not isinstance(value, str) or len(value) > TEXT_MOST or not all(map(_storable, value)):
        zh = f"应为不超过{TEXT_MOST}字且不含控制字符的文字。"
        en = f"must be text of at most {TEXT_MOST} characters without control characters."
        faults.append(FieldFault(path, zh, en))
        return ""
    if span.get("filled") and not value.strip():
        faults.append(FieldFault(path, f"请填写{span['zh']}。", "must not be empty; fill it in."))
    return value


def _storable(letter: str) -> bool:
    return letter in "\n\t" or (letter >= " " and letter != "\x7f" and not "\ud800" <= letter <= "\udfff")


def _bool(value: Json, path: str, faults: list[FieldFault], span: Mapping[str, Any]) -> bool:
    if not isinstance(value, bool):
        faults.append(FieldFault(path, "应为true或false。", "must be true or false."))
    return value is True


def _day(value: Json, path: str, faults: list[FieldFault], span: Mapping[str, Any]) -> date | None:
    found: date | None = _parsed(date.fromisoformat, value)
    if found is None:
        faults.append(FieldFault(path, "应为日期，如2026-08-15。", "must be a day, like 2026-08-15."))
    return found


def _moment(value: Json, path: str, faults: list[FieldFault], span: Mapping[str, Any]) -> datetime | None:
    found: datetime | None = _parsed(datetime.fromisoformat, value)
    if found is None or found.tzinfo is None:
        zh, en = (
            "应为带时区的时间，如2026-08-15T08:00:00+08:00。",
            "must be a time with its zone, like 2026-08-15T08:00:00+08:00.",
        )
        faults.append(FieldFault(path, zh, en))
        return None
    return found.astimezone(BEIJING)


def _parsed(parse: Callable[[str], Any], value: Json) -> Any:
    """A day or a time from 1950 to 2200; anything else is None."""
    try:
        found = parse(value)
    except (TypeError, ValueError):
        return None
    return found if 1950 <= found.year <= 2200 else None


_PLAIN: dict[Any, Callable[[Json, str, list[FieldFault], Mapping[str, Any]], Any]] = {
    float: _number,
    int: _whole,
    str: _text,
    bool: _bool,
    date: _day,
    datetime: _moment,
}
