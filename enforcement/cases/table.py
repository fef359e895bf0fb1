"""The main line of a case and its objections as rows (enforcement.md 7.3, 7.4).

A truck that failed is repaired, and the police penalise its driver (CODE 1126, RTSL 90): after filing the ecology
bureau refers and waits. A machine the ecology bureau penalises itself (CODE 1127): notice, hearing, discussion,
decision, service, payment.
"""

from __future__ import annotations

from collections.abc import Iterable

from enforcement.cases.states import BOTH, MACHINE, NONE, TRUCK, Branch, State, Transition

WORKERS = ("officer", "reviewer")
ALL = (*WORKERS, "approver")
APPROVER = ("approver",)
ECOLOGY = ("ecology",)
By = tuple[tuple[str, ...], tuple[str, ...]]  # kinds of organisation, roles
_S = State
_OPEN = (_S.LEAD, _S.VERIFIED, _S.TESTED, _S.FAILED, _S.FILED)
_HEARINGS = (_S.NOTICED, _S.NOTICE_SERVED, _S.HEARING, _S.HEARD, _S.REVIEWED, _S.DISCUSSED)
_DECIDED = (_S.DECIDED, _S.SERVED, _S.ENFORCING, _S.PAID)
_TRUCK, _MACHINE = frozenset({TRUCK}), frozenset({MACHINE})


def row(
    branch: Branch,
    action: str,
    sources: Iterable[str],
    target: str,
    words: tuple[str, str],
    *,
    by: By = (ECOLOGY, WORKERS),
    reason: bool = False,
    document: str | None = None,
    starts: tuple[str, ...] = (),
    stops: tuple[str, ...] = (),
    subjects: frozenset[str] = BOTH,
    when: Iterable[str] = (),
    opens: tuple[tuple[Branch, str], ...] = (),
) -> Transition:
    """A row of the table, with what most rows have left out."""
    kinds, roles = map(frozenset, by)
    zh, en = words
    return Transition(
        branch, action, frozenset(sources), target, kinds, roles, reason, document, starts, stops, zh, en,
        subjects, frozenset(when), opens,
    )  # fmt: skip


_M, _O = Branch.MAIN, Branch.OBJECTION
_OWED = ((Branch.REPAIR, "owed"),)
_BOSS = (ECOLOGY, APPROVER)
_ANY = (ECOLOGY, ALL)
_LEGAL = (ECOLOGY, ("reviewer", "approver"))

