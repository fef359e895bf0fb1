"""Words of alerts and measures, and the alerts in force as the strip of every page tells them."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask, g

from enforcement.alerts.levels import LEVEL_NAMES
from enforcement.alerts.measures import SPECIAL_VEHICLE
from server.flows import alert_standing
from server.web import registry_words, rule_words, words, zone_words  # noqa: F401 - their words are used here
from server.web.access import find_current_account, may, work
from server.web.language import pick

words.add("alert_level", {level.value: pair for level, pair in LEVEL_NAMES.items()})
words.add(
    "alert_standing",
    {
        "in_force": ("生效中", "in force"),
        "announced": ("已发布未生效", "announced"),
        "lifted": ("已解除", "lifted"),
        "withdrawn": ("已撤回", "withdrawn"),
    },
)
words.add("measure_effect", {"deny": ("禁止", "keep out"), "limit": ("人工核对", "look"), "allow": ("允许", "let in")})
words.add(
    "measure_standing",
    {
        "in_force": ("现行", "in force"),
        "coming": ("将生效", "to come"),
        "replaced": ("已被替代", "replaced"),
        "ended": ("已到期", "ended"),
        "withdrawn": ("已撤销", "withdrawn"),
    },
)
words.add(
    "place_kind",
    {
        "large_user": ("用车大户", "large truck user"),
        "plant": ("工业企业厂区", "plant"),
        "mine": ("矿山", "mine"),
        "coal_washing": ("洗煤厂", "coal washing"),
        "port": ("港口、铁路货场", "port or rail yard"),
        "logistics": ("物流园区", "logistics park"),
        "yard": ("堆场", "yard"),
        "construction": ("施工工地", "construction site"),
        "zone": ("控制区", "control zone"),
        "city_core": ("城市建成区", "core of the city"),
        "other": ("其他", "other"),
    },
)
words.add("exemption", {**words.WORDS["purpose"], SPECIAL_VEHICLE: ("专项作业车", "special vehicle")})
words.add(
    "grade",
    {
        "A": ("A级", "A"), "B": ("B级", "B"), "B-": ("B-级", "B-"), "C": ("C级", "C"), "D": ("D级", "D"),
        "leading": ("引领性", "leading"), "not_leading": ("非引领性", "not leading"),
    },
)  # fmt: skip
words.add("subject_kind", {"alert": ("重污染天气预警", "alert"), "alert_measure": ("应急措施", "alert measure")})
words.add(
    "action",
    {
        "alert.enter": ("录入预警", "alert entered"),
        "alert.change": ("变更预警级别", "alert level changed"),
        "alert.lift": ("解除预警", "alert lifted"),
        "alert.withdraw": ("撤回预警", "alert withdrawn"),
        "alert.export": ("导出预警清单", "alerts exported"),
        "alert.report": ("导出预警评估报告", "report of an alert exported"),
        "measure.revise": ("修订应急措施", "measure revised"),
        "measure.confirm": ("核实应急措施", "measure confirmed"),
        "measure.withdraw": ("撤销应急措施", "measure withdrawn"),
        "measure.export": ("导出应急措施", "measures exported"),
    },
)
words.add(
    "lead_kind",
    {
        "banned_entry": ("预警期间禁行车辆进厂", "banned truck entered in an alert"),
        "alert_machine": ("预警期间停用机械作业", "machine worked in an alert"),
        "alert_zone_visit": ("预警期间禁行车辆进入", "banned truck moved in an alert"),
        "stage_differs": ("台账与登记排放阶段不符", "stage differs from the register"),
        "fuel_differs": ("台账与登记燃料不符", "fuel differs from the register"),
        "vin_differs": ("台账与登记车架号不符", "VIN differs from the register"),
        "track_without_passage": ("轨迹到厂而台账无记录", "track without a ledger row"),
        "passage_without_track": ("台账有记录而轨迹在别处", "ledger row, and the track elsewhere"),
        "capture_without_passage": ("抓拍到厂而台账无记录", "captured there, and no ledger row"),
        "unregistered_on_site": ("场内机械未登记", "machine on site is not registered"),
        "silent_on_site": ("在场机械终端静默", "machine on site is silent"),
    },
)
words.add("unit", {"codes of zones": ("控制区编码", "codes of zones")})
words.add("lead_reason", {"fell_away": ("依据变更，线索不再成立", "its ground changed: it fell away")})
words.add(
    "lead_detail",
    {
        "stage": ("排放阶段", "Stage"), "plate": ("车牌", "Plate"), "plate_colour": ("车牌颜色", "Plate colour"),
        "gate_answer": ("闸口当时答复", "The gate's answer"), "control_result": ("闸口处置", "What the gate did"),
        "measures": ("依据措施", "Measures"), "rules": ("依据规则", "Rules"), "visit": ("进入记录", "Visit"),
    },
)  # fmt: skip
words.add(
    "control_result",
    {"allow": ("放行", "let in"), "deny": ("拦截", "turned away"), "check": ("人工核查", "looked at"),
     "lifted": ("人工抬杆", "lifted by hand")},
)  # fmt: skip


def alerts_here() -> list[dict[str, Any]]:
    """Alerts in force in the account's area or over it, highest first; asked for once a request."""
    account = find_current_account()
    if account is None or not may("alerts.read"):
        return []
    if "alerts_here" not in g:
        with work() as connection:
            standing = alert_standing.current(connection)
        area = account.scope.divisions or account.division
        held = alert_standing.alerts_in(standing, area, datetime.now(UTC))
        g.alerts_here = [
            {
                "id": one.id,
                "level": one.level,
                "document": one.document,
                "from_at": one.from_at,
                "area": pick(*standing.area_names[one.id]),
            }
            for one in held
        ]
    found: list[dict[str, Any]] = g.alerts_here
    return found


def init(app: Flask) -> None:
    """Give every page the strip."""
    app.jinja_env.globals["alerts_here"] = alerts_here
    app.jinja_env.filters["exemption_word"] = lambda code: words.word("exemption", code)
