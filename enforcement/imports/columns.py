"""Which columns an import knows, by Chinese and English names, and how each is read (4.3, 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from enforcement.imports import cells
from enforcement.registry.categories import (
    MACHINE_WORDS,
    TRUCK_WORDS,
    MachineCategory,
    MachineCodes,
    TruckCategory,
    machine_codes,
    read_truck_category,
)
from enforcement.registry.credit_codes import normalise_credit_code
from enforcement.registry.fuels import WORDS as FUEL_WORDS
from enforcement.registry.fuels import Fuel, FuelCodes, fuel_codes
from enforcement.registry.machine_numbers import normalise_machine_number
from enforcement.registry.plates import WORDS as COLOUR_WORDS
from enforcement.registry.plates import PlateCodes, PlateColour, colour_codes, normalise_plate
from enforcement.registry.stages import BASIS_WORDS, StageBasis, read_stage
from enforcement.registry.subjects import AfterTreatment, Fitted, SubjectState, TerminalKind
from enforcement.registry.vins import normalise_vin


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the field it fills, its names, its reader, and whether a row needs it."""

    field: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    read: cells.Reader
    required: bool = False


@dataclass(frozen=True, slots=True)
class Codes:
    """Which interface's numbers and letters the file uses where it does not use words."""

    plate: PlateCodes = PlateCodes.JTT697
    fuel: FuelCodes = FuelCodes.GAT16
    machine: MachineCodes = MachineCodes.PLANT


class ImportKind(StrEnum):
    """What the rows of a file are."""

    TRUCK = "truck"
    MACHINE = "machine"
    ENTERPRISE = "enterprise"
    TERMINAL = "terminal"


_YES_NO = {
    **dict.fromkeys(("是", "有", "已安装", "已联网", "YES", "Y", "1", "TRUE"), Fitted.YES),
    **dict.fromkeys(("否", "无", "未安装", "未联网", "NO", "N", "0", "FALSE"), Fitted.NO),
    **dict.fromkeys(("未知", "不详", "UNKNOWN"), Fitted.UNKNOWN),
}
_AFTER = {
    **dict.fromkeys(("无", "未安装"), AfterTreatment.NONE),
    **{"DPF+SCR": AfterTreatment.DPF_SCR, "SCR+DPF": AfterTreatment.DPF_SCR},
    **{"其他": AfterTreatment.OTHER, "未知": AfterTreatment.UNKNOWN},
}
_STATES = {
    "草稿": SubjectState.DRAFT,
    "正常": SubjectState.ACTIVE,
    "在用": SubjectState.ACTIVE,
    "转出": SubjectState.MOVED_OUT,
    "报废": SubjectState.SCRAPPED,
    "注销": SubjectState.CANCELLED,
}
_KINDS = {"重型车": TerminalKind.HDV, "非道路": TerminalKind.NRMM, "非道路移动机械": TerminalKind.NRMM}


def _own(enum: Iterable[StrEnum]) -> dict[str, object]:
    return {str(member): member for member in enum}


def _stage(cell: cells.Cell) -> object:
    found = read_stage(cells.text(cell))
    if found is None:
        shown = cells.text(cell)
        zh, en = f"“{shown}”不是排放阶段（如国五、5）。", f"{shown!r} is no emission stage (like 5, 国五)."
        raise cells.CellFault("not_in_list", zh, en)
    return found


def _truck_category(cell: cells.Cell) -> object:
    return read_truck_category(cells.code_text(cell)) or _truck_words(cell)


_truck_words = cells.word_of({**TRUCK_WORDS, **_own(TruckCategory)}, "车辆类型", "truck categories")
_basis = cells.word_of({**BASIS_WORDS, **_own(StageBasis)}, "阶段依据", "stage bases")
_fitted = cells.word_of({**_YES_NO, **_own(Fitted)}, "是/否", "yes and no")
_after = cells.word_of({**_AFTER, **_own(AfterTreatment)}, "后处理装置", "after-treatments")
_state = cells.word_of({**_STATES, **_own(SubjectState)}, "状态", "states")
_kind = cells.word_of({**_KINDS, **_own(TerminalKind)}, "终端类型", "terminal kinds")


def _colour(codes: PlateCodes) -> cells.Reader:
    listed = {**COLOUR_WORDS, **_own(PlateColour), **colour_codes(codes)}
    return cells.word_of(listed, "号牌颜色", "plate colours", "号牌色")


def _fuel(codes: FuelCodes) -> cells.Reader:
    return cells.word_of({**FUEL_WORDS, **_own(Fuel), **fuel_codes(codes)}, "燃料类型", "fuels")


def _machine_category(codes: MachineCodes) -> cells.Reader:
    listed = {**MACHINE_WORDS, **_own(MachineCategory), **machine_codes(codes)}
    return cells.word_of(listed, "机械类型", "machine types")


def _as_text(normalise: Callable[[str], str]) -> cells.Reader:
    return lambda cell: normalise(cells.identifier(cell))