# fmt: off
MAIN = (
    row(_M, "verify", [_S.LEAD], _S.VERIFIED, ("核实线索", "Verify the lead"), starts=("case_filing",)),
    row(_M, "test", [_S.VERIFIED], _S.TESTED, ("记录检测", "Record the test")),
    row(_M, "pass", [_S.TESTED], _S.CLOSED, ("检测合格，结案", "Passed the test: close"), by=_ANY),
    row(_M, "fail", [_S.VERIFIED, _S.TESTED], _S.FAILED, ("认定排放不合格", "Establish that it fails"), opens=_OWED),
    row(_M, "file", [_S.VERIFIED, _S.FAILED], _S.FILED, ("立案", "File the case"),
        by=_ANY, stops=("case_filing",), subjects=_TRUCK),
    row(_M, "file", [_S.VERIFIED, _S.FAILED], _S.FILED, ("批准立案", "Approve the filing"),
        by=_BOSS, starts=("case_decision",), stops=("case_filing",), subjects=_MACHINE),
    row(_M, "close", [_S.FAILED, _S.FILED], _S.CLOSED, ("结案", "Close the case"), by=_ANY, subjects=_TRUCK),

    row(_M, "notify", [_S.FILED], _S.NOTICED, ("事先告知", "Give prior notice"),
        by=_ANY, document="prior_notice", subjects=_MACHINE),
    row(_M, "serve_notice", [_S.NOTICED], _S.NOTICE_SERVED, ("告知书送达", "Serve the prior notice"),
        document="prior_notice.served", starts=("hearing_request",), subjects=_MACHINE),
    row(_M, "request_hearing", [_S.NOTICE_SERVED], _S.HEARING, ("当事人要求听证", "The party asks for a hearing"),
        stops=("hearing_request",), subjects=_MACHINE),
    row(_M, "end_hearing", [_S.HEARING], _S.HEARD, ("听证结束", "The hearing is over"), subjects=_MACHINE),
    row(_M, "end_pleading", [_S.NOTICE_SERVED], _S.HEARD, ("陈述申辩、听证期满", "The days to plead are over"),
        stops=("hearing_request",), subjects=_MACHINE),
    row(_M, "review", [_S.HEARD], _S.REVIEWED, ("法制审核", "Legal review"), by=_LEGAL, subjects=_MACHINE),
    row(_M, "discuss", [_S.HEARD, _S.REVIEWED], _S.DISCUSSED, ("集体讨论", "Collective discussion"),
        by=_BOSS, subjects=_MACHINE),
    row(_M, "decide", [_S.HEARD, _S.REVIEWED, _S.DISCUSSED], _S.DECIDED, ("作出处罚决定", "Decide the penalty"),
        by=_BOSS, document="decision", starts=("service",), stops=("case_decision",), subjects=_MACHINE),
    row(_M, "serve", [_S.DECIDED], _S.SERVED, ("决定书送达", "Serve the decision"),
        document="decision.served", starts=("payment",), stops=("service",), subjects=_MACHINE),
    row(_M, "enforce", [_S.SERVED], _S.ENFORCING, ("申请法院强制执行", "Ask the court to enforce"),
        by=_BOSS, reason=True, stops=("payment",), subjects=_MACHINE),
    row(_M, "pay", [_S.SERVED, _S.ENFORCING], _S.PAID, ("记录缴款", "Record the payment"),
        by=_ANY, stops=("payment",), subjects=_MACHINE),
    row(_M, "close", [_S.PAID], _S.CLOSED, ("结案", "Close the case"), by=_ANY, subjects=_MACHINE),

    row(_M, "exempt", [*_OPEN[1:], *_HEARINGS], _S.EXEMPTED, ("不予处罚", "Exempt from the penalty"),
        by=_BOSS, reason=True),
    row(_M, "invalidate", [*_OPEN, *_HEARINGS], _S.EVIDENCE_INVALID, ("证据无效", "Evidence is invalid"),
        by=_LEGAL, reason=True),
    row(_M, "remove", [_S.LEAD, _S.VERIFIED, _S.TESTED], _S.REMOVED, ("排除", "Dismiss"), by=_ANY, reason=True),
    row(_M, "remove", [_S.FAILED, _S.FILED, *_HEARINGS], _S.REMOVED, ("销案", "Remove the case"),
        by=_BOSS, reason=True),
    row(_M, "revoke", _DECIDED, _S.REMOVED, ("撤销处罚决定", "Revoke the decision"), by=_BOSS, reason=True),
)

_POLICE_TOO = (("ecology", "police"), ALL)
OBJECTIONS = (
    row(_O, "object", [NONE, "rejected", "settled"], "raised", ("登记异议", "Record an objection"),
        by=_POLICE_TOO, reason=True, starts=("objection_examine",)),
    row(_O, "reject", ["raised"], "rejected", ("异议不成立", "Reject the objection"),
        by=_POLICE_TOO, reason=True, stops=("objection_examine",)),
    row(_O, "uphold", ["raised"], "upheld", ("异议成立", "Uphold the objection"),
        by=_POLICE_TOO, reason=True, starts=("objection_remove",), stops=("objection_examine",)),
    row(_O, "settle", ["upheld"], "settled", ("已按异议更正或消除", "Corrected or removed as upheld"),
        by=_POLICE_TOO, stops=("objection_remove",)),
)
# fmt: on
