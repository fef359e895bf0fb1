"""Coded reasons of the steps that need one; `other` needs a note (RTP 22, APL 33, enforcement.md 2.2, 7.4)."""

from __future__ import annotations

from enforcement.cases.states import Branch
from enforcement.sentences import Sentence

OTHER = "other"
_WORDS = {
    "not_smoke": ("非尾气（扬尘、水汽、阴影）", "No exhaust: dust, steam or shadow"),
    "unclear_record": ("记录不清晰", "The record is not clear"),
    "wrong_subject": ("车辆或机械身份错误", "The wrong truck or machine"),
    "plate_wrong": ("号牌识别错误", "The plate was read wrongly"),
    "plate_stolen": ("套牌或被盗抢", "A cloned or stolen plate"),
    "emergency": ("执行紧急任务", "On an emergency duty"),
    "handled_on_spot": ("已现场处理", "Already handled on the spot"),
    "already_fined": ("同一行为已处罚", "The same act was fined already"),
    "double": ("重复案件", "A double of another case"),
    "first_minor_corrected": ("初次违法、后果轻微并及时改正", "First, minor and corrected in time"),
    "minor_corrected": ("违法轻微并及时改正，未造成后果", "Minor, corrected in time, no harm"),
    "no_fault": ("当事人有证据足以证明没有主观过错", "The party proved that it was not at fault"),
    "limitation": ("超过追责期限", "The limitation period is over"),
    "lighter_law": ("新法不再处罚", "The new law no longer punishes it"),
    "device_not_reviewed": ("设备未经法制和技术审核", "The device lacks legal or technical review"),
    "site_not_published": ("设置地点未公布", "The site of the device was not published"),
    "not_reviewed": ("记录内容未经审核", "The content was not reviewed"),
    "clock_drift": ("设备时钟偏差过大", "The clock of the device was off"),
    "instrument_expired": ("仪器未检定或检定过期", "An instrument was not verified or out of date"),
    "one_officer": ("执法人员不足两人或无执法证", "Fewer than two officers with cards"),
    "altered": ("证据完整性校验不通过", "The evidence fails its check of integrity"),
    "wrong_authority": ("不属于本机关管辖", "Not for this bureau"),
    "evidence_missing": ("证据或材料不全", "Evidence or papers are missing"),
    "sent_by_mistake": ("发送有误", "Sent by mistake"),
    "evidence_invalid": ("证据无效", "The evidence is invalid"),
    "warned": ("已给予警告", "A warning was given"),
    "not_found": ("无法查找当事人", "The party cannot be found"),
    "record_removed": ("记录已消除", "The record was removed"),
    "objection_upheld": ("异议成立", "The objection was upheld"),
    "court": ("法院判决", "By judgement of a court"),
    "superior": ("上级机关决定或复议决定", "By decision of a superior authority"),
    "unpaid": ("逾期未缴纳罚款", "The fine was not paid in time"),
    "denies_fact": ("对事实有异议", "The facts are denied"),
    "sold": ("车辆或机械已转让", "It was sold before"),
    "was_repaired": ("当时已维修合格", "It had been repaired by then"),
    "fact_stands": ("事实清楚、证据充分", "The facts stand"),
    "fact_wrong": ("事实认定有误", "The facts were wrong"),
    "city_answer": ("外地反馈复检合格", "The other city answered that it passed"),
    "station_report": ("已查验其他检验机构的合格报告", "The report of another station was seen"),
    "no_emission_fault": ("不涉及排放或装置问题", "No fault of emission or device"),
    "scrapped": ("已报废注销", "Scrapped and struck off"),
    "out_of_use": ("已停止使用", "Out of use"),
    OTHER: ("其他（须说明）", "Other (a note is needed)"),
}
REASON_WORDS = {code: Sentence(code, zh, en) for code, (zh, en) in _WORDS.items()}

_REMOVE = ("not_smoke", "unclear_record", "wrong_subject", "plate_wrong", "plate_stolen", "emergency",
           "handled_on_spot", "already_fined", "double", "objection_upheld")  # fmt: skip
_WITHDRAW = ("sent_by_mistake", "evidence_invalid", "wrong_authority", "already_fined", "objection_upheld")
_RETURN = ("wrong_authority", "evidence_missing", "unclear_record", "plate_wrong", "plate_stolen",
           "handled_on_spot", "already_fined")  # fmt: skip
_REVOKE = ("objection_upheld", "fact_wrong", "already_fined", "court", "superior")
_REASONS: dict[tuple[Branch, str], tuple[str, ...]] = {
    (Branch.MAIN, "remove"): _REMOVE,
    (Branch.MAIN, "exempt"): ("first_minor_corrected", "minor_corrected", "no_fault", "limitation", "lighter_law"),
    (Branch.MAIN, "invalidate"): (
        "device_not_reviewed", "site_not_published", "not_reviewed", "unclear_record", "clock_drift",
        "instrument_expired", "one_officer", "altered",
    ),
    (Branch.MAIN, "enforce"): ("unpaid",),
    (Branch.MAIN, "revoke"): _REVOKE,
    **{(branch, "return"): _RETURN for branch in (Branch.POLICE, Branch.TRANSPORT, Branch.CITY)},
    **{(branch, "withdraw"): _WITHDRAW for branch in (Branch.POLICE, Branch.TRANSPORT, Branch.CITY)},
    (Branch.POLICE, "answer_without_penalty"): (
        "warned", "not_found", "record_removed", "plate_stolen", "already_fined",
    ),
    (Branch.POLICE, "revoke_penalty"): _REVOKE,
    (Branch.OBJECTION, "object"): (
        "denies_fact", "wrong_subject", "sold", "was_repaired", "already_fined", "plate_stolen",
    ),
    (Branch.OBJECTION, "reject"): ("fact_stands",),
    (Branch.OBJECTION, "uphold"): ("fact_wrong", "evidence_invalid", "already_fined", "plate_stolen", "emergency"),
    (Branch.REPAIR, "pass_elsewhere"): ("city_answer", "station_report"),
    (Branch.REPAIR, "waive"): ("no_emission_fault", "objection_upheld", "sold"),
    (Branch.REPAIR, "scrap"): ("scrapped", "out_of_use"),
}  # fmt: skip


def reasons_for(branch: Branch, action: str) -> tuple[Sentence, ...]:
    """The reasons that may be chosen for a step, `other` last; none where the step needs none."""
    codes = _REASONS.get((branch, action))
    return tuple(REASON_WORDS[code] for code in (*codes, OTHER)) if codes else ()
