"""The four registers: their fields in the order of sheets and forms, what a row must have, and its doubts.

Doubts (formats, check digits) come from `enforcement` and never block (enforcement.md 10). What blocks is only what
the platform could not work with: no key, a stage without its basis (enforcement.md 1.5), half a coordinate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from enforcement.registry.credit_codes import check_credit_code
from enforcement.registry.doubts import Warning_
from enforcement.registry.machine_numbers import check_machine_number
from enforcement.registry.plates import PlateColour, check_plate
from enforcement.registry.vins import check_vin, has_vin_form
from server.flows import registry_tables
from server.flows.registry_fields import Field, RefusedValueError, read_value
from server.store import enterprises, machines, terminals, trucks
from server.store.registry_rows import Register

Fault = tuple[str, str, str]  # field, Chinese, English
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Noun:
    """A register as sheets and forms see it. `keys`: sets of fields that may stand only once, the last one is blamed."""

    name: str
    subject: str
    zh: str
    en: str
    register: Register
    fields: tuple[Field, ...]
    keys: tuple[tuple[str, ...], ...]
    must: Callable[[Values], list[Fault]]
    doubts: Callable[[Values], list[Warning_]]
    references: Mapping[str, str]
    match: tuple[str, ...]
    clashes: str

    @property
    def by_name(self) -> dict[str, Field]:
        return {one.name: one for one in self.fields}


def _both_or_none(values: Values, first: str, second: str, zh: str, en: str) -> list[Fault]:
    if bool(values.get(first)) == bool(values.get(second)):
        return []
    return [(second if values.get(first) else first, zh, en)]


def _stage(values: Values) -> list[Fault]:
    return _both_or_none(
        values,
        "stage",
        "stage_basis",
        "排放阶段与判定依据须同时填写。",
        "The emission stage and its basis must be given together.",
    )


def _point(values: Values) -> list[Fault]:
    return _both_or_none(
        values, "lon", "lat", "经度与纬度须同时填写。", "Longitude and latitude must be given together."
    )


def _truck_must(values: Values) -> list[Fault]:
    return _stage(values)


def _machine_must(values: Values) -> list[Fault]:
    faults = [*_stage(values), *_point(values)]
    if not any(values.get(name) for name in ("registration_number", "pin", "machine_code", "engine_number")):
        zh = "环保登记号码、产品识别码、机械环保代码、发动机号至少填写一个。"
        en = "At least one of registration number, product identification, machine code and engine number is needed."
        faults.append(("registration_number", zh, en))
    return faults


def _terminal_must(values: Values) -> list[Fault]:
    if values.get("truck") and values.get("machine"):
        return [
            (
                "machine",
                "一个终端只能绑定一辆车或一台机械。",
                "A terminal is bound to a truck or to a machine, not to both.",
            )
        ]
    return []


def _stage_doubts(values: Values) -> list[Warning_]:
    if values.get("stage_basis") != "date":
        return []
    zh = "排放阶段由日期推断：旧库存可能按下一阶段销售，请以随车清单或铭牌为准。"
    en = (
        "The stage is inferred from a date: old stock was sold into the next stage;"
        " go by the vehicle list or nameplate."
    )
    return [Warning_("stage_basis", "stage_inferred", zh, en)]


def _truck_doubts(values: Values) -> list[Warning_]:
    found: list[Warning_] = []
    if values.get("plate") and values.get("plate_colour"):
        found += check_plate(values["plate"], PlateColour(values["plate_colour"]))
    if values.get("vin"):
        found += check_vin(values["vin"])
    return found + _stage_doubts(values)


def _machine_doubts(values: Values) -> list[Warning_]:
    found: list[Warning_] = []
    if values.get("registration_number"):
        doubts = check_machine_number(values["registration_number"], values.get("stage"))
        found += [replace(doubt, field="registration_number") for doubt in doubts]
    code = values.get("machine_code")
    if code and len(code) != 17:
        zh = f"机械环保代码“{code}”应为17位，现有{len(code)}位，请核对。"
        en = f"Machine code {code!r} should have 17 characters, it has {len(code)}; check it."
        found.append(Warning_("machine_code", "machine_code_length", zh, en))
    return found + _stage_doubts(values)


def _enterprise_doubts(values: Values) -> list[Warning_]:
    return list(check_credit_code(values["credit_code"])) if values.get("credit_code") else []


def _terminal_doubts(values: Values) -> list[Warning_]:
    device, kind = values.get("device") or "", values.get("kind")
    if kind == "hdv" and has_vin_form(device):
        return [replace(doubt, field="device") for doubt in check_vin(device)]
    expected = {"hdv": 17, "nrmm": 17, "ev": 17}.get(kind or "")
    if expected and len(device) != expected:
        zh = f"设备号“{device}”通常为{expected}位，现有{len(device)}位，请核对。"
        en = f"Device {device!r} usually has {expected} characters, it has {len(device)}; check it."
        return [Warning_("device", "device_length", zh, en)]
    return []


def _nothing(_: Values) -> list[Fault]:
    return []


TRUCKS = Noun(
    "trucks",
    "truck",
    "货车",
    "Trucks",
    trucks.TRUCKS,
    registry_tables.TRUCKS,
    (("plate_colour", "plate"),),
    _truck_must,
    _truck_doubts,
    trucks.REFERENCES,
    trucks.MATCH,
    trucks.CLASHES,
)
MACHINES = Noun(
    "machines",
    "machine",
    "非道路移动机械",
    "Machines",
    machines.MACHINES,
    registry_tables.MACHINES,
    (("pin",), ("machine_code",), ("engine_maker", "engine_number"), ("registration_number",)),
    _machine_must,
    _machine_doubts,
    machines.REFERENCES,
    machines.MATCH,
    machines.CLASHES,
)
ENTERPRISES = Noun(
    "enterprises",
    "enterprise",
    "企业",
    "Enterprises",
    enterprises.ENTERPRISES,
    registry_tables.ENTERPRISES,
    (("credit_code",),),
    _point,
    _enterprise_doubts,
    enterprises.REFERENCES,
    enterprises.MATCH,
    enterprises.CLASHES,
)
TERMINALS = Noun(
    "terminals",
    "terminal",
    "终端",
    "Terminals",
    terminals.TERMINALS,
    registry_tables.TERMINALS,
    (("kind", "device"),),
    _terminal_must,
    _terminal_doubts,
    terminals.REFERENCES,
    terminals.MATCH,
    terminals.CLASHES,
)

NOUNS: dict[str, Noun] = {noun.name: noun for noun in (TRUCKS, MACHINES, ENTERPRISES, TERMINALS)}


def read_entry(
    noun: Noun, entry: Mapping[str, str], names: Sequence[str] | None = None
) -> tuple[dict[str, Any], list[Fault]]:
    """The values of one row or form, and every fault of it, field by field."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    wrong: set[str] = set()
    for one in noun.fields:
        if names is not None and one.name not in names and not one.required:
            continue
        try:
            values[one.name] = read_value(one, entry.get(one.name, ""))
            if one.required and values[one.name] is None:
                raise RefusedValueError(f"“{one.zh}”必填。", f"{one.en} is needed.")
        except RefusedValueError as fault:
            values[one.name] = None
            wrong.add(one.name)
            faults.append((one.name, fault.zh, fault.en))
    if "registration_number" in values:
        values["registration_number_raw"] = entry.get("registration_number", "").strip()[:40] or None
    return values, faults + [
        fault for fault in noun.must(values) if not wrong & {fault[0], "stage", "stage_basis", "lon", "lat"}
    ]
