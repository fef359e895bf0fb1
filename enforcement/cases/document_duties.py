"""Documents of a case, and the duties that must be met before one is issued (enforcement.md 7.2, 7.3).

A document is refused, never corrected silently: each refusal names the duty and the clause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from enforcement.rules.book import Rule, RuleBook, day_of, find_rule, get_rule
from enforcement.rules.laws import citation, citation_faults
from enforcement.rules.penalties import Level, on_the_spot_refusal, signer_refusal
from enforcement.sentences import Sentence


class DocumentKind(StrEnum):
    """The documents of section 7.2."""

    INSPECTION_RECORD = "inspection_record"
    RESULT_NOTICE = "result_notice"
    REPAIR_NOTICE = "repair_notice"
    TRANSFER_LETTER = "transfer_letter"
    RESULT_RECEIPT = "result_receipt"
    COPY_LETTER = "copy_letter"
    SCENE_RECORD = "scene_record"
    INTERVIEW_RECORD = "interview_record"
    CORRECTION_ORDER = "correction_order"
    PRIOR_NOTICE = "prior_notice"
    DECISION = "decision"
    SERVICE_RECEIPT = "service_receipt"
    CLOSING = "closing"


_K = DocumentKind
DOCUMENT_WORDS = {
    code: Sentence(str(code), zh, en)
    for code, zh, en in (
        (_K.INSPECTION_RECORD, "检测记录", "test record"),
        (_K.RESULT_NOTICE, "检测结果告知书", "notice of the test result"),
        (_K.REPAIR_NOTICE, "维修（复检）告知书", "repair and re-test notice"),
        (_K.TRANSFER_LETTER, "移送函", "letter of transfer"),
        (_K.RESULT_RECEIPT, "处理结果反馈", "receipt with the result"),
        (_K.COPY_LETTER, "抄告函", "letter of information"),
        (_K.SCENE_RECORD, "现场检查（勘察）笔录", "record of the scene"),
        (_K.INTERVIEW_RECORD, "调查询问笔录", "record of the interview"),
        (_K.CORRECTION_ORDER, "责令改正违法行为决定书", "order to correct"),
        (_K.PRIOR_NOTICE, "行政处罚事先（听证）告知书", "prior notice of the penalty"),
        (_K.DECISION, "行政处罚决定书", "penalty decision"),
        (_K.SERVICE_RECEIPT, "送达回证", "receipt of service"),
        (_K.CLOSING, "结案（销案）审批表", "closing sheet"),
    )
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the duties look at. Times are aware; days are Beijing days; amounts in yuan.

    `acted_at`: begin of the act. `issued_at`: the document's moment. `text`: all that it says, its legal basis
    included. `signer`: level of the bureau in whose name it is issued, `issuer_kind` its kind. `area`: GB/T 2260 code
    of the place. `families`: what the act is fined as (`enforcement.rules.acts.Family`).
    `states_hearing_right`: the prior notice does; for a decision, the notice that was served. `hearing_due_on`: last
    day to ask for a hearing.
    """

    acted_at: datetime
    issued_at: datetime
    text: str
    signer: Level
    issuer_kind: str = "ecology"
    families: tuple[str, ...] = ()
    area: str = ""
    amount_cny: float | None = None
    is_person: bool = True
    on_the_spot: bool = False
    evidence_void: bool = False
    officers: int = 2
    states_hearing_right: bool = False
    notice_served_on: date | None = None
    hearing_due_on: date | None = None
    hearing_asked: bool = False
    hearing_held: bool = False
    hearing_waived: bool = False
    discussed: bool = False
    is_complex: bool = False
    affects_others: bool = False
    legally_reviewed: bool = False


def duties(rules: RuleBook, kind: DocumentKind, facts: Facts) -> tuple[Sentence, ...]:
    """Why this document may not be issued: one refusal a duty that is not met; empty where it may."""
    found = [*citation_faults(rules, facts.text, facts.acted_at)]
    found += [refusal for check in _CHECKS.get(kind, ()) if (refusal := check(rules, facts))]
    return tuple(found)


def hearing_offered(rules: RuleBook, amount_cny: float, is_person: bool, at: datetime, area: str = "") -> bool:
    """Whether a fine of this size is a larger one, so that a hearing must be offered (APL 63)."""
    return amount_cny >= _hearing_from(rules, is_person, at, area).number


def _hearing_from(rules: RuleBook, is_person: bool, at: datetime, area: str) -> Rule:
    return get_rule(rules, f"penalty.hearing_from_{'person' if is_person else 'unit'}", at, area)


def _is_larger(rules: RuleBook, facts: Facts) -> bool:
    amount = facts.amount_cny
    return amount is not None and hearing_offered(rules, amount, facts.is_person, facts.issued_at, facts.area)


def _evidence(rules: RuleBook, facts: Facts) -> Sentence | None:
    if not facts.evidence_void:
        return None
    return Sentence(
        "evidence_void",
        "所依据的证据无效（《行政处罚法》第41、46条），不得作为认定事实的根据。",
        "The evidence that it rests on is void (APL 41, 46) and cannot found a document.",
    )


def _signer(rules: RuleBook, facts: Facts) -> Sentence | None:
    return signer_refusal(rules, facts.signer, facts.issued_at)


