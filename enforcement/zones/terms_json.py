"""Zone terms as JSON and back; every fault is named by its path, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from enforcement.registry.categories import MachineCategory, TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from enforcement.rules.penalties import Level, Offence
from enforcement.rules.smoke_limits import SmokeClass
from enforcement.zones.terms import (
    MINUTES,
    LegalDocument,
    Purpose,
    SubjectKind,
    Window,
    ZoneDay,
    ZoneTerms,
)

Json = Any  # what json.loads gives


@dataclass(frozen=True, slots=True)
class PathFault:
    """What is wrong at one place of a document, like `windows[0].from`."""

    path: str
    code: str
    zh: str
    en: str


class ZoneTermsFault(ValueError):
    """The terms cannot be read; `faults` names every place."""

    def __init__(self, faults: tuple[PathFault, ...]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.en}" for fault in faults))
        self.faults = faults


class _Faults:
    """Collects faults while a document is read."""

    def __init__(self) -> None:
        self.found: list[PathFault] = []

    def add(self, path: str, code: str, zh: str, en: str) -> None:
        self.found.append(PathFault(path, code, zh, en))


_Read = Callable[[Json, str, _Faults], Any]


def to_json(terms: ZoneTerms) -> dict[str, Json]:
    """Plain values that `json.dumps` takes and `from_json` reads back to the same terms."""
    return {item.name: _plain(getattr(terms, item.name)) for item in fields(terms)}


def _plain(value: Any) -> Json:
    match value:
        case Window():
            clock = {"from": _clock(value.from_minute), "to": _clock(value.to_minute)}
            return clock | ({"days": _plain(value.days)} if value.days else {})
        case LegalDocument():
            return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
        case frozenset():
            return sorted(str(member) for member in value)
        case tuple():
            return [_plain(item) for item in value]
        case StrEnum():
            return str(value)
        case date():
            return value.isoformat()
    return value


def from_json(value: Json) -> ZoneTerms:
    """The terms a document says; what is left out has its default. Raises ZoneTermsFault with all faults."""
    faults = _Faults()
    read = _object(value, "", _READERS, faults)
    if not faults.found:
        _agree(read, faults)
    if faults.found:
        raise ZoneTermsFault(tuple(faults.found))
    return ZoneTerms(**read)


def _object(value: Json, path: str, readers: Mapping[str, _Read], faults: _Faults) -> dict[str, Any]:
    if not isinstance(value, dict):
        faults.add(path or "$", "not_an_object", "应为对象。", "must be an object.")
        return {}
    read = {}
    for name, item in value.items():
        place = f"{path}.{name}" if path else str(name)
        if name in readers:
            read[name] = readers[name](item, place, faults)
        else:
            faults.add(place, "unknown_field", "未知字段。", "is not a known field.")
    return read


def _agree(read: Mapping[str, Any], faults: _Faults) -> None:
    """What single fields cannot say: a stage that the kind of subject does not have, an empty scope."""
    if "applies_to" in read and not read["applies_to"]:
        faults.add("applies_to", "empty", "至少适用于车辆或机械之一。", "must name trucks or machines.")
    stage = read.get("min_machine_stage")
    if stage is not None and stage not in (Stage.I, Stage.II, Stage.III, Stage.IV):
        zh, en = "机械排放阶段应为1至4。", "a machine's least stage is 1 to 4."
        faults.add("min_machine_stage", "not_in_list", zh, en)
    if read.get("min_truck_stage") in (Stage.ELECTRIC, Stage.UNKNOWN):
        zh, en = "车辆排放阶段应为0至6b。", "a truck's least stage is 0 to 6b."
        faults.add("min_truck_stage", "not_in_list", zh, en)


def _one_of(enum: type[StrEnum], optional: bool = False) -> _Read:
    def read(value: Json, path: str, faults: _Faults) -> StrEnum | None:
        if value is None and optional:
            return None
        if value in tuple(enum):
            return enum(value)
        names = ", ".join(enum)
        faults.add(path, "not_in_list", f"{value!r}不在列表中：{names}。", f"{value!r} is not one of {names}.")
        return None

    return read


def _set_of(enum: type[StrEnum]) -> _Read:
    member = _one_of(enum)

    def read(value: Json, path: str, faults: _Faults) -> frozenset[Any]:
        return frozenset(_items(value, path, member, faults))

    return read


def _items(value: Json, path: str, member: _Read, faults: _Faults) -> list[Any]:
    if not isinstance(value, list):
        faults.add(path, "not_a_list", "应为列表。", "must be a list.")
        return []
    return [member(item, f"{path}[{index}]", faults) for index, item in enumerate(value)]


def _windows(value: Json, path: str, faults: _Faults) -> tuple[Window | None, ...]:
    return tuple(_items(value, path, _window, faults))


def _window(value: Json, path: str, faults: _Faults) -> Window | None:
    before = len(faults.found)
    read = _object(value, path, {"from": _minute, "to": _minute, "days": _set_of(ZoneDay)}, faults)
    for name in {"from", "to"} - set(read):
        if isinstance(value, dict):
            faults.add(f"{path}.{name}", "missing", "缺少时间。", "the time is missing.")
    if len(faults.found) > before:
        return None
    if read["from"] == read["to"] or read["from"] == MINUTES:
        zh, en = (
            "起止时间不能相同；全天请写00:00至24:00。",
            "the times must differ; all day is 00:00 to 24:00.",
        )
        faults.add(path, "empty_window", zh, en)
    return Window(read["from"], read["to"], read.get("days", frozenset()))


def _minute(value: Json, path: str, faults: _Faults) -> int:
    parts = str(value).split(":")
    if isinstance(value, str) and len(parts) == 2 and all(len(p) == 2 and p.isdecimal() for p in parts):
        hour, minute = int(parts[0]), int(parts[1])
        if minute < 60 and hour * 60 + minute <= MINUTES:
            return hour * 60 + minute
    faults.add(path, "not_a_time", f"{value!r}不是时间（如07:00）。", f"{value!r} is no time (like 07:00).")
    return 0


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _bool(value: Json, path: str, faults: _Faults) -> bool:
    if not isinstance(value, bool):
        faults.add(path, "not_a_bool", "应为true或false。", "must be true or false.")
    return value is True


def _text(value: Json, path: str, faults: _Faults) -> str:
    if not isinstance(value, str):
        faults.add(path, "not_text", "应为文字。", "must be text.")
    return str(value)


def _day(value: Json, path: str, faults: _Faults) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        zh, en = f"{value!r}不是日期（如2026-08-15）。", f"{value!r} is no day (like 2026-08-15)."
        faults.add(path, "not_a_day", zh, en)
        return None


def _number(least: float, most: float, whole: bool = False) -> _Read:
    def read(value: Json, path: str, faults: _Faults) -> float:
        good = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
        if not good or (whole and value != int(value)):
            kind_zh, kind_en = ("整数", "a whole number") if whole else ("数字", "a number")
            zh, en = f"应为{least:g}至{most:g}的{kind_zh}。", f"must be {kind_en} from {least:g} to {most:g}."
            faults.add(path, "out_of_range", zh, en)
            return least
        return int(value) if whole else float(value)

    return read


def _document(value: Json, path: str, faults: _Faults) -> LegalDocument:
    readers: dict[str, _Read] = {"number": _text, "title": _text, "issued_on": _day, "file": _text}
    return LegalDocument(**_object(value, path, readers, faults))


_READERS: dict[str, _Read] = {
    "applies_to": _set_of(SubjectKind),
    "machine_types": _set_of(MachineCategory),
    "truck_categories": _set_of(TruckCategory),
    "fuels": _set_of(Fuel),
    "windows": _windows,
    "exemptions": _set_of(Purpose),
    "min_machine_stage": _one_of(Stage, optional=True),
    "min_truck_stage": _one_of(Stage, optional=True),
    "banned_machine_types": _set_of(MachineCategory),
    "banned_truck_categories": _set_of(TruckCategory),
    "banned_fuels": _set_of(Fuel),
    "device_required": _bool,
    "coding_required": _bool,
    "smoke_class": _one_of(SmokeClass, optional=True),
    "black_smoke_ban": _bool,
    "document": _document,
    "authority": _text,
    "authority_code": _text,
    "authority_level": _one_of(Level),
    "machine_offence": _one_of(Offence),
    "truck_offence": _one_of(Offence),
    "min_dwell_s": _number(0, 86_400),
    "min_inside_fixes": _number(1, 10_000, whole=True),
    "exit_fixes": _number(1, 10_000, whole=True),
    "max_gap_s": _number(1, 86_400),
    "edge_accuracy_m": _number(0, 1_000),
    "boundary_inclusive": _bool,
}
