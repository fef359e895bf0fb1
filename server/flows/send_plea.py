"""An enterprise pleads in its case or about its violation, takes a plea back; the bureau answers (APL 45).

A plea is sent with its attachments or not at all. It moves no case by itself: the steps that would pass over it are
warned of (enforcement/cases/pleading.py), and a wish for a hearing is for the officer to record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.cases.pleading import pleading_refusal
from server.flows.keep_evidence import Owner, Upload, keep
from server.flows.refusals import Fault, Refused
from server.store import audit, cases, pleas, violations
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore
from server.store.scopes import Scope

CONTENT_LEAST, CONTENT_MOST, ANSWER_LEAST, ANSWER_MOST, PERSON_MOST, PHONE_MOST = 10, 4000, 4, 4000, 60, 30
ANSWERS = ("accepted", "rejected")


class StalePlea(Exception):
    """Somebody else has changed the plea; nothing was written."""


@dataclass(frozen=True, slots=True)
class PleaDraft:
    """What is said, by whom, about which case or which violation."""

    case_id: int | None
    violation_id: int | None
    content: str
    person: str
    phone: str = ""
    wants_hearing: bool = False


def ground_of(connection: Connection, scope: Scope, case_id: int | None, violation_id: int | None) -> dict[str, Any]:
    """The case or violation as the enterprise sees it. Raises LookupError where it sees none, or both are named."""
    if (case_id is None) == (violation_id is None):
        raise LookupError("a plea is about a case or about a violation")
    row = (
        cases.find_one(connection, scope, case_id)
        if case_id is not None
        else violations.find_one(connection, scope, violation_id or 0)
    )
    if row is None or row["enterprise_id"] != scope.enterprise_id:
        raise LookupError(case_id or violation_id)
    return row


def send(
    connection: Connection, store: EvidenceStore, actor: Actor, scope: Scope, draft: PleaDraft,
    files: Sequence[Upload], now: datetime,
) -> int:  # fmt: skip
    """Send a plea; its id. Raises Refused, LookupError for what the enterprise does not see, UploadFault."""
    ground = ground_of(connection, scope, draft.case_id, draft.violation_id)
    pleas.lock_ground(connection, draft.case_id, draft.violation_id)
    faults = _faults(draft)
    refusal = pleading_refusal(ground["state"]) if draft.case_id is not None else None
    if refusal is not None:
        faults.append(Fault("content", refusal.zh, refusal.en))
    other = pleas.unanswered(connection, draft.case_id, draft.violation_id)
    if other is not None:
        zh, en = (
            f"陈述申辩 {other} 尚未答复，可先撤回再重新提交",
            f"Plea {other} waits for its answer: take it back first",
        )
        faults.append(Fault("content", zh, en))
    if faults:
        raise Refused(faults)
    values = {
        "enterprise_id": scope.enterprise_id, "division": ground["division"], "case_id": draft.case_id,
        "violation_id": draft.violation_id, "content": draft.content.strip(), "person": draft.person.strip(),
        "phone": draft.phone.strip() or None, "wants_hearing": draft.wants_hearing and draft.case_id is not None,
        "sent_at": now, "sent_by": actor.user_id,
    }  # fmt: skip
    number = pleas.insert(connection, values)
    owner = Owner("plea", number, ground["division"], scope.enterprise_id, actor.organisation_id)
    kept = keep(connection, store, actor, owner, files)
    told = {name: values[name] for name in ("case_id", "violation_id", "wants_hearing")}
    audit.append(connection, actor, "plea.send", "plea", number, {**told, "files": len(kept)})
    return number


def withdraw(connection: Connection, actor: Actor, scope: Scope, number: int, version: int) -> None:
    """Take a plea back that nobody has answered. Raises Refused, LookupError, StalePlea."""
    row = _held(connection, scope, number, version)
    if row["state"] != "sent":
        raise Refused([_settled()])
    pleas.withdraw(connection, number)
    audit.append(connection, actor, "plea.withdraw", "plea", number, {})


def answer(
    connection: Connection, actor: Actor, scope: Scope, number: int, version: int, state: str, words: str
) -> None:
    """The bureau's answer. Raises Refused, LookupError, StalePlea."""
    row = _held(connection, scope, number, version)
    faults = []
    if state not in ANSWERS:
        faults.append(Fault("state", "请选择采纳或不采纳", "Choose whether it is accepted"))
    if not ANSWER_LEAST <= len(words.strip()) <= ANSWER_MOST:
        zh = f"请写明复核意见（{ANSWER_LEAST} 至 {ANSWER_MOST} 字）"
        faults.append(Fault("answer", zh, f"Say what was found ({ANSWER_LEAST} to {ANSWER_MOST} characters)"))
    if row["state"] != "sent":
        faults.append(_settled())
    if faults:
        raise Refused(faults)
    pleas.answer(connection, number, state, words.strip(), actor.user_id)
    audit.append(connection, actor, "plea.answer", "plea", number, {"state": state, "answer": words.strip()})


def _held(connection: Connection, scope: Scope, number: int, version: int) -> dict[str, Any]:
    row = pleas.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    if row["version"] != version:
        raise StalePlea(row["version"])
    return row


def _settled() -> Fault:
    return Fault("answer", "该陈述申辩已答复或已撤回", "It was answered or taken back already")


def _faults(draft: PleaDraft) -> list[Fault]:
    faults = []
    if not CONTENT_LEAST <= len(draft.content.strip()) <= CONTENT_MOST:
        zh = f"请写明陈述申辩的内容（{CONTENT_LEAST} 至 {CONTENT_MOST} 字）"
        faults.append(Fault("content", zh, f"Say what you plead ({CONTENT_LEAST} to {CONTENT_MOST} characters)"))
    if not 1 <= len(draft.person.strip()) <= PERSON_MOST:
        faults.append(Fault("person", "请填写联系人", "Name the person to talk to"))
    if len(draft.phone) > PHONE_MOST:
        faults.append(Fault("phone", f"最长 {PHONE_MOST} 位", f"At most {PHONE_MOST} characters"))
    return faults
