"""The four registers: their fields in the order of sheets and forms, what a row must have, and its doubts.

Doubts (formats, check digits) come from `enforcement` and never block (enforcement.md 10). What blocks is only what
the platform could not work with: no key, a stage without its basis (enforcement.md 1.5), half a coordinate.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from enforcement.credit_codes import check_credit_code, normalise_credit_code
from enforcement.doubts import Warning_, half_width
from enforcement.machine_numbers import check_machine_number, normalise_machine_number
from enforcement.plates import PlateColour, check_plate, normalise_plate
from enforcement.stages import read_stage
from enforcement.vins import check_vin, has_vin_form, normalise_vin
from server.flows import registry_codes as codes
from server.flows.registry_fields import Field, Kind, RefusedValueError, read_value
from server.store import enterprises, machines, terminals, trucks
from server.store.registry_rows import Register

Fault = tuple[str, str, str]  # field, Chinese, English
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Noun:
    """A register as sheets and forms see it. `keys`: sets of fields that may stand only once."""

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


def _division(text: str) -> str:
    plain = half_width(text)
    if not (plain.isascii() and plain.isdigit() and len(plain) == 6):
        raise RefusedValueError(
            "应为 6 位行政区划代码，例如 211302。", "It must be a division code of 6 digits, like 211302."
        )
    return plain


def _truck_reference(text: str) -> str:
    parts = text.split()
    colour = _COLOUR.table.get(codes.fold(parts[-1])) if len(parts) > 1 else None
    if colour is None:
        raise RefusedValueError(
            "应写号牌和颜色，中间空格，例如：辽N12345 黄。",
            "Write the plate and its colour with a space, like: 辽N12345 黄.",
        )
    return f"{normalise_plate(''.join(parts[:-1]))} {colour}"


def _machine_reference(text: str) -> str:
    number = normalise_machine_number(text)
    return number if "-" in number else half_width(text)


def _device(text: str) -> str:
    device = half_width(text)
    if not device.isascii() or any(sign in "/+#" for sign in device):
        raise RefusedValueError(
            "只能用字母、数字和短横线：设备号是消息主题的一部分。",
            "Only letters, digits and dashes: the device is part of a topic.",
        )
    return device


def _layout(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]{1,20}", text):
        raise RefusedValueError("只能用字母、数字和下划线，例如 A。", "Only letters, digits and underscores, like A.")
    return text


def _stage_of(words: codes.Words) -> Callable[[str], str]:
    """A reader of stages in all their writings, held to those the register knows."""
    table = codes.reading_table(words)

    def read(text: str) -> str:
        found = read_stage(text)
        code = str(found) if found is not None else table.get(codes.fold(text))
        if code is None or code not in words:
            shown_zh, shown_en = "、".join(zh for zh, _ in words.values()), ", ".join(en for _, en in words.values())
            raise RefusedValueError(f"不在可选值之列，应为：{shown_zh}。", f"It is not one of: {shown_en}.")
        return code

    return read


_COLOUR = Field("plate_colour", "号牌颜色", "Plate colour", Kind.CHOICE, words=codes.PLATE_COLOURS,
                written=codes.WRITTEN["plate_colour"], required=True, also=("车牌颜色",))  # fmt: skip
_VIN = Field("vin", "车辆识别代号", "VIN", longest=40, read=normalise_vin, also=("VIN码", "车架号"))
_FUEL = Field(
    "fuel", "燃料种类", "Fuel", Kind.CHOICE, words=codes.FUELS, written=codes.WRITTEN["fuel"], also=("燃料类型", "燃料")
)
_TRUCK_STAGE = Field("stage", "排放阶段", "Emission stage", Kind.CHOICE, words=codes.TRUCK_STAGES, read=_stage_of(codes.TRUCK_STAGES),
                     also=("排放标准",))  # fmt: skip
_MACHINE_STAGE = replace(_TRUCK_STAGE, words=codes.MACHINE_STAGES, read=_stage_of(codes.MACHINE_STAGES))
_BASIS = Field("stage_basis", "阶段判定依据", "Basis of the stage", Kind.CHOICE, words=codes.STAGE_BASES,
               written=codes.WRITTEN["stage_basis"], also=("阶段依据", "排放阶段依据"))  # fmt: skip
_TREATMENT = Field(
    "after_treatment", "后处理装置", "After-treatment", Kind.CHOICE, words=codes.AFTER_TREATMENTS, also=("后处理",)
)
_DIVISION = Field("division", "行政区划代码", "Division code", longest=12, read=_division, also=("登记地", "行政区划", "所在区划"),
                  hint_zh="6 位，如 211302", hint_en="6 digits, like 211302")  # fmt: skip
_OWNER = Field("owner", "所有人", "Owner", longest=120, also=("车主", "所有者", "机主"))
_OWNER_PHONE = Field("owner_phone", "联系电话", "Owner's phone", longest=40, also=("所有人电话",))
_ENTERPRISE = Field("enterprise", "所属企业", "Enterprise", Kind.REFERENCE, longest=120, also=("企业", "企业信用代码", "统一社会信用代码"),
                    hint_zh="统一社会信用代码或登记的全称", hint_en="credit code, or the name as registered")  # fmt: skip
_NOTE = Field("note", "备注", "Note", longest=500)
_LON = Field("lon", "经度", "Longitude", Kind.NUMBER, low=73, high=136, hint_zh="WGS-84，度", hint_en="WGS-84, degrees")
_LAT = Field("lat", "纬度", "Latitude", Kind.NUMBER, low=3, high=54, hint_zh="WGS-84，度", hint_en="WGS-84, degrees")


def _state(words: codes.Words) -> Field:
    return Field("state", "状态", "State", Kind.CHOICE, words=words)


def _maker(name: str, zh: str, en: str) -> Field:
    return Field(name, zh, en, longest=120)


def _number(name: str, zh: str, en: str, *also: str) -> Field:
    return Field(name, zh, en, longest=40, read=half_width, also=also)


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
    en = "The stage is inferred from a date: old stock was sold into the next stage; go by the vehicle list or nameplate."
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
    "trucks", "truck", "货车", "Trucks", trucks.TRUCKS,
    (
        Field("plate", "号牌号码", "Plate", longest=12, required=True, read=normalise_plate, also=("车牌号", "车牌号码", "车牌", "号牌")),
        _COLOUR, _VIN,
        Field("category", "车辆类型", "Category", Kind.CHOICE, words=codes.TRUCK_CATEGORIES, written=codes.WRITTEN["truck_category"]),
        _FUEL, _TRUCK_STAGE, _BASIS,
        Field("gross_mass_kg", "总质量(kg)", "Gross mass (kg)", Kind.WHOLE, high=200_000, also=("总质量", "gross mass")),
        _maker("model", "车辆型号", "Model"), _maker("engine_model", "发动机型号", "Engine model"),
        _number("engine_number", "发动机号", "Engine number"),
        Field("reference_torque_nm", "参考扭矩(N·m)", "Reference torque (N m)", Kind.WHOLE, high=10_000, also=("参考扭矩",)),
        _TREATMENT,
        Field("first_registered_on", "初次登记日期", "First registered on", Kind.DATE, longest=30, also=("注册日期", "登记日期")),
        _DIVISION, _OWNER, _OWNER_PHONE, _ENTERPRISE, _state(codes.TRUCK_STATES), _NOTE,
    ),
    (("plate", "plate_colour"),), _truck_must, _truck_doubts, trucks.REFERENCES, trucks.MATCH, trucks.CLASHES,
)  # fmt: skip
MACHINES = Noun(
    "machines", "machine", "非道路移动机械", "Machines", machines.MACHINES,
    (
        Field("registration_number", "环保登记号码", "Registration number", longest=40, read=normalise_machine_number,
              also=("环保编码", "登记号码", "号码")),
        _number("pin", "产品识别码", "Product identification (PIN)", "PIN", "出厂编号"),
        _number("machine_code", "机械环保代码", "Machine code"),
        _number("engine_number", "发动机号", "Engine number", "发动机编号"),
        _maker("engine_maker", "发动机制造商", "Engine maker"), _maker("engine_model", "发动机型号", "Engine model"),
        _maker("maker", "机械制造商", "Maker"), _maker("model", "机械型号", "Model"),
        Field("category", "机械类型", "Category", Kind.CHOICE, words=codes.MACHINE_CATEGORIES,
              written=codes.WRITTEN["machine_category"]),
        _FUEL, _MACHINE_STAGE, _BASIS,
        Field("power_kw", "额定净功率(kW)", "Power (kW)", Kind.NUMBER, high=10_000, also=("功率", "额定功率", "power")),
        Field("built_on", "出厂日期", "Built on", Kind.DATE, longest=30, also=("生产日期",)),
        _TREATMENT,
        Field("device_fitted", "已装定位终端", "Terminal fitted", Kind.YES_NO, longest=10),
        _OWNER, _OWNER_PHONE, _ENTERPRISE,
        Field("usual_place", "常用作业地点", "Usual place", longest=200),
        _LON, _LAT, _DIVISION, _state(codes.MACHINE_STATES), _NOTE,
    ),
    (("pin",), ("machine_code",), ("engine_maker", "engine_number"), ("registration_number",)),
    _machine_must, _machine_doubts, machines.REFERENCES, machines.MATCH, machines.CLASHES,
)  # fmt: skip
ENTERPRISES = Noun(
    "enterprises", "enterprise", "企业", "Enterprises", enterprises.ENTERPRISES,
    (
        Field("credit_code", "统一社会信用代码", "Credit code", longest=40, read=normalise_credit_code, also=("信用代码",)),
        Field("name", "企业名称", "Name", longest=120, required=True, also=("单位名称", "名称")),
        Field("industry", "行业", "Industry", Kind.CHOICE, words=codes.INDUSTRIES),
        _DIVISION, Field("address", "地址", "Address", longest=200), _LON, _LAT,
        Field("contact", "联系人", "Contact", longest=60), Field("phone", "电话", "Phone", longest=40, also=("联系电话",)),
        _state(codes.ENTERPRISE_STATES),
    ),
    (("credit_code",),), _point, _enterprise_doubts, enterprises.REFERENCES, enterprises.MATCH, enterprises.CLASHES,
)  # fmt: skip
TERMINALS = Noun(
    "terminals", "terminal", "终端", "Terminals", terminals.TERMINALS,
    (
        Field("kind", "终端类型", "Kind", Kind.CHOICE, words=codes.TERMINAL_KINDS, required=True, also=("类型",)),
        Field("device", "设备号", "Device", longest=40, required=True, read=_device, also=("终端编号", "设备编号", "终端号"),
              hint_zh="VIN、机械环保代码或终端手机号：即主题中的名称",
              hint_en="VIN, machine code or terminal phone: the name in the topic"),
        Field("truck", "绑定货车", "Truck", Kind.REFERENCE, longest=30, read=_truck_reference, also=("货车", "车辆"),
              hint_zh="号牌 颜色，如：辽N12345 黄", hint_en="plate and colour, like: 辽N12345 黄"),
        Field("machine", "绑定机械", "Machine", Kind.REFERENCE, longest=40, read=_machine_reference, also=("机械",),
              hint_zh="登记号码、产品识别码或机械环保代码", hint_en="registration number, PIN or machine code"),
        _ENTERPRISE,
        Field("layout", "帧布局", "Frame layout", longest=20, read=_layout, also=("布局", "GB 17691 布局"),
              hint_zh="留空则由平台自动识别", hint_en="left empty, the platform finds it out"),
        Field("answers", "逐帧应答", "Answered per frame", Kind.YES_NO, longest=10),
        Field("coordinates", "坐标系", "Coordinates", Kind.CHOICE, words=codes.COORDINATES),
        Field("accuracy_m", "定位误差(m)", "Accuracy (m)", Kind.NUMBER, high=500, also=("定位误差",)),
        _maker("maker", "终端厂商", "Maker"), _maker("model", "终端型号", "Model"),
        Field("sim", "SIM卡号", "SIM", longest=40, read=half_width),
        Field("installed_on", "安装日期", "Installed on", Kind.DATE, longest=30),
        _state(codes.TERMINAL_STATES),
    ),
    (("kind", "device"),), _terminal_must, _terminal_doubts, terminals.REFERENCES, terminals.MATCH, terminals.CLASHES,
)  # fmt: skip

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
