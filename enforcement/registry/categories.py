"""Kinds of trucks (GA/T 16.4) and of machines (enforcement.md 4.3), with the lists of two interfaces."""

from __future__ import annotations

from enum import StrEnum


class TruckCategory(StrEnum):
    """The one list of this platform; heavy = 12 t and more, medium = 4.5 t and more."""

    HEAVY_GOODS = "heavy_goods"
    MEDIUM_GOODS = "medium_goods"
    LIGHT_GOODS = "light_goods"
    MINI_GOODS = "mini_goods"
    HEAVY_TRACTOR = "heavy_tractor"
    MEDIUM_TRACTOR = "medium_tractor"
    LIGHT_TRACTOR = "light_tractor"
    TRAILER = "trailer"
    SPECIAL = "special"
    OTHER = "other"
    UNKNOWN = "unknown"


class MachineCategory(StrEnum):
    """The one list of this platform."""

    EXCAVATOR = "excavator"
    CRANE = "crane"
    BULLDOZER = "bulldozer"
    LOADER = "loader"
    ROLLER = "roller"
    PAVER = "paver"
    GRADER = "grader"
    FORKLIFT = "forklift"
    PILING = "piling"
    STACKER = "stacker"
    TOW_TRACTOR = "tow_tractor"
    SHUTTLE = "shuttle"
    YARD_VEHICLE = "yard_vehicle"
    OFF_ROAD_TRUCK = "off_road_truck"
    PUMP_TRUCK = "pump_truck"
    SWEEPER = "sweeper"
    OTHER = "other"
    UNKNOWN = "unknown"


class MachineCodes(StrEnum):
    """Interfaces with their own numbers."""

    PLANT = "plant"
    YARD = "yard"


_T, _M = TruckCategory, MachineCategory
_GAT16 = {
    "H1": _T.HEAVY_GOODS,
    "H2": _T.MEDIUM_GOODS,
    "H3": _T.LIGHT_GOODS,
    "H4": _T.MINI_GOODS,
    "H5": _T.OTHER,  # low-speed goods vehicle
    "Q1": _T.HEAVY_TRACTOR,
    "Q2": _T.MEDIUM_TRACTOR,
    "Q3": _T.LIGHT_TRACTOR,
    "B": _T.TRAILER,
    "G": _T.TRAILER,
    "Z": _T.SPECIAL,
}
_MACHINES: dict[MachineCodes, dict[str, MachineCategory]] = {
    MachineCodes.PLANT: dict(
        zip(
            "123456",
            (_M.LOADER, _M.EXCAVATOR, _M.BULLDOZER, _M.FORKLIFT, _M.OFF_ROAD_TRUCK, _M.OTHER),
            strict=True,
        )
    ),
    MachineCodes.YARD: dict(zip("12345", (_M.LOADER, _M.FORKLIFT, _M.PUMP_TRUCK, _M.SWEEPER, _M.OTHER), strict=True)),
}
TRUCK_WORDS: dict[str, TruckCategory] = {
    "重型货车": _T.HEAVY_GOODS,
    "中型货车": _T.MEDIUM_GOODS,
    "轻型货车": _T.LIGHT_GOODS,
    "微型货车": _T.MINI_GOODS,
    "重型牵引车": _T.HEAVY_TRACTOR,
    "重型半挂牵引车": _T.HEAVY_TRACTOR,
    "中型牵引车": _T.MEDIUM_TRACTOR,
    "轻型牵引车": _T.LIGHT_TRACTOR,
    "挂车": _T.TRAILER,
    "专项作业车": _T.SPECIAL,
    "其他": _T.OTHER,
    "未知": _T.UNKNOWN,
}
MACHINE_WORDS: dict[str, MachineCategory] = {
    "挖掘机": _M.EXCAVATOR,
    "起重机": _M.CRANE,
    "推土机": _M.BULLDOZER,
    "装载机": _M.LOADER,
    "压路机": _M.ROLLER,
    "摊铺机": _M.PAVER,
    "平地机": _M.GRADER,
    "叉车": _M.FORKLIFT,
    "桩工机械": _M.PILING,
    "堆高机": _M.STACKER,
    "牵引车": _M.TOW_TRACTOR,
    "摆渡车": _M.SHUTTLE,
    "场内车辆": _M.YARD_VEHICLE,
    "非公路用卡车": _M.OFF_ROAD_TRUCK,
    "泵车": _M.PUMP_TRUCK,
    "清扫车": _M.SWEEPER,
    "其他": _M.OTHER,
    "未知": _M.UNKNOWN,
}
HEAVY = frozenset({_T.HEAVY_GOODS, _T.HEAVY_TRACTOR})


def read_truck_category(code: str) -> TruckCategory | None:
    """The category of a GA/T 16.4 code like H11 or Q11; None if the code has no such form."""
    code = code.strip().upper()
    return _GAT16.get(code[:2]) or _GAT16.get(code[:1]) if len(code) == 3 else None


def read_machine_category(interface: MachineCodes, code: str) -> MachineCategory:
    """The category an interface's number means."""
    found = _MACHINES[interface].get(code.strip())
    if found is None:
        raise ValueError(f"machine type {code!r} is not in the list of {interface}")
    return found


def write_machine_category(interface: MachineCodes, category: MachineCategory) -> str:
    """The number an interface uses; what it does not list is its `other`."""
    listed = {named: code for code, named in _MACHINES[interface].items()}
    return listed.get(category, listed[MachineCategory.OTHER])


def machine_codes(interface: MachineCodes) -> dict[str, MachineCategory]:
    """Every number of an interface and its category."""
    return dict(_MACHINES[interface])
