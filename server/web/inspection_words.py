"""Words for the codes of inspections: kinds, methods, outcomes, and what an officer finds."""

from enforcement.inspections import checklists
from enforcement.measurements.periodic_report import METHOD_NAMES as PERIODIC_NAMES
from enforcement.measurements.wording import ITEM_NAMES, METHOD_NAMES, OUTCOME_NAMES, VALUE_NAMES
from server.web import instrument_words  # noqa: F401 - its words join at import
from server.web.words import WORDS, add

add(
    "inspection_kind",
    {
        "roadside": ("路检", "roadside"),
        "on_site": ("入户检查", "on site"),
        "machine_spot": ("机械抽测", "machine spot check"),
        "periodic": ("定期检验", "periodic"),
        "remote_sensing": ("遥感监测", "remote sensing"),
    },
)
add(
    "inspection_source",
    {
        "page": ("网页录入", "typed on a page"),
        "tablet": ("移动执法", "tablet"),
        "import": ("文件导入", "file import"),
        "api": ("接口", "API"),
    },
)
add("method", {str(code): words for code, words in METHOD_NAMES.items()})
add("outcome", {str(code): words for code, words in OUTCOME_NAMES.items()})
add("inspection_outcome", {str(code): words for code, words in OUTCOME_NAMES.items()})  # of the one file
add("standing", {"legal": ("可作执法依据", "legal"), "screening": ("仅筛查", "screening")})
add("inspection_status", {"recorded": ("有效", "recorded"), "withdrawn": ("已撤回", "withdrawn")})
add("measured_item", {str(code): words for code, words in ITEM_NAMES.items()})
add("measured_value", {str(code): words for code, words in VALUE_NAMES.items()})
add("measured_value", {"passed": ("合格", "passed"), "failed": ("不合格", "failed")})
add(
    "offence",
    {
        "zone_breach": ("机械违反禁用区规定", "machine in a ban zone"),
        "over_limit": ("机械超标排放", "machine above the limit"),
        "device_missing": ("未按规定加装、更换排放控制装置", "emission device missing"),
        "tampering": ("弄虚作假、擅自拆改装置", "tampering"),
        "unregistered_machine": ("机械未编码登记", "machine not registered"),
        "truck_zone_breach": ("货车违反限行规定", "truck in a ban zone"),
        "failed_inspection": ("驾驶排放检验不合格的车辆上路", "vehicle that failed its inspection"),
    },
)
add("quantity", {"k": ("光吸收系数 k（m⁻¹）", "k, m⁻¹"), "opacity": ("不透光度（%）", "opacity, %")})
add("procedure", {"free_acceleration": ("自由加速", "free acceleration"), "loaded": ("加载", "loaded")})
add("finding", {"yes": ("是", "yes"), "no": ("否", "no"), "unknown": ("未查看", "not looked at")})
add("device", {code: ITEM_NAMES[code] for code in ("doc", "dpf", "scr", "egr", "nox_sensor", "obd", "terminal")})
add(
    "device_state",
    {
        "fitted": ("完好", "fitted"),
        "missing": ("缺失", "missing"),
        "faulty": ("故障", "faulty"),
        "removed": ("已拆除", "removed"),
        "bypassed": ("被旁通", "bypassed"),
        "shielded": ("被屏蔽", "shielded"),
        "not_required": ("无此要求", "not required"),
        "not_checked": ("未检查", "not checked"),
    },
)
add(
    "dosing",
    {
        "working": ("正常喷射", "working"),
        "not_working": ("不喷射", "not working"),
        "shielded": ("被屏蔽", "shielded"),
        "unknown": ("未查看", "not looked at"),
    },
)
add(
    "sky",
    {
        "clear": ("晴", "clear"),
        "cloudy": ("多云或阴", "cloudy"),
        "rain": ("雨", "rain"),
        "snow": ("雪", "snow"),
        "fog": ("雾", "fog"),
        "dust": ("扬沙", "dust"),
    },
)
add(
    "fuel_kind",
    {
        "vehicle_diesel": ("车用柴油", "vehicle diesel"),
        "ordinary_diesel": ("普通柴油", "ordinary diesel"),
        "unknown": ("不详", "not known"),
    },
)
add("periodic_method", {str(code): words for code, words in PERIODIC_NAMES.items()})
add("station_result", {"passed": ("合格", "passed"), "failed": ("不合格", "failed")})
add("remote_state", {
    "clean": ("无未了结超标", "nothing open"), "reminder": ("提醒维修", "reminder"), "failed": ("判定不合格", "failed"),
})  # fmt: skip
add(
    "action",
    {
        "inspection.record": ("录入检查", "inspection recorded"),
        "inspection.correct": ("更正检查", "inspection corrected"),
        "inspection.withdraw": ("撤回检查", "inspection withdrawn"),
        "inspection.import": ("导入检查结果", "results imported"),
        "inspection.export": ("导出检查", "inspections exported"),
    },
)
add("checklist", {point.item: (point.zh, point.en) for point in checklists.points()})
add(
    "signature",
    {
        "signed": ("已签字", "signed"),
        "refused": ("拒绝签字", "refused to sign"),
        "absent": ("不在场", "absent"),
    },
)
for _kind in ("instrument_kind", "instrument_check", "inspection_kind", "device", "device_state", "sky", "fuel_kind"):
    add("rule_value", {code: pair for code, pair in WORDS[_kind].items() if code not in WORDS["rule_value"]})
add(
    "rule_value",
    {"True": ("是", "yes"), "False": ("否", "no"), "truck": ("货车", "truck"), "machine": ("机械", "machine")},
)
