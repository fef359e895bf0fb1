"""The fields of the four registers, in the order of sheets and forms, and how the odd ones are read."""

import re
from collections.abc import Callable
from dataclasses import replace

from enforcement.registry.credit_codes import normalise_credit_code
from enforcement.registry.doubts import half_width
from enforcement.registry.machine_numbers import normalise_machine_number
from enforcement.registry.plates import normalise_plate
from enforcement.registry.stages import read_stage
from enforcement.registry.vins import normalise_vin
from server.flows import registry_codes as codes
from server.flows.registry_fields import Field, Kind, RefusedValueError


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
_TRUCK_STAGE = Field("stage", "排放阶段", "Emission stage", Kind.CHOICE, words=codes.TRUCK_STAGES,
                     read=_stage_of(codes.TRUCK_STAGES),
                     also=("排放标准",))  # fmt: skip
_MACHINE_STAGE = replace(_TRUCK_STAGE, words=codes.MACHINE_STAGES, read=_stage_of(codes.MACHINE_STAGES))
_BASIS = Field("stage_basis", "阶段判定依据", "Basis of the stage", Kind.CHOICE, words=codes.STAGE_BASES,
               written=codes.WRITTEN["stage_basis"], also=("阶段依据", "排放阶段依据"))  # fmt: skip
_TREATMENT = Field(
    "after_treatment", "后处理装置", "After-treatment", Kind.CHOICE, words=codes.AFTER_TREATMENTS, also=("后处理",)
)
_DIVISION = Field("division", "行政区划代码", "Division code", longest=12, read=_division,
                  also=("登记地", "行政区划", "所在区划"),
                  hint_zh="6 位，如 211302", hint_en="6 digits, like 211302")  # fmt: skip
_OWNER = Field("owner", "所有人", "Owner", longest=120, also=("车主", "所有者", "机主"))
_OWNER_PHONE = Field("owner_phone", "联系电话", "Owner's phone", longest=40, also=("所有人电话",))
_ENTERPRISE = Field("enterprise", "所属企业", "Enterprise", Kind.REFERENCE, longest=120,
                    also=("企业", "企业信用代码", "统一社会信用代码"),
                    hint_zh="统一社会信用代码或登记的全称",
                    hint_en="credit code, or the name as registered")  # fmt: skip
_NOTE = Field("note", "备注", "Note", longest=500)
_LON = Field("lon", "经度", "Longitude", Kind.NUMBER, low=73, high=136, hint_zh="WGS-84，度", hint_en="WGS-84, degrees")
_LAT = Field("lat", "纬度", "Latitude", Kind.NUMBER, low=3, high=54, hint_zh="WGS-84，度", hint_en="WGS-84, degrees")


def _state(words: codes.Words) -> Field:
    return Field("state", "状态", "State", Kind.CHOICE, words=words)


def _maker(name: str, zh: str, en: str) -> Field:
    return Field(name, zh, en, longest=120)


def _number(name: str, zh: str, en: str, *also: str) -> Field:
    return Field(name, zh, en, longest=40, read=half_width, also=also)


TRUCKS = (
    Field("plate", "号牌号码", "Plate", longest=12, required=True, read=normalise_plate,
          also=("车牌号", "车牌号码", "车牌", "号牌")),
    _COLOUR, _VIN,
    Field("category", "车辆类型", "Category", Kind.CHOICE, words=codes.TRUCK_CATEGORIES,
          written=codes.WRITTEN["truck_category"]),
    _FUEL, _TRUCK_STAGE, _BASIS,
    Field("gross_mass_kg", "总质量(kg)", "Gross mass (kg)", Kind.WHOLE, high=200_000,
          also=("总质量", "gross mass")),
    _maker("model", "车辆型号", "Model"), _maker("engine_model", "发动机型号", "Engine model"),
    _number("engine_number", "发动机号", "Engine number"),
    Field("reference_torque_nm", "参考扭矩(N·m)", "Reference torque (N m)", Kind.WHOLE, high=10_000,
          also=("参考扭矩",)),
    _TREATMENT,
    Field("first_registered_on", "初次登记日期", "First registered on", Kind.DATE, longest=30,
          also=("注册日期", "登记日期")),
    _DIVISION, _OWNER, _OWNER_PHONE, _ENTERPRISE, _state(codes.TRUCK_STATES), _NOTE,
)  # fmt: skip
MACHINES = (
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
)  # fmt: skip
ENTERPRISES = (
    Field("credit_code", "统一社会信用代码", "Credit code", longest=40, read=normalise_credit_code,
          also=("信用代码",)),
    Field("name", "企业名称", "Name", longest=120, required=True, also=("单位名称", "名称")),
    Field("industry", "行业", "Industry", Kind.CHOICE, words=codes.INDUSTRIES),
    _DIVISION, Field("address", "地址", "Address", longest=200), _LON, _LAT,
    Field("contact", "联系人", "Contact", longest=60),
    Field("phone", "电话", "Phone", longest=40, also=("联系电话",)),
    _state(codes.ENTERPRISE_STATES),
)  # fmt: skip
TERMINALS = (
    Field("kind", "终端类型", "Kind", Kind.CHOICE, words=codes.TERMINAL_KINDS, required=True, also=("类型",)),
    Field("device", "设备号", "Device", longest=40, required=True, read=_device,
          also=("终端编号", "设备编号", "终端号"),
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
)  # fmt: skip
