"""States of cases and of their branches in words; what a refusal and a page call them."""

from __future__ import annotations

from enforcement.cases.states import Branch, State
from enforcement.sentences import Sentence

_S = State
_STATES = {
    _S.LEAD: ("线索", "lead"),
    _S.VERIFIED: ("已核实", "verified"),
    _S.TESTED: ("已检测", "tested"),
    _S.FAILED: ("排放不合格", "failed"),
    _S.FILED: ("已立案", "filed"),
    _S.NOTICED: ("已拟事先告知", "prior notice written"),
    _S.NOTICE_SERVED: ("告知书已送达", "prior notice served"),
    _S.HEARING: ("听证中", "hearing"),
    _S.HEARD: ("陈述申辩、听证已毕", "heard"),
    _S.REVIEWED: ("已法制审核", "legally reviewed"),
    _S.DISCUSSED: ("已集体讨论", "discussed"),
    _S.DECIDED: ("已作出决定", "decided"),
    _S.SERVED: ("决定书已送达", "decision served"),
    _S.ENFORCING: ("申请强制执行", "enforcement asked for"),
    _S.PAID: ("已缴款", "paid"),
    _S.CLOSED: ("已结案", "closed"),
    _S.EXEMPTED: ("不予处罚", "exempted"),
    _S.EVIDENCE_INVALID: ("证据无效", "evidence invalid"),
    _S.REMOVED: ("已销案", "removed"),
}
_BRANCH_STATES = {
    "sent": ("已发送", "sent"),
    "received": ("已签收", "signed for"),
    "accepted": ("已受理", "accepted"),
    "entered": ("已录入系统", "entered"),
    "notified": ("已通知车主", "owner told"),
    "penalised": ("已处罚", "penalised"),
    "returned": ("已退回", "returned"),
    "answered": ("已反馈", "answered"),
    "withdrawn": ("已撤回", "withdrawn"),
    "owed": ("待下达维修告知", "repair notice due"),
    "issued": ("待维修", "waiting for repair"),
    "in_repair": ("维修中", "in repair"),
    "repaired": ("待复检", "re-test due"),
    "passed": ("复检合格", "passed the re-test"),
    "failed_again": ("复检不合格", "failed the re-test"),
    "scrapped": ("已报废或停用", "scrapped or out of use"),
    "raised": ("异议待审查", "objection open"),
    "rejected": ("异议不成立", "objection rejected"),
    "upheld": ("异议成立", "objection upheld"),
    "settled": ("已按异议处理", "carried out"),
}
_ALL = [(str(code), words) for code, words in (*_STATES.items(), *_BRANCH_STATES.items())]
STATE_WORDS = {code: Sentence(code, zh, en) for code, (zh, en) in _ALL}
_NO_REPAIR = Sentence("withdrawn", "无需维修", "no repair owed")

BRANCH_WORDS = {
    Branch.MAIN: Sentence("main", "案件", "case"),
    Branch.POLICE: Sentence("police", "移送公安交管", "referral to the police"),
    Branch.TRANSPORT: Sentence("transport", "抄告交通运输", "copy to transport"),
    Branch.CITY: Sentence("city", "抄告外地", "copy to another city"),
    Branch.REPAIR: Sentence("repair", "维修复检", "repair"),
    Branch.OBJECTION: Sentence("objection", "异议", "objection"),
}


def state_words(branch: Branch, state: str) -> Sentence:
    """A state in words; a repair that was withdrawn is one that is not owed."""
    if branch is Branch.REPAIR and state == "withdrawn":
        return _NO_REPAIR
    return STATE_WORDS[state]
