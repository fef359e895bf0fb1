"""Words of captures and their devices, and how plates of this city begin."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from enforcement.captures.records import GROUND_WORDS
from enforcement.captures.reviews import RejectReason
from enforcement.rules.book import find_rule
from server.flows import rule_book
from server.web import words
from server.web.access import current_account

words.add(
    "capture_status",
    {
        "first_review": ("待一审", "first review"),
        "second_review": ("待二审", "second review"),
        "disputed": ("分歧待三审", "differ: third review"),
        "confirmed": ("确认黑烟", "smoke confirmed"),
        "rejected": ("已排除", "rejected"),
        "duplicate": ("同一次通过", "same pass"),
    },
)
words.add("capture_standing", {"evidence": ("可作证据", "evidence"), "void": ("不得作证据", "no evidence")})
words.add(
    "capture_result",
    {"smoke": ("黑烟", "smoke"), "rejected": ("排除", "rejected")},
)
words.add(
    "reject_reason",
    {
        RejectReason.PLATE_UNCLEAR: ("号牌不清", "plate unclear"),
        RejectReason.NOT_EXHAUST: ("非尾气（扬尘、水汽、阴影）", "not exhaust (dust, steam, shadow)"),
        RejectReason.OCCLUSION: ("遮挡", "view blocked"),
        RejectReason.DUPLICATE: ("重复抓拍", "duplicate"),
        RejectReason.SPECIAL_VEHICLE: ("特种车辆执行任务", "special vehicle on duty"),
        RejectReason.WRONG_VEHICLE: ("车辆认错", "wrong vehicle"),
        RejectReason.NIGHT_GLARE: ("夜间眩光", "night glare"),
        RejectReason.CLONED_PLATE: ("套牌、被盗", "cloned or stolen plate"),
        RejectReason.HANDLED_ON_SPOT: ("现场已处理", "handled on the spot"),
        RejectReason.NO_SMOKE: ("无黑烟", "no black smoke"),
    },
)
words.add("evidence_purpose", {"front": ("车头照片", "front")})
words.add("ground", {str(kind): pair for kind, pair in GROUND_WORDS.items()})
words.add("review_level", {"1": ("一审", "first"), "2": ("二审", "second"), "3": ("三审", "third")})
words.add(
    "plate_region", {"local": ("本市", "this city"), "foreign": ("外地", "elsewhere"), "none": ("无号牌", "none")}
)
words.add(
    "time_band",
    {
        "night": ("夜间 22–6 时", "night, 22 to 6"),
        "morning": ("早 6–10 时", "morning, 6 to 10"),
        "day": ("日间 10–17 时", "day, 10 to 17"),
        "evening": ("晚 17–22 时", "evening, 17 to 22"),
    },
)
words.add(
    "capture_device_state",
    {"active": ("在用", "in use"), "suspended": ("停用", "suspended"), "removed": ("已拆除", "removed")},
)
words.add("subject_kind", {"capture": ("黑烟抓拍", "capture"), "capture_device": ("抓拍设备", "camera")})
words.add(
    "unit",
    {"images": ("张", "images"), "grounds": ("", ""), "plates": ("", "")},
)
words.add("rule_value", {str(kind): pair for kind, pair in GROUND_WORDS.items()})
words.add(
    "action",
    {
        "capture.take": ("接收抓拍", "capture taken"),
        "capture.files": ("补充抓拍材料", "files added to a capture"),
        "capture.review": ("审核抓拍", "capture reviewed"),
        "capture.export": ("导出抓拍清单", "captures exported"),
        "capture_device.create": ("登记抓拍设备", "camera registered"),
        "capture_device.change": ("修改抓拍设备", "camera changed"),
        "capture_device.ground": ("登记设备前提", "ground of a camera recorded"),
    },
)


def local_plates(connection: Connection) -> str:
    """How plates of the account's city begin, with commas between; empty where the rule book does not say."""
    area = current_account().division
    row = find_rule(rule_book.current(connection), "capture.local_plates", datetime.now(UTC), area)
    return ",".join(row.words) if row else ""
