"""An inspection as it was done at the place, and as JSON and back.

Officers, methods with their readings, weather, instruments, checklist, party; what it amounts to says
`enforcement.inspections.conclusions.conclude`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enforcement.inspections.instruments import InstrumentUsed
from enforcement.json_records import FieldFault, Json, RecordFault, entry, plain, read, shown
from enforcement.measurements import Method, Readings
from enforcement.measurements.readings import Finding, Sky
from enforcement.measurements.readings_json import read_readings


class InspectionKind(StrEnum):
    """Where and how an inspection came about."""

    ROADSIDE = "roadside"
    ON_SITE = "on_site"  # at a yard, plant, parking or repair place
    MACHINE_SPOT = "machine_spot"
    PERIODIC = "periodic"  # by a test station, imported
    REMOTE_SENSING = "remote_sensing"


OFFICER_KINDS = frozenset({InspectionKind.ROADSIDE, InspectionKind.ON_SITE, InspectionKind.MACHINE_SPOT})


class Signature(StrEnum):
    """What the party did with the record."""

    SIGNED = "signed"
    REFUSED = "refused"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Officer:
    """Who inspected; without the number of an enforcement card a person only helped (APL 42)."""

    name: str = entry("姓名", "name")
    card_number: str = entry("执法证号", "enforcement card", default="")


@dataclass(frozen=True, slots=True)
class Weather:
    """Conditions at the place."""

    sky: Sky | None = entry("天气", "sky", default=None)
    temperature_c: float | None = entry("气温", "temperature", "°C", -60, 70, default=None)
    humidity_pct: float | None = entry("相对湿度", "humidity", "%", 0, 100, default=None)
    pressure_kpa: float | None = entry("气压", "pressure", "kPa", 30, 120, default=None)
    wind_ms: float | None = entry("风速", "wind", "m/s", 0, 100, default=None)


@dataclass(frozen=True, slots=True)
class ChecklistEntry:
    """One point of the checklist."""

    item: str = entry("检查项", "item", filled=True)
    answer: Finding = entry("结果", "answer")
    note: str = entry("说明", "note", default="")


@dataclass(frozen=True, slots=True)
class Party:
    """Driver, operator or owner at the place."""

    name: str = entry("姓名", "name", default="")
    phone: str = entry("电话", "phone", default="")
    signature: Signature = entry("签字", "signature", default=Signature.ABSENT)
    statement: str = entry("陈述申辩", "statement", default="")


def _read_methods(value: Json, path: str, faults: list[FieldFault]) -> Mapping[Method, Readings]:
    if not isinstance(value, dict) or not value:
        faults.append(FieldFault(path, "应至少有一种检测方法。", "must hold at least one method."))
        return {}
    found: dict[Method, Readings] = {}
    for name, item in value.items():
        if name in tuple(Method):
            readings = read_readings(Method(name), item, f"{path}.{name}", faults)
            found |= {Method(name): readings} if readings else {}
        else:
            faults.append(
                FieldFault(f"{path}.{shown(name)}", "未知的检测方法。", f"is not one of {', '.join(Method)}.")
            )
    return found


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was done at the place; one method once."""

    kind: InspectionKind = entry("检查类型", "kind")
    at: datetime = entry("检查时间", "time")
    methods: Mapping[Method, Readings] = entry("检测方法及读数", "methods", reader=_read_methods)
    officers: tuple[Officer, ...] = entry("执法人员", "officers", default=())
    weather: Weather | None = entry("气象条件", "weather", default=None)
    instruments: tuple[InstrumentUsed, ...] = entry("所用仪器", "instruments", default=())
    checklist: tuple[ChecklistEntry, ...] = entry("检查清单", "checklist", default=())
    party: Party | None = entry("当事人", "party", default=None)
    note: str = entry("备注", "note", default="")


class InspectionFault(RecordFault):
    """An inspection cannot be read; `faults` name every field and what to do, in both languages."""


def from_json(value: Json) -> Inspection:
    """The inspection a document says. Raises InspectionFault, and nothing else, whatever the JSON is."""
    faults: list[FieldFault] = []
    found: Inspection | None = read(Inspection, value, "", faults)
    if found is not None:
        faults.extend(_disagreeing(found))
    if found is None or faults:
        raise InspectionFault(tuple(faults))
    return found


def to_json(inspection: Inspection) -> dict[str, Json]:
    """Plain values that `from_json` reads back to the same inspection."""
    values: dict[str, Json] = plain(inspection)
    return values


def _disagreeing(found: Inspection) -> tuple[FieldFault, ...]:
    """What single fields cannot say."""
    faults = []
    if found.kind in OFFICER_KINDS and not any(officer.name.strip() for officer in found.officers):
        faults.append(FieldFault("officers", "请填写执法人员。", "must name the officers."))
    report = Method.PERIODIC_REPORT
    if report in found.methods and found.kind is not InspectionKind.PERIODIC:
        zh, en = "检验机构报告只能用于定期检验。", "belongs to a periodic inspection only."
        faults.append(FieldFault(f"methods.{report}", zh, en))
    return tuple(faults)
