"""Words for codes: `word("status", "flagged")` in the language of the page, the same everywhere.

Each kind is a table of code -> (Chinese, English). Enums of the pure rooms join with
`add("stage", {stage.value: (stage.zh, stage.en) for stage in Stage})`. A code without a word shows itself.
"""

from collections.abc import Mapping

from flask import Flask

from enforcement.registry.plates import COLOUR_WORDS
from server.store.audit import PLATFORM
from server.web.language import pick

Pair = tuple[str, str]

WORDS: dict[str, dict[str, Pair]] = {
    "status": {
        "flagged": ("待核实", "to be checked"),
        "confirmed": ("已确认", "confirmed"),
        "dismissed": ("已排除", "dismissed"),
        "superseded": ("已被替代", "superseded"),
        "open": ("待处理", "open"),
        "settled": ("已处理", "settled"),
    },
    "decision": {
        "confirmed": ("确认", "Confirm"),
        "dismissed": ("排除", "Dismiss"),
        "settled": ("已处理", "Settle"),
    },
    "confirm_reason": {
        "track_clear": ("轨迹清楚，确在区内行驶或作业", "track is clear: it drove or worked in the zone"),
        "seen_on_site": ("现场检查属实", "seen on site"),
        "admitted": ("当事人承认", "admitted by the party"),
        "seen_on_camera": ("视频或抓拍佐证", "borne out by camera"),
    },
    "dismiss_reason": {
        "position_fault": ("定位误差或漂移", "position error or drift"),
        "exempt": ("属豁免或已办通行手续", "exempt, or it holds a permit"),
        "emergency": ("抢险救灾等应急任务", "emergency or rescue work"),
        "registry_fault": ("登记信息有误", "the registry is wrong"),
        "device_moved": ("终端移装到其他车辆或机械", "the terminal was moved to another vehicle or machine"),
        "zone_fault": ("控制区范围或时段有误", "the zone's area or hours are wrong"),
        "repeated": ("同一行为重复标记", "the same act is flagged already"),
        "other": ("其他（见说明）", "other (see the note)"),
    },
    "lead_reason": {
        "registered": ("已补办登记", "registered meanwhile"),
        "visited": ("已现场核查", "checked on site"),
        "handed_over": ("已转其他部门", "handed to another bureau"),
        "not_ours": ("不属于管理对象", "not a subject of ours"),
        "device_fault": ("设备故障或测试", "faulty or test device"),
        "other": ("其他（见说明）", "other (see the note)"),
    },
    "lead_kind": {
        "unknown_device": ("未知设备进入控制区", "unknown device in a zone"),
        "passage": ("两定位点之间可能穿越控制区", "may have crossed a zone between two fixes"),
        "unregistered_subject": ("未绑定车辆或机械的终端进入控制区", "terminal of no truck or machine in a zone"),
    },
    "subject_kind": {
        "truck": ("货车", "truck"),
        "machine": ("机械", "machine"),
        "terminal": ("终端", "terminal"),
        "enterprise": ("企业", "enterprise"),
        "zone": ("控制区", "zone"),
        "violation": ("违规", "violation"),
        "lead": ("线索", "lead"),
        "account": ("账号", "account"),
        "audit": ("审计日志", "audit log"),
        "organisation": ("单位", "organisation"),
        "whitelist": ("白名单", "whitelist"),
        "quarantine": ("隔离区", "quarantine"),
        "alarm": ("告警", "alarm"),
    },
    "plate_colour": {colour.value: pair for colour, pair in COLOUR_WORDS.items()},
    "link": {
        "violation": ("违规", "violation"),
        "forbidden": ("在禁行区内", "inside a forbidden zone"),
        "online": ("在线", "on line"),
        "late": ("迟报", "late"),
        "offline": ("离线", "off line"),
    },
    "role": {
        "system_admin": ("系统管理员", "system administrator"),
        "security_admin": ("安全管理员", "security administrator"),
        "auditor": ("审计员", "auditor"),
        "officer": ("业务人员", "bureau officer"),
        "reviewer": ("审核人员", "reviewer"),
        "inspector": ("检查人员", "inspector"),
        "approver": ("审批人员", "approver"),
        "enterprise": ("企业用户", "enterprise"),
        "station": ("检验维修机构", "station"),
        "partner": ("协作城市", "partner city"),
        "device": ("设备", "device"),
        "read_only": ("只读用户", "read only"),
    },
    "organisation_kind": {
        "ecology": ("生态环境", "ecology and environment"),
        "police": ("公安交管", "traffic police"),
        "transport": ("交通运输", "transport"),
        "market": ("市场监管", "market supervision"),
        "housing": ("住房城乡建设", "housing and construction"),
        "agriculture": ("农业农村", "agriculture"),
        "enterprise": ("企业", "enterprise"),
        "station": ("机构", "station"),
        "partner": ("协作城市", "partner city"),
    },
    "action": {
        "account.sign_in": ("登录", "signed in"),
        "account.sign_in_refused": ("登录被拒", "log-in refused"),
        "account.sign_out": ("退出", "signed out"),
        "account.create": ("新建账号", "account made"),
        "account.change": ("修改账号", "account changed"),
        "account.password_change": ("修改密码", "password changed"),
        "account.password_reset": ("重置密码", "password reset"),
        "account.end_sessions": ("结束全部会话", "all sessions ended"),
        "violation.flagged": ("系统标记", "flagged by the platform"),
        "violation.confirmed": ("确认违规", "violation confirmed"),
        "violation.dismissed": ("排除违规", "violation dismissed"),
        "violation.export": ("导出违规清单", "violations exported"),
        "violation.revised": ("后续数据提示", "later data noted"),
        "lead.settled": ("处理线索", "lead settled"),
        "lead.dismissed": ("排除线索", "lead dismissed"),
        "alarm.settled": ("处理告警", "alarm settled"),
        "audit.verify": ("校验审计链", "audit chain verified"),
    },
    "certainty": {
        "confirmed": ("已核实", "confirmed"),
        "unconfirmed": ("待主管部门确认", "to be confirmed by the bureau"),
    },
    "alarm_kind": {
        "bad_frames": ("坏帧比例异常", "share of bad frames far above normal"),
        "platform_fault": ("平台内部故障", "fault inside the platform"),
        "job_failed": ("定时任务连续失败", "a periodic job failed again and again"),
    },
    "alarm_detail": {
        "slot": ("接收槽位", "worker slot"),
        "received": ("接收", "received"),
        "held": ("隔离", "held"),
        "topic": ("主题", "topic"),
        "fault": ("故障", "fault"),
        "job": ("任务", "job"),
    },
    "unit": {
        "CNY": ("元", "yuan"),
        "CNY/decision": ("元/件", "yuan a decision"),
        "CNY/machine": ("元/台", "yuan a machine"),
        "CNY/vehicle": ("元/辆", "yuan a vehicle"),
        "Ringelmann": ("林格曼级", "Ringelmann"),
        "calls/min": ("次/分钟", "calls a minute"),
        "passages/d": ("车次/天", "passages a day"),
        "d": ("天", "days"),
        "s": ("秒", "s"),
        "m": ("米", "m"),
        "m-1": ("m⁻¹", "m⁻¹"),
        "fixes": ("个定位点", "fixes"),
        "law": ("", ""),
        "stages": ("", ""),
        "level of bureau": ("", ""),
        "level of government": ("", ""),
    },
    "rule_value": {
        "city": ("设区的市", "city"),
        "county": ("县级", "county"),
        "CODE": ("《生态环境法典》", "Ecological Environment Code"),
        "APPCL": ("《大气污染防治法》", "Air Pollution Prevention and Control Law"),
    },
    "reason": {
        "stage_too_low": ("排放阶段低于要求", "emission stage too low"),
        "stage_unknown": ("排放阶段不明", "emission stage unknown"),
        "not_coded": ("未编码登记", "not coded"),
        "no_device": ("未安装终端", "no terminal fitted"),
        "device_unknown": ("终端安装情况不明", "fitting of a terminal unknown"),
        "type_banned": ("禁止的类型", "banned type"),
        "type_unknown": ("类型不明", "type unknown"),
        "fuel_banned": ("禁止的燃料", "banned fuel"),
        "fuel_unknown": ("燃料不明", "fuel unknown"),
        "scope_unknown": ("是否属管控范围不明", "unknown whether the zone's terms apply"),
        "unregistered": ("未登记", "not registered"),
        "not_active": ("登记状态非在用", "not in use by the register"),
    },
    "lead_detail": {
        "kind": ("终端类型", "kind of terminal"),
        "fixes": ("区内定位点", "fixes inside"),
        "reasons": ("原因", "reasons"),
    },
    "audit_fault": {
        "content changed": ("内容被改动", "content changed"),
        "row before is missing or changed": ("前一行缺失或被改动", "the row before is missing or changed"),
        "number skipped": ("编号不连续", "number skipped"),
    },
    "law": {
        "CODE": ("《生态环境法典》", "Ecological Environment Code"),
        "APPCL": ("《大气污染防治法》", "Air Pollution Prevention and Control Law"),
    },
}


def add(kind: str, pairs: Mapping[str, Pair]) -> None:
    """Add words of a kind (at import of the module that knows them)."""
    WORDS.setdefault(kind, {}).update(pairs)


def word(kind: str, code: object) -> str:
    """The word for a code in the language of the page; the code itself where there is none."""
    if code is None or code == "":
        return "–"
    pair = WORDS.get(kind, {}).get(str(code))
    return str(pick(*pair)) if pair else str(code)


def choices(kind: str, *codes: str) -> list[tuple[str, str]]:
    """(code, word) for a select; without codes, all of the kind."""
    return [(code, word(kind, code)) for code in (codes or WORDS[kind])]


def actor_name(username: str | None) -> str:
    """Who did something, as a timeline says it: a user name, or the platform itself."""
    return str(pick("平台", "the platform")) if username in (None, "", PLATFORM.username) else str(username)


def init(app: Flask) -> None:
    """Give templates the words."""
    app.jinja_env.globals.update(word=word, choices=choices, actor_name=actor_name)
