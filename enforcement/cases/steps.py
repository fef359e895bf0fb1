"""How a case moves: the one table of steps, who may take them, and what must be settled before a case ends.

enforcement.md 7.4. What ended stays ended: no row leads out of a final state, and no branch moves once the main line
is final. A mistake found later is a new case or, where the law gives one, a revocation recorded by the bureau.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from enforcement.cases.closing import ending_refusal
from enforcement.cases.document_duties import DOCUMENT_WORDS, DocumentKind
from enforcement.cases.reasons import OTHER, reasons_for
from enforcement.cases.referrals import REFERRALS
from enforcement.cases.repairs import DONE, REPAIRS, RepairState
from enforcement.cases.states import (
    FINAL,
    NONE,
    Branch,
    CaseState,
    Refusal,
    State,
    Transition,
    branch_of,
)
from enforcement.cases.table import MAIN, OBJECTIONS
from enforcement.cases.words import BRANCH_WORDS, state_words
from enforcement.sentences import Sentence

__all__ = [
    "FINAL", "TRANSITIONS", "Branch", "CaseState", "Refusal", "State", "Transition", "opened", "possible", "step",
]  # fmt: skip

TRANSITIONS: tuple[Transition, ...] = (*MAIN, *REFERRALS, *REPAIRS, *OBJECTIONS)
_ROWS = {branch: tuple(row for row in TRANSITIONS if row.branch is branch) for branch in Branch}


def opened(subject: str) -> CaseState:
    """A new case of a truck or a machine: a lead."""
    return CaseState(State.LEAD, {}, subject=subject)


def possible(state: CaseState, kind: str, roles: Collection[str]) -> tuple[tuple[str, Transition], ...]:
    """Steps that somebody of this kind of organisation with these roles may take now: (branch key, row).

    The key `city` stands for a copy to a city that has none yet; the caller adds which. What a step needs besides (a
    reason, a document, other branches settled) `step` says.
    """
    keys = dict.fromkeys([*(branch.value for branch in Branch), *state.branches])
    return tuple(
        (key, row) for key in keys for row in _rows(key) if _may(row, kind, roles) and _leads_on(state, key, row)
    )


def step(
    state: CaseState,
    branch_key: str,
    action: str,
    kind: str,
    roles: Collection[str],
    *,
    reason: str | None,
    documents: Collection[str],
    note: str = "",
    fined: bool = False,
) -> CaseState | Refusal:
    """The case after a step, or why the step is not taken.

    `kind`: kind of the actor's organisation. `documents`: what the case holds: `<kind>` of each document that was not
    revoked, and `<kind>.served` of each that was served. `fined`: whether a fine of the case is in force.
    """
    rows = [row for row in _rows(branch_key) if row.action == action]
    from_here = [row for row in rows if _leads_on(state, branch_key, row)]
    allowed = [row for row in from_here if _may(row, kind, roles)]
    if not allowed:
        return _not_allowed(from_here) if from_here else _not_from_here(state, branch_key, rows)
    row = allowed[0]
    return _lacking(row, reason, note, documents) or ending_refusal(state, row, fined) or _after(state, branch_key, row)


def _rows(key: str) -> tuple[Transition, ...]:
    branch = branch_of(key)
    return _ROWS[branch] if branch else ()


def _leads_on(state: CaseState, key: str, row: Transition) -> bool:
    if state.is_final or state.subject not in row.subjects or (row.when and state.main not in row.when):
        return False
    if key == Branch.CITY:
        return row.action == "refer"  # to a city not named yet
    return state.of(key) in row.sources


def _may(row: Transition, kind: str, roles: Collection[str]) -> bool:
    return kind in row.kinds and not row.roles.isdisjoint(roles)


def _after(state: CaseState, key: str, row: Transition) -> CaseState | Refusal:
    if key == Branch.CITY:
        return Refusal(
            "branch", Sentence("city_missing", "请选择抄告的城市。", "Choose the city that the copy goes to.")
        )
    if row.branch is not Branch.MAIN:
        return replace(state, branches={**state.branches, key: row.target})
    branches = {**state.branches, **{branch.value: begun for branch, begun in row.opens}}
    repair = branches.get(Branch.REPAIR, NONE)
    if row.is_final and repair not in (NONE, *DONE):
        branches[Branch.REPAIR] = RepairState.WITHDRAWN  # the ground for it fell away with the case
    return replace(state, main=State(row.target), branches=branches)


def _lacking(row: Transition, reason: str | None, note: str, documents: Collection[str]) -> Refusal | None:
    """The reason, note or document that the step needs and has not."""
    codes = [item.code for item in reasons_for(row.branch, row.action)]
    if row.needs_reason and reason not in codes:
        zh, en = f"“{row.zh}”须选择理由。", f'"{row.en}" needs a reason; choose one of the list.'
        return Refusal("reason", Sentence("reason_needed", zh, en))
    if row.needs_reason and reason == OTHER and not note.strip():
        zh, en = "选择“其他”时须填写说明。", "The reason 'other' needs a note."
        return Refusal("note", Sentence("note_needed", zh, en))
    if row.needs_document and row.needs_document not in documents:
        return Refusal("document", _no_document(row))
    return None


def _no_document(row: Transition) -> Sentence:
    kind, _, served = str(row.needs_document).partition(".")
    name = DOCUMENT_WORDS[DocumentKind(kind)]
    if served:
        return Sentence(
            "document_not_served",
            f"“{row.zh}”前须登记《{name.zh}》的送达。",
            f'"{row.en}" needs the {name.en} to be recorded as served.',
        )
    return Sentence(
        "document_missing", f"“{row.zh}”前须制作《{name.zh}》。", f'"{row.en}" needs the {name.en}; issue it first.'
    )


def _not_allowed(rows: Collection[Transition]) -> Refusal:
    row = next(iter(rows))
    zh = f"“{row.zh}”不由本单位或本岗位办理。"
    return Refusal("action", Sentence("not_your_step", zh, f'"{row.en}" is not for your bureau or your role.'))


def _not_from_here(state: CaseState, key: str, rows: Collection[Transition]) -> Refusal:
    if state.is_final:
        zh, en = "案件已终结，不能再办理。", "The case has ended; nothing more can be done in it."
        return Refusal("action", Sentence("case_ended", zh, en))
    branch = branch_of(key)
    if branch is None or not rows:
        return Refusal("action", Sentence("no_such_step", "没有这一步骤。", "There is no such step."))
    row, now = next(iter(rows)), state.of(key)
    stage = state_words(branch, now) if now else Sentence(NONE, "未开始", "not begun")
    name, main = BRANCH_WORDS[branch], state_words(Branch.MAIN, state.main)
    return Refusal(
        "action",
        Sentence(
            "no_such_step",
            f"{name.zh}现为“{stage.zh}”（案件：{main.zh}），不能“{row.zh}”。",
            f'The {name.en} is "{stage.en}" (the case: {main.en}): "{row.en}" cannot be done now.',
        ),
    )