_plate = _as_text(normalise_plate)
_vin = _as_text(normalise_vin)
_credit = _as_text(normalise_credit_code)
_machine_no = _as_text(normalise_machine_number)


def columns_of(kind: ImportKind, codes: Codes) -> tuple[Column, ...]:
    """The columns of a kind of file, in the order of a template."""
    match kind:
        case ImportKind.TRUCK:
            return _truck(codes)
        case ImportKind.MACHINE:
            return _machine(codes)
        case ImportKind.ENTERPRISE:
            return _ENTERPRISE
        case ImportKind.TERMINAL:
            return _TERMINAL


def _holder() -> tuple[Column, ...]:
    return (
        Column("owner", ("所有人", "车主", "所属单位"), ("owner",), cells.text),
        Column("owner_code", ("所有人代码", "所有人证件号"), ("owner code",), _credit),
        Column("division", ("行政区划代码", "行政区划"), ("division",), cells.code_text),
        Column("after_treatment", ("后处理装置", "后处理"), ("after-treatment",), _after),
        Column("device", ("联网状态", "远程终端", "定位装置"), ("device", "terminal fitted"), _fitted),
        Column("state", ("状态",), ("state",), _state),
    )


def _engine(codes: Codes) -> tuple[Column, ...]:
    return (
        Column("fuel", ("燃料类型", "燃料种类", "燃料"), ("fuel",), _fuel(codes.fuel)),
        Column("stage", ("排放阶段", "排放标准"), ("stage", "emission stage"), _stage),
        Column("stage_basis", ("阶段依据", "排放阶段依据"), ("stage basis",), _basis),
    )


def _truck(codes: Codes) -> tuple[Column, ...]:
    return (
        Column("plate", ("号牌号码", "车牌号码", "车牌号", "车牌"), ("plate", "plate number"), _plate, True),
        Column("plate_colour", ("号牌颜色", "车牌颜色"), ("plate colour",), _colour(codes.plate), True),
        Column("vin", ("车辆识别代号", "车架号"), ("vin",), _vin),
        Column("category", ("车辆类型", "车辆类别"), ("category", "vehicle type"), _truck_category),
        *_engine(codes),
        Column("gross_mass_kg", ("总质量", "最大总质量"), ("gross mass",), cells.number),
        Column("registered_on", ("注册登记日期", "登记日期"), ("registered on",), cells.day),
        *_holder(),
    )


def _machine(codes: Codes) -> tuple[Column, ...]:
    category = _machine_category(codes.machine)
    return (
        Column("registration_no", ("环保登记号码", "环保登记编码", "环保编码"), ("registration no",), _machine_no),
        Column("pin", ("产品识别码",), ("pin",), cells.identifier),
        Column("machine_code", ("机械环保代码",), ("machine code",), cells.identifier),
        Column("engine_no", ("发动机编号", "发动机号"), ("engine no",), cells.identifier),
        Column("engine_maker", ("发动机制造商", "发动机生产厂"), ("engine maker",), cells.text),
        Column("category", ("机械类型", "机械种类"), ("category", "machine type"), category, True),
        Column("maker", ("机械制造商", "生产厂家"), ("maker",), cells.text),
        Column("model", ("机械型号", "型号"), ("model",), cells.text),
        *_engine(codes),
        Column("power_kw", ("额定功率", "发动机功率", "功率"), ("power",), cells.number),
        Column("built_on", ("生产日期", "出厂日期"), ("built on",), cells.day),
        Column("usual_place", ("使用地点", "常驻地点"), ("usual place",), cells.text),
        *_holder(),
    )


_ENTERPRISE = (
    Column("name", ("企业名称", "单位名称"), ("name",), cells.text, True),
    Column("credit_code", ("统一社会信用代码", "信用代码"), ("credit code",), _credit),
    Column("division", ("行政区划代码", "行政区划"), ("division",), cells.code_text),
    Column("address", ("地址", "详细地址"), ("address",), cells.text),
    Column("industry", ("行业", "行业类别"), ("industry",), cells.text),
    Column("grade", ("绩效等级", "绩效分级"), ("grade",), cells.text),
    Column("contact", ("联系人",), ("contact",), cells.text),
    Column("phone", ("联系电话", "电话"), ("phone",), cells.code_text),
)
_TERMINAL = (
    Column("device", ("终端编号", "终端号", "设备编号"), ("device", "terminal"), cells.code_text, True),
    Column("kind", ("终端类型",), ("kind",), _kind, True),
    Column("layout", ("报文版本",), ("layout",), cells.text),
    Column("vin", ("车辆识别代号", "车架号"), ("vin",), _vin),
    Column("plate", ("号牌号码", "车牌号码", "车牌号"), ("plate",), _plate),
    Column("machine_no", ("环保登记号码", "环保登记编码"), ("registration no",), _machine_no),
    Column("maker", ("生产厂家", "终端厂家"), ("maker",), cells.text),
    Column("fitted_on", ("安装日期",), ("fitted on",), cells.day),
)
