"""Names of methods, items and findings in both languages, and the sentence of a judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from enforcement.measurements.judgement import Item, Method, Outcome
from enforcement.rules.smoke_limits import excess_times
from enforcement.sentences import Sentence, joined, said

Words = tuple[str, str]

METHOD_NAMES: Mapping[Method, Words] = {
    Method.FREE_ACCELERATION: ("自由加速法", "Free acceleration"),
    Method.LUG_DOWN: ("加载减速法", "Lug-down"),
    Method.MACHINE_SMOKE: ("非道路移动机械排气烟度", "Machine smoke"),
    Method.RINGELMANN: ("林格曼黑度法", "Ringelmann"),
    Method.OBD_CHECK: ("OBD检查", "OBD check"),
    Method.DEVICE_CHECK: ("排放控制装置检查", "Device check"),
    Method.UREA_CHECK: ("尿素检查", "Urea check"),
    Method.CODING_CHECK: ("编码登记核查", "Coding check"),
    Method.FUEL_SAMPLE: ("油品抽检", "Fuel sample"),
    Method.REMOTE_SENSING: ("遥感检测", "Remote sensing"),
    Method.PERIODIC_REPORT: ("定期检验报告", "Periodic inspection report"),
}
OUTCOME_NAMES: Mapping[Outcome, Words] = {
    Outcome.PASSED: ("合格", "passed"),
    Outcome.FAILED: ("不合格", "failed"),
    Outcome.NOT_JUDGED: ("未作判定", "not judged"),
}
ITEM_NAMES: Mapping[str, Words] = {
    "smoke_mean": ("烟度均值", "mean smoke"),
    "smoke_100": ("100%点烟度", "smoke at the 100 % point"),
    "smoke_80": ("80%点烟度", "smoke at the 80 % point"),
    "nox_80": ("80%点氮氧化物", "NOx at the 80 % point"),
    "wheel_power": ("修正最大轮边功率占额定功率", "corrected wheel power as a share of the rated power"),
    "ringelmann": ("林格曼黑度", "Ringelmann number"),
    "visible_smoke": ("可见黑烟", "visible smoke"),
    "has_obd": ("OBD", "OBD"),
    "mil_on": ("故障指示灯", "malfunction indicator"),
    "mil_works": ("故障指示灯自检", "self-test of the indicator"),
    "communicates": ("OBD通讯", "OBD communication"),
    "is_ready": ("就绪状态", "readiness"),
    "doc": ("氧化催化器（DOC）", "oxidation catalyst (DOC)"),
    "dpf": ("颗粒捕集器（DPF）", "particle filter (DPF)"),
    "scr": ("选择性催化还原（SCR）", "selective catalytic reduction (SCR)"),
    "egr": ("废气再循环（EGR）", "exhaust gas recirculation (EGR)"),
    "nox_sensor": ("氮氧化物传感器", "NOx sensor"),
    "obd": ("车载诊断系统", "on-board diagnosis"),
    "terminal": ("远程排放管理车载终端", "remote terminal"),
    "urea_concentration": ("尿素浓度", "urea concentration"),
    "urea_level": ("尿素液位", "urea level"),
    "dosing": ("尿素喷射", "urea dosing"),
    "number_seen": ("机身环保登记号码", "number on the machine"),
    "sulphur": ("硫含量", "sulphur"),
    "fuel_kind": ("油品类型", "kind of fuel"),
    "opacity": ("不透光度", "opacity"),
    "no": ("一氧化氮", "NO"),
    "station_result": ("检验机构结论", "result of the station"),
}
VALUE_NAMES: Mapping[str, Words] = {
    "yes": ("有", "yes"),
    "no": ("无", "no"),
    "lit": ("点亮", "lit"),
    "not_lit": ("未点亮", "not lit"),
    "works": ("正常", "works"),
    "broken": ("异常", "broken"),
    "complete": ("已完成", "complete"),
    "not_complete": ("未完成", "not complete"),
    "fitted": ("完好", "fitted"),
    "missing": ("缺失", "missing"),
    "faulty": ("故障", "faulty"),
    "removed": ("已拆除", "removed"),
    "bypassed": ("被旁通", "bypassed"),
    "shielded": ("被屏蔽", "shielded"),
    "not_checked": ("未检查", "not checked"),
    "working": ("正常", "working"),
    "not_working": ("不工作", "not working"),
    "none": ("无号码", "no number"),
    "vehicle_diesel": ("车用柴油", "vehicle diesel"),
    "ordinary_diesel": ("普通柴油", "ordinary diesel"),
    "passed": ("合格", "passed"),
    "failed": ("不合格", "failed"),
}
UNITS = {"m-1": "m⁻¹", "Ringelmann": "", "m/s2": "m/s²"}


def figure(value: float, beside: object = None) -> str:
    """A number as documents write it: up to three decimals, six where three would hide how it differs from `beside`."""
    hides = isinstance(beside, int | float) and value != beside and round(value, 3) == round(beside, 3)
    places = 6 if hides or 0 < abs(value) < 0.0005 else 3
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def named(value: str) -> Words:
    """A finding in both languages; what is not in the table (a number on a machine) stays as it is."""
    return VALUE_NAMES.get(value, (value, value))


def item_sentence(item: Item) -> Sentence:
    """One item in words, with "exceeded by N times" as decisions write it."""
    code = {True: "over", False: "within", None: "unknown"}[item.over]
    return replace(_item(item), code=code)


def _item(item: Item) -> Sentence:
    zh, en = ITEM_NAMES.get(item.name, (item.name, item.name))
    name = (zh, _capital(en))
    if item.value is None:
        return said("item_missing", name=name)
    if isinstance(item.value, str):
        if not item.over or not isinstance(item.limit, str):
            return said("item_found", name=name, value=named(item.value))
        return said("item_wanted", name=name, value=named(item.value), wanted=named(item.limit))
    unit = UNITS.get(item.unit, item.unit)
    value = figure(item.value, item.limit)
    gap = " " if zh[-1:].isascii() else ""
    return _against(item, unit, (f"{zh}{gap}{value}{unit}", f"{name[1]} {value} {unit}".rstrip()))


def _against(item: Item, unit: str, shown: Words) -> Sentence:
    if not isinstance(item.limit, float) or not isinstance(item.value, float) or item.over is None:
        return said("item_open", figure=shown)
    limit = figure(item.limit, item.value)
    words = (f"{limit}{unit}", f"{limit} {unit}".rstrip())
    if not item.over:
        return said("item_not_below" if item.value > item.limit else "item_within", figure=shown, limit=words)
    if item.value < item.limit:
        return said("item_below", figure=shown, limit=words)
    if item.limit <= 0:
        return said("item_over", figure=shown, limit=words)
    times = round(excess_times(item.value, item.limit), 3)
    if times == 0:
        return said("item_hardly_over", figure=shown, limit=words)
    return said("item_times_over", figure=shown, limit=words, times=figure(times))


def judgement_sentence(method: Method, outcome: Outcome, items: Sequence[Item]) -> Sentence:
    """The whole judgement in one paragraph."""
    head = said("judgement", outcome=outcome, method=METHOD_NAMES[method], words=OUTCOME_NAMES[outcome])
    return joined(str(outcome), (head, *(item_sentence(item) for item in items)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
