"""Emission stages and how a stage is known (enforcement.md 1.5). The order lies in the rule book."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from enforcement.registry.doubts import half_width


class Stage(StrEnum):
    """China 0 to VI of trucks, pre-I to IV of machines; the values are the codes of the ledgers."""

    PRE_I = "0"
    I = "1"  # noqa: E741 - the standard's own name
    II = "2"
    III = "3"
    IV = "4"
    V = "5"
    VI = "6"  # a or b is not known
    VI_A = "6a"
    VI_B = "6b"
    ELECTRIC = "D"
    UNKNOWN = "X"


class StageBasis(StrEnum):
    """What the stage was taken from, best first. A date alone never proves a stage: old stock was sold on."""

    VEHICLE_LIST = "vehicle_list"  # 随车清单 or the public look-up by VIN
    NAMEPLATE = "nameplate"
    REPORT = "report"
    DATE = "date"
    OVERRIDE = "override"  # corrected by a person, with a reason
    UNKNOWN = "unknown"


_NUMERALS = {
    Stage.PRE_I: ("0", "零", "一前", "1前", "I前"),
    Stage.I: ("1", "一", "I"),
    Stage.II: ("2", "二", "II"),
    Stage.III: ("3", "三", "III"),
    Stage.IV: ("4", "四", "IV"),
    Stage.V: ("5", "五", "V"),
    Stage.VI: ("6", "六", "VI"),
    Stage.VI_A: ("6A", "六A", "VIA"),
    Stage.VI_B: ("6B", "六B", "VIB"),
    Stage.ELECTRIC: ("D", "电动", "纯电动", "电", "ELECTRIC"),
    Stage.UNKNOWN: ("X", "未知", "无", "不详", "UNKNOWN"),
}
WORDS: dict[str, Stage] = {word: stage for stage, words in _NUMERALS.items() for word in words}
TRUCK_NAMES: dict[Stage, tuple[str, str]] = {
    Stage.PRE_I: ("国零", "China 0"),
    Stage.I: ("国一", "China I"),
    Stage.II: ("国二", "China II"),
    Stage.III: ("国三", "China III"),
    Stage.IV: ("国四", "China IV"),
    Stage.V: ("国五", "China V"),
    Stage.VI: ("国六", "China VI"),
    Stage.VI_A: ("国六a", "China VI-a"),
    Stage.VI_B: ("国六b", "China VI-b"),
    Stage.ELECTRIC: ("电动", "electric"),
    Stage.UNKNOWN: ("未知", "unknown"),
}
MACHINE_NAMES: dict[Stage, tuple[str, str]] = {
    Stage.PRE_I: ("国一前", "before stage I"),
    Stage.I: ("国一", "stage I"),
    Stage.II: ("国二", "stage II"),
    Stage.III: ("国三", "stage III"),
    Stage.IV: ("国四", "stage IV"),
    Stage.ELECTRIC: ("电动", "electric"),
    Stage.UNKNOWN: ("未知", "unknown"),
}


def stage_name(stage: Stage, is_truck: bool) -> tuple[str, str]:
    """How a stage is called on the road (国三) and on sites, in both languages."""
    return (TRUCK_NAMES if is_truck else MACHINE_NAMES).get(stage) or TRUCK_NAMES[stage]


BASIS_WORDS: dict[str, StageBasis] = {
    "随车清单": StageBasis.VEHICLE_LIST,
    "信息公开": StageBasis.VEHICLE_LIST,
    "铭牌": StageBasis.NAMEPLATE,
    "检测报告": StageBasis.REPORT,
    "检验报告": StageBasis.REPORT,
    "日期推断": StageBasis.DATE,
    "登记日期": StageBasis.DATE,
    "人工更正": StageBasis.OVERRIDE,
    "未知": StageBasis.UNKNOWN,
}


def read_stage(text: str) -> Stage | None:
    """The stage a code or word means: 5, 国五, 国Ⅴ, 第五阶段, China VI a; None if it means none."""
    core = re.sub(r"排放|标准|阶段|第|国|CHINA|STAGE|[()\-]", "", half_width(text))
    return WORDS.get(core)


def meets(stage: Stage, least: Stage, order: Sequence[str]) -> bool | None:
    """Whether a stage is at least `least` in the given order; None when that cannot be said.

    Electric always does. China VI without its letter is at least VIa, and may or may not be VIb.
    """
    if stage is Stage.ELECTRIC:
        return True
    if stage is Stage.UNKNOWN or stage not in order or least not in order:
        return None
    if stage is Stage.VI and least is Stage.VI_A:
        return True
    if stage is Stage.VI and least is Stage.VI_B:
        return None
    return order.index(stage) >= order.index(least)
