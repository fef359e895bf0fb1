"""Words of cases, referrals, penalties and deadlines."""

from enforcement.cases.clocks import PAUSE_WORDS
from enforcement.cases.document_duties import DOCUMENT_WORDS
from enforcement.cases.reasons import REASON_WORDS
from enforcement.cases.steps import TRANSITIONS
from enforcement.cases.words import BRANCH_WORDS, STATE_WORDS
from server.web.words import add

add("case_state", {code: (one.zh, one.en) for code, one in STATE_WORDS.items()})
add(
    "repair_state",
    {code: (one.zh, one.en) for code, one in STATE_WORDS.items()} | {"withdrawn": ("无需维修", "no repair owed")},
)
add("branch", {str(branch): (one.zh, one.en) for branch, one in BRANCH_WORDS.items()})
add("case_step", {f"{row.branch}.{row.action}": (row.zh, row.en) for row in reversed(TRANSITIONS)})
add(
    "case_step",
    {
        "main.open": ("登记案件", "Case opened"),
        "main.join": ("并入同一行为的来源", "A source of the same act joined"),
        "main.assign": ("指派承办人", "Assigned"),
        "main.file": ("立案", "File the case"),
        "main.remove": ("排除、销案", "Dismiss or remove the case"),
    },
)
add("case_reason", {code: (one.zh, one.en) for code, one in REASON_WORDS.items()})
add("pause_reason", {str(code): (one.zh, one.en) for code, one in PAUSE_WORDS.items()})
add("document_kind", {str(code): (one.zh, one.en) for code, one in DOCUMENT_WORDS.items()})
add(
    "offence",
    {
        "zone_breach": ("在禁用区使用高排放机械", "high-emission machine in a banned zone"),
        "over_limit": ("机械排放超标", "machine over the emission limit"),
        "device_missing": ("未按规定安装污染控制装置", "pollution control device missing"),
        "tampering": ("擅自拆改、破坏监控装置", "tampering with a device"),
        "unregistered_machine": ("机械未编码登记", "machine not registered"),
        "truck_zone_breach": ("货车违反限行规定", "truck in a restricted zone"),
        "failed_inspection": ("驾驶排放检验不合格车辆上路", "driving a truck that fails the emission test"),
        "visible_smoke": ("排放明显可见黑烟", "visible black smoke"),
        "retest_missed": ("未按期维修复检", "repair and re-test missed"),
    },
)
add(
    "clock",
    {
        "case_filing": ("立案", "filing the case"),
        "case_decision": ("作出处罚决定", "the decision"),
        "hearing_request": ("申请听证", "asking for a hearing"),
        "hearing_notice": ("听证通知", "notice of the hearing"),
        "service": ("送达", "service"),
        "payment": ("缴纳罚款", "payment"),
        "publication_withdrawal": ("撤回公开", "withdrawal of the publication"),
        "police_review": ("公安审核", "review by the police"),
        "police_notify": ("通知车主", "telling the owner"),
        "police_handle": ("车主接受处理", "the owner coming"),
        "objection_examine": ("异议审查", "examining the objection"),
        "objection_remove": ("消除记录", "removing the record"),
        "referral_sign": ("签收移送、抄告", "signing for a referral"),
        "referral_answer": ("答复移送、抄告", "answering a referral"),
        "referral_result": ("反馈处理结果", "result of the referral"),
        "repair": ("维修复检", "repair and re-test"),
    },
)
add("day_kind", {"working": ("个工作日", "working days"), "calendar": ("日（自然日）", "calendar days")})
add(
    "due",
    {
        "overdue": ("逾期", "overdue"),
        "due_soon": ("即将到期", "due soon"),
        "running": ("未办结", "running"),
        "paused": ("中止计算", "paused"),
        "ended": ("已结束", "ended"),
        "met": ("已办结", "done"),
        "cancelled": ("已终止", "ended unmet"),
    },
)
add(
    "referral_kind",
    {"transfer": ("移送", "transfer"), "copy": ("抄告", "copy")},
)
add("yes_no", {"yes": ("是", "yes"), "no": ("否", "no")})
add("due_person", {"none": ("未指派", "nobody yet")})
add("referral_box", {"in": ("收到的", "received"), "out": ("发出的", "sent"), "all": ("全部", "all")})
add("party_kind", {"person": ("个人", "person"), "unit": ("单位", "unit")})
add(
    "case_outcome",
    {
        "penalised": ("已处罚", "penalised"),
        "repaired": ("已维修复检", "repaired"),
        "passed": ("检测合格", "passed the test"),
        "exempted": ("不予处罚", "exempted"),
        "evidence_invalid": ("证据无效", "evidence invalid"),
        "removed": ("已销案", "removed"),
    },
)
add(
    "source_kind",
    {
        "violation": ("禁用区疑似违法记录", "zone violation"),
        "capture": ("黑烟抓拍", "black-smoke capture"),
        "inspection": ("监督检查", "inspection"),
        "lead": ("线索", "lead"),
        "referral": ("移送", "referral"),
    },
)
add("measured_item", {"ringelmann": ("林格曼黑度", "Ringelmann number"), "mean_k": ("光吸收系数平均值", "mean k")})
add("subject_kind", {"case": ("案件", "case"), "referral": ("移送、抄告", "referral")})
add(
    "action",
    {
        "case.open": ("登记案件", "case opened"),
        "case.join": ("并入案件", "joined to a case"),
        "case.step": ("办理案件", "step of a case"),
        "case.assign": ("指派承办人", "case assigned"),
        "case.export": ("导出案件清单", "cases exported"),
        "referral.export": ("导出移送清单", "referrals exported"),
        "deadline.pause": ("期限中止", "clock paused"),
        "deadline.resume": ("期限恢复", "clock resumed"),
        "deadline.extend": ("期限延长", "clock lengthened"),
        "deadline.export": ("导出期限清单", "deadlines exported"),
    },
)
