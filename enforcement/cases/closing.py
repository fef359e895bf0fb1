"""What must be settled before a case may end (enforcement.md 7.4): the answers, the objection, the repair."""

from __future__ import annotations

from enforcement.cases.referrals import OPEN, ReferralState
from enforcement.cases.repairs import DONE, RepairState
from enforcement.cases.states import NONE, REFERRED, TRUCK, Branch, CaseState, Refusal, State, Transition, branch_of
from enforcement.cases.words import BRANCH_WORDS, state_words
from enforcement.sentences import Sentence

_REPAIR_FIRST = frozenset({State.CLOSED, State.EXEMPTED})  # an exemption is for what was corrected (APL 33)


def ending_refusal(state: CaseState, row: Transition, fined: bool) -> Refusal | None:
    """Why a step that ends the case is refused; None for every other step and where all is settled.

    `fined`: whether a fine of the case is in force.
    """
    if not row.is_final:
        return None
    sentence = (
        _open_referral(state)
        or _open_objection(state)
        or _fine_in_force(row, fined)
        or _open_repair(state, row)
        or _nothing_done(state, row)
    )
    return Refusal("action", sentence) if sentence else None


def _open_referral(state: CaseState) -> Sentence | None:
    for key, stage in state.branches.items():
        branch = branch_of(key)
        if branch not in REFERRED:
            continue
        name, words = BRANCH_WORDS[branch], state_words(branch, stage)
        if stage in OPEN:
            return Sentence(
                "referral_open",
                f"{name.zh}尚未反馈（{words.zh}），不能终结案件；请等待反馈或先撤回。",
                f"The {name.en} is not answered yet ({words.en}): wait for the answer or withdraw it first.",
            )
        if stage == ReferralState.RETURNED:
            return Sentence(
                "referral_returned",
                f"{name.zh}被退回，不能终结案件；请补充后重新发送，或说明理由撤回。",
                f"The {name.en} was returned: complete it and send it again, or withdraw it with a reason.",
            )
    return None


def _open_objection(state: CaseState) -> Sentence | None:
    if state.of(Branch.OBJECTION) not in ("raised", "upheld"):
        return None
    return Sentence(
        "objection_open",
        "当事人的异议尚未处理完毕，不能终结案件。",
        "The objection is not settled yet: decide it and carry it out first.",
    )


def _fine_in_force(row: Transition, fined: bool) -> Sentence | None:
    """Exempted, removed or without evidence, though somebody pays for it; `revoke` itself takes the fine away."""
    if not fined or row.target == State.CLOSED or row.action == "revoke":
        return None
    return Sentence(
        "fine_in_force",
        f"本案处罚决定仍然有效，不能“{row.zh}”；须先由作出决定的机关撤销处罚。",
        f'A fine of this case is in force: "{row.en}" only after the bureau that decided it has revoked it.',
    )


def _open_repair(state: CaseState, row: Transition) -> Sentence | None:
    stage = state.of(Branch.REPAIR)
    if row.target not in _REPAIR_FIRST or stage in (NONE, *DONE):
        return None
    words = state_words(Branch.REPAIR, stage)
    return Sentence(
        "repair_open",
        f"维修复检未完成（{words.zh}），不能“{row.zh}”；须复检合格，或由审批人认定无需维修。",
        f'The repair is not done ({words.en}): "{row.en}" needs a passed re-test, or an approver who finds none owed.',
    )


def _nothing_done(state: CaseState, row: Transition) -> Sentence | None:
    """A truck case that is closed as done, though nobody answered and nothing was repaired."""
    if state.subject != TRUCK or row.action != "close":
        return None
    answered = any(
        branch_of(key) is Branch.POLICE and stage == ReferralState.ANSWERED for key, stage in state.branches.items()
    )
    if answered or state.of(Branch.REPAIR) in (RepairState.PASSED, RepairState.SCRAPPED):
        return None
    return Sentence(
        "nothing_done",
        "案件既无公安交管反馈的处理结果，也未复检合格，不能结案；请移送、落实维修，或按“不予处罚”“销案”办理。",
        "There is neither an answer of the police nor a passed re-test: refer the case or have it repaired, or end it "
        "as exempted or removed.",
    )
