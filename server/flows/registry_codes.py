"""The words of the registry's codes, Chinese and English, and which written words mean which code.

Codes are those of the enums in `enforcement`; pages, sheets and forms take their words from here.
"""

from collections.abc import Mapping

from enforcement.registry import categories, fuels, plates, stages
from enforcement.registry.stages import BASIS_WORDS

Pair = tuple[str, str]
Words = Mapping[str, Pair]

PLATE_COLOURS: Words = {
    "blue": ("蓝", "blue"),
    "yellow": ("黄", "yellow"),
    "black": ("黑", "black"),
    "white": ("白", "white"),
    "green": ("绿", "green"),
    "yellow_green": ("黄绿", "yellow-green"),
    "farm_yellow": ("农黄", "farm yellow"),
    "farm_green": ("农绿", "farm green"),
    "other": ("其他", "other"),
    "none": ("未上牌", "no plate yet"),
}
TRUCK_STAGES: Words = {str(code): names for code, names in stages.TRUCK_NAMES.items()}
MACHINE_STAGES: Words = {str(code): names for code, names in stages.MACHINE_NAMES.items()}
STAGE_BASES: Words = {
    "vehicle_list": ("随车清单", "vehicle list"),
    "nameplate": ("铭牌", "nameplate or engine label"),
    "report": ("检测报告", "inspection report"),
    "date": ("日期推断", "inferred from a date"),
    "override": ("人工更正", "corrected by a person"),
    "unknown": ("未知", "unknown"),
}
FUELS: Words = {
    "diesel": ("柴油", "diesel"),
    "petrol": ("汽油", "petrol"),
    "electric": ("纯电动", "electric"),
    "natural_gas": ("天然气", "natural gas"),
    "lpg": ("液化石油气", "LPG"),
    "methanol": ("甲醇", "methanol"),
    "ethanol": ("乙醇", "ethanol"),
    "hybrid": ("混合动力", "hybrid"),
    "hydrogen": ("氢燃料", "hydrogen"),
    "biofuel": ("生物燃料", "biofuel"),
    "mixed_oil": ("混合油", "mixed oil"),
    "solar": ("太阳能", "solar"),
    "none": ("无", "none"),
    "other": ("其他", "other"),
    "unknown": ("未知", "unknown"),
}
TRUCK_CATEGORIES: Words = {
    "heavy_goods": ("重型货车", "heavy goods vehicle"),
    "medium_goods": ("中型货车", "medium goods vehicle"),
    "light_goods": ("轻型货车", "light goods vehicle"),
    "mini_goods": ("微型货车", "mini goods vehicle"),
    "heavy_tractor": ("重型牵引车", "heavy tractor"),
    "medium_tractor": ("中型牵引车", "medium tractor"),
    "light_tractor": ("轻型牵引车", "light tractor"),
    "trailer": ("挂车", "trailer"),
    "special": ("专项作业车", "special-purpose vehicle"),
    "other": ("其他", "other"),
    "unknown": ("未知", "unknown"),
}
MACHINE_CATEGORIES: Words = {
    "excavator": ("挖掘机", "excavator"),
    "crane": ("起重机", "crane"),
    "bulldozer": ("推土机", "bulldozer"),
    "loader": ("装载机", "loader"),
    "roller": ("压路机", "roller"),
    "paver": ("摊铺机", "paver"),
    "grader": ("平地机", "grader"),
    "forklift": ("叉车", "forklift"),
    "piling": ("桩工机械", "piling rig"),
    "stacker": ("堆高机", "stacker"),
    "tow_tractor": ("牵引车", "tow tractor"),
    "shuttle": ("摆渡车", "shuttle"),
    "yard_vehicle": ("场内车辆", "in-yard vehicle"),
    "off_road_truck": ("非公路用卡车", "off-road truck"),
    "pump_truck": ("泵车", "pump truck"),
    "sweeper": ("清扫车", "sweeper"),
    "other": ("其他", "other"),
    "unknown": ("未知", "unknown"),
}
AFTER_TREATMENTS: Words = {
    "none": ("无", "none"),
    "doc": ("DOC", "DOC"),
    "dpf": ("DPF", "DPF"),
    "scr": ("SCR", "SCR"),
    "dpf_scr": ("DPF+SCR", "DPF+SCR"),
    "other": ("其他", "other"),
    "unknown": ("未知", "unknown"),
}
SUBJECT_STATES: Words = {
    "draft": ("草稿", "draft"),
    "active": ("在用", "in use"),
    "moved_out": ("已转出", "moved out"),
    "scrapped": ("已报废", "scrapped"),
    "cancelled": ("已注销", "cancelled"),
}
"""Those of enforcement.registry.subjects.SubjectState, which the tables hold to."""
TRUCK_STATES = MACHINE_STATES = SUBJECT_STATES
ENTERPRISE_STATES: Words = {"active": ("在业", "active"), "closed": ("已关闭", "closed")}
TERMINAL_STATES: Words = {
    "active": ("在用", "in use"),
    "suspended": ("停用", "suspended"),
    "removed": ("已拆除", "removed"),
}
TERMINAL_KINDS: Words = {
    "hdv": ("重型车远程终端（GB 17691 / HJ 1239）", "heavy vehicle terminal (GB 17691 / HJ 1239)"),
    "nrmm": ("非道路机械终端", "non-road machine terminal"),
    "jt808": ("部标终端（JT/T 808）", "JT/T 808 terminal"),
    "ev": ("新能源终端（GB/T 32960）", "new-energy terminal (GB/T 32960)"),
    "json": ("定位器（JSON）", "tracker (JSON)"),
}
COORDINATES: Words = {
    "wgs84": ("WGS-84 / CGCS2000", "WGS-84 / CGCS2000"),
    "gcj02": ("GCJ-02（火星坐标）", "GCJ-02"),
    "bd09": ("BD-09（百度坐标）", "BD-09"),
}
INDUSTRIES: Words = {
    "steel": ("钢铁", "steel"),
    "cement": ("水泥", "cement"),
    "mining": ("采矿", "mining"),
    "power": ("火电", "power"),
    "construction": ("建筑施工", "construction"),
    "logistics": ("物流运输", "logistics"),
    "sanitation": ("环卫", "sanitation"),
    "port": ("港口铁路场站", "ports and rail yards"),
    "other": ("其他", "other"),
}

WRITTEN: dict[str, dict[str, str]] = {
    "plate_colour": {**plates.WORDS, "蓝牌": "blue", "黄牌": "yellow", "绿牌": "green", "黄绿牌": "yellow_green"},
    "stage_basis": dict(BASIS_WORDS),
    "fuel": dict(fuels.WORDS),
    "truck_category": dict(categories.TRUCK_WORDS),
    "machine_category": dict(categories.MACHINE_WORDS),
}


def reading_table(words: Words, written: Mapping[str, str] | None = None) -> dict[str, str]:
    """Everything that may stand in a cell for a code, folded as `fold` folds it."""
    table: dict[str, str] = {}
    for word, code in (written or {}).items():
        if str(code) in words:
            table[fold(word)] = str(code)
    for code, (zh, en) in words.items():
        table.update({fold(zh): code, fold(en): code, fold(code): code})
    return table


def fold(text: str) -> str:
    """Lower case, without spaces, dashes and underscores, so that small differences of writing do not matter."""
    return "".join(letter for letter in text.casefold() if letter not in " \u3000-_–—()（）*")
