"""Referrals: a case sent on to the police, copied to transport or to another city, and what comes back.

Police: RTP 19, 20, 22, 5, 53 (enforcement.md 2.4). Days to sign and to answer are settings (7.3). A returned referral
is back with the ecology bureau: it refers again or withdraws, and says why.
"""

from __future__ import annotations

from enum import StrEnum

from enforcement.cases.states import BOTH, NONE, TRUCK, Branch, State, Transition
from enforcement.cases.table import ALL, APPROVER, ECOLOGY, By, row


class ReferralState(StrEnum):
    """Where a referral stands; the last three are its ends."""

    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    ENTERED = "entered"  # police: in their system under a code; the owner can look it up that day
    NOTIFIED = "notified"  # police: the owner was told to come
    PENALISED = "penalised"  # police
    RETURNED = "returned"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class ReferralKind(StrEnum):
    """A transfer asks the other bureau to act; a copy lets it know."""

    TRANSFER = "transfer"
    COPY = "copy"


_R = ReferralState
OPEN = frozenset({_R.SENT, _R.RECEIVED, _R.ACCEPTED, _R.ENTERED, _R.NOTIFIED, _R.PENALISED})
_MAY_REFER = (State.FAILED, State.FILED)
_AFTER = (*_MAY_REFER, State.NOTICED, State.NOTICE_SERVED, State.HEARING, State.HEARD, State.REVIEWED,
          State.DISCUSSED, State.DECIDED, State.SERVED, State.ENFORCING, State.PAID)  # fmt: skip
_TRUCK = frozenset({TRUCK})
_POLICE = (("police",), ALL)
_ECOLOGY = (ECOLOGY, ALL)


_SIGNING = ("referral_sign", "referral_answer")
_POLICE_CLOCKS = (*_SIGNING, "police_review", "police_notify", "police_handle", "referral_result")


def _to_and_back(branch: Branch, by: By, letter: str, stops: tuple[str, ...]) -> tuple[Transition, ...]:
    """What every referral has: receive, return, withdraw; `stops`: every clock that an end of it stops."""
    subjects = BOTH if branch is Branch.CITY else _TRUCK
    police = branch is Branch.POLICE
    again = () if police else (_R.ANSWERED,)  # the police are never sent twice what they answered: one act, one fine
    # fmt: off
    return (
        row(branch, "refer", [NONE, _R.RETURNED, _R.WITHDRAWN, *again], _R.SENT, ("发送", "Send"), by=_ECOLOGY,
            document=letter, starts=_SIGNING, subjects=subjects, when=_MAY_REFER if police else _AFTER),
        row(branch, "receive", [_R.SENT], _R.RECEIVED, ("签收", "Sign for it"), by=by,
            starts=("police_review",) if police else (), stops=("referral_sign",), subjects=subjects),
        row(branch, "return", [_R.SENT, _R.RECEIVED, _R.ACCEPTED], _R.RETURNED, ("退回", "Return"), by=by, reason=True,
            stops=stops, subjects=subjects),
        row(branch, "withdraw", [_R.SENT, _R.RECEIVED, _R.RETURNED], _R.WITHDRAWN, ("撤回", "Withdraw"),
            by=_ECOLOGY, reason=True, stops=stops, subjects=subjects),
    )
    # fmt: on


def _copy(branch: Branch, by: By) -> tuple[Transition, ...]:
    subjects = BOTH if branch is Branch.CITY else _TRUCK
    # fmt: off
    return (
        *_to_and_back(branch, by, "copy_letter", _SIGNING),
        row(branch, "accept", [_R.RECEIVED], _R.ACCEPTED, ("受理", "Accept"), by=by, subjects=subjects),
        row(branch, "withdraw", [_R.ACCEPTED], _R.WITHDRAWN, ("撤回", "Withdraw"), by=(ECOLOGY, APPROVER),
            reason=True, stops=_SIGNING, subjects=subjects),
        row(branch, "answer", [_R.RECEIVED, _R.ACCEPTED], _R.ANSWERED, ("反馈结果", "Answer"),
            by=by, stops=_SIGNING, subjects=subjects),
    )
    # fmt: on


_P = Branch.POLICE
# fmt: off
POLICE = (
    *_to_and_back(_P, _POLICE, "transfer_letter", _POLICE_CLOCKS),
    row(_P, "accept", [_R.RECEIVED], _R.ACCEPTED, ("受理", "Accept"), by=_POLICE,
        starts=("referral_result",), stops=("police_review", "referral_answer"), subjects=_TRUCK),
    row(_P, "enter", [_R.ACCEPTED], _R.ENTERED, ("录入系统", "Enter it under a code"),
        by=_POLICE, starts=("police_notify",), subjects=_TRUCK),
    row(_P, "notify_owner", [_R.ENTERED], _R.NOTIFIED, ("通知车主处理", "Tell the owner to come"),
        by=_POLICE, starts=("police_handle",), stops=("police_notify",), subjects=_TRUCK),
    row(_P, "penalise", [_R.ACCEPTED, _R.ENTERED, _R.NOTIFIED], _R.PENALISED, ("记录处罚决定", "Record the penalty"),
        by=_POLICE, stops=("police_notify", "police_handle"), subjects=_TRUCK),
    row(_P, "answer", [_R.PENALISED], _R.ANSWERED, ("反馈处理结果", "Send the result back"),
        by=_POLICE, stops=_POLICE_CLOCKS, subjects=_TRUCK),
    row(_P, "answer_without_penalty", [_R.ACCEPTED, _R.ENTERED, _R.NOTIFIED], _R.ANSWERED,
        ("反馈：未处罚", "Answer without a penalty"), by=_POLICE, reason=True, stops=_POLICE_CLOCKS, subjects=_TRUCK),
    row(_P, "revoke_penalty", [_R.PENALISED, _R.ANSWERED], _R.ANSWERED, ("撤销处罚", "Revoke the penalty"),
        by=_POLICE, reason=True, stops=_POLICE_CLOCKS, subjects=_TRUCK),
    row(_P, "withdraw", [_R.ACCEPTED, _R.ENTERED, _R.NOTIFIED], _R.WITHDRAWN, ("撤回", "Withdraw"),
        by=(ECOLOGY, APPROVER), reason=True, stops=_POLICE_CLOCKS, subjects=_TRUCK),
)
# fmt: on
TRANSPORT = _copy(Branch.TRANSPORT, (("transport",), ALL))
CITY = _copy(Branch.CITY, (("partner",), ("partner",)))
REFERRALS = (*POLICE, *TRANSPORT, *CITY)


def kind_of(branch: Branch) -> ReferralKind:
    """The police get the case; transport and other cities get a copy of it."""
    return ReferralKind.TRANSFER if branch is Branch.POLICE else ReferralKind.COPY