def _authority(rules: RuleBook, facts: Facts) -> Sentence | None:
    rows = (find_rule(rules, f"penalty.by_{family}", facts.acted_at, facts.area) for family in facts.families)
    wrong = next((row for row in rows if row is not None and facts.issuer_kind not in row.words), None)
    if wrong is None:
        return None
    basis = citation(wrong.legal_basis)
    return Sentence(
        "anothers_penalty",
        f"该违法行为不由本机关处罚：{wrong.zh}（{basis.zh}）。请移送有权机关。",
        f"Not for this bureau to penalise: {wrong.en} ({basis.en}). Refer the case.",
    )


def _officers(rules: RuleBook, facts: Facts) -> Sentence | None:
    least = get_rule(rules, "duty.officers", facts.issued_at)
    if facts.officers >= least.number:
        return None
    return Sentence(
        "officers_missing",
        f"执法人员不得少于{least.number:g}人，并应记录执法证号（{citation(least.legal_basis).zh}）。",
        f"At least {least.number:g} officers with their card numbers are needed ({citation(least.legal_basis).en}).",
    )


def _amount(rules: RuleBook, facts: Facts) -> Sentence | None:
    if facts.amount_cny is not None:
        return None
    return Sentence("amount_missing", "请填写拟罚款或罚款金额。", "Say the amount of the fine.")


def _hearing_right(rules: RuleBook, facts: Facts) -> Sentence | None:
    if facts.on_the_spot or not _is_larger(rules, facts) or facts.states_hearing_right:
        return None
    least = _hearing_from(rules, facts.is_person, facts.issued_at, facts.area)
    return Sentence(
        "hearing_right_missing",
        f"罚款达到{least.number:g}元，告知书须载明当事人要求听证的权利（{citation(least.legal_basis).zh}）。",
        f"From {least.number:g} yuan the notice must tell the party of the right to a hearing "
        f"({citation(least.legal_basis).en}).",
    )


def _spot(rules: RuleBook, facts: Facts) -> Sentence | None:
    if not facts.on_the_spot or facts.amount_cny is None:
        return None
    return on_the_spot_refusal(rules, facts.amount_cny, facts.is_person, facts.issued_at)


def _prior_notice(rules: RuleBook, facts: Facts) -> Sentence | None:
    served = facts.notice_served_on
    if facts.on_the_spot or (served is not None and served <= day_of(facts.issued_at)):
        return None
    return Sentence(
        "prior_notice_missing",
        "作出处罚决定前，须送达事先告知书并听取陈述申辩（《行政处罚法》第44、45、62条）。",
        "Before a decision the prior notice must be served and the party heard (APL 44, 45, 62).",
    )


def _hearing(rules: RuleBook, facts: Facts) -> Sentence | None:
    if facts.on_the_spot or not _is_larger(rules, facts) or facts.hearing_held or facts.hearing_waived:
        return None
    if facts.hearing_asked:
        zh, en = "当事人已要求听证，须先举行听证。", "The party asked for a hearing: hold it first."
        return Sentence("hearing_not_held", f"{zh}（《行政处罚法》第63条）", f"{en} (APL 63)")
    due = facts.hearing_due_on
    if due is None:
        zh, en = (
            "未登记听证申请期限，请先登记告知书送达。",
            "Record the service of the notice first: the days to ask run from it.",
        )
        return Sentence("hearing_days_unknown", zh, en)
    if day_of(facts.issued_at) > due:
        return None
    return Sentence(
        "hearing_days_run",
        f"当事人可在{due}（含）前要求听证，期满前不得作出决定（《行政处罚法》第64条）。",
        f"The party may ask for a hearing up to and with {due}; no decision before that (APL 64).",
    )


def _discussion(rules: RuleBook, facts: Facts) -> Sentence | None:
    if facts.discussed or facts.on_the_spot or not _is_larger(rules, facts):
        return None
    return Sentence(
        "discussion_missing",
        "较大数额罚款须经负责人集体讨论决定（《行政处罚法》第57条）。",
        "A larger fine must be discussed collectively by those in charge (APL 57).",
    )


def _review(rules: RuleBook, facts: Facts) -> Sentence | None:
    needed = facts.hearing_held or facts.is_complex or facts.affects_others
    if facts.legally_reviewed or not needed:
        return None
    return Sentence(
        "legal_review_missing",
        "经过听证、情况疑难复杂或者直接关系第三人重大权益的，须先进行法制审核（《行政处罚法》第58条）。",
        "After a hearing, in a complex matter or where others are strongly affected, legal review comes first "
        "(APL 58).",
    )


Check = Callable[[RuleBook, Facts], Sentence | None]
_ORDER: tuple[Check, ...] = (_evidence, _signer, _officers)
_PENALTY: tuple[Check, ...] = (*_ORDER, _authority, _amount)
_CHECKS: dict[DocumentKind, tuple[Check, ...]] = {
    _K.INSPECTION_RECORD: (_officers,),
    _K.SCENE_RECORD: (_officers,),
    _K.INTERVIEW_RECORD: (_officers,),
    _K.RESULT_NOTICE: (_evidence,),
    _K.REPAIR_NOTICE: (_evidence,),
    _K.TRANSFER_LETTER: (_evidence,),
    _K.COPY_LETTER: (_evidence,),
    _K.CORRECTION_ORDER: _ORDER,
    _K.PRIOR_NOTICE: (*_PENALTY, _hearing_right),
    _K.DECISION: (*_PENALTY, _spot, _prior_notice, _hearing_right, _hearing, _discussion, _review),
}
