"""The way of a whitelist request: reviewed by the county, approved by the city, or refused at either step.

Three persons: who asks, who reviews, who approves. An entry holds from its approval on, never before it: violations of
its period that exist already are counted for the approver and altered by nobody but an officer. Withdrawal and
suspension end leave from their moment on; acts before stay covered.
"""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import audit, whitelist, whitelist_steps
from server.store.audit import Actor
from server.store.scopes import Scope
from server.store.whitelist import WhitelistRow

REASON_LEAST = 4
CITY_DIGITS = 4
SETTLED = Fault("state", "该条目已处理，请刷新页面", "This entry is settled already: reload the page")


def review(connection: Connection, actor: Actor, entry: WhitelistRow, agree: bool, note: str) -> None:
    """The first look at a request that is locked: on to the city, or refused. Raises Refused."""
    faults = [SETTLED] if entry.state != "requested" else []
    if actor.user_id is not None and actor.user_id == entry.created_by:
        faults.append(Fault("state", "申请人不能审核自己的申请", "Who asked cannot review the same entry"))
    if not agree:
        faults += _short(note, "note", "请写明不予通过的理由", "Say why it is refused")
    if faults:
        raise Refused(faults)
    if agree:
        whitelist.put_review(connection, entry.id, actor.user_id, note.strip() or None)
    else:
        whitelist.settle_entry(connection, entry.id, "refused", actor.user_id, None, note.strip())
    _written(connection, actor, entry.id, "reviewed" if agree else "refused", note.strip())


def decide_entry(
    connection: Connection, actor: Actor, scope: Scope, entry: WhitelistRow, approve: bool, approver: str, note: str
) -> None:
    """The city approves or refuses what was reviewed; the row is locked. Raises Refused."""
    faults = list(_decision_faults(actor, scope, entry, approve, approver, note))
    if faults:
        raise Refused(faults)
    state = "active" if approve else "refused"
    whitelist.settle_entry(connection, entry.id, state, actor.user_id, approver or None, note or None)
    covered = whitelist.count_covered_violations(connection, entry.id)
    step = "approved" if approve else "refused"
    _written(connection, actor, entry.id, step, note.strip(), approver=approver, covered=covered)


def _decision_faults(
    actor: Actor, scope: Scope, entry: WhitelistRow, approve: bool, approver: str, note: str
) -> Iterator[Fault]:
    if entry.state == "requested":
        yield Fault("state", "该申请尚未审核，审核后方可审批", "It has not been reviewed yet: that comes first")
    elif entry.state != "reviewed":
        yield SETTLED
    if scope.divisions is not None and len(scope.divisions) > CITY_DIGITS:
        yield Fault("state", "由市级生态环境部门审批", "The city's bureau approves")
    if actor.user_id is not None and actor.user_id == entry.created_by:
        yield Fault("state", "申请人不能审批自己的申请", "Who asked cannot approve the same entry")
    if actor.user_id is not None and actor.user_id == entry.reviewed_by:
        yield Fault("state", "审核人不能再作审批", "Who reviewed cannot approve the same entry")
    if approve and not approver.strip():
        yield Fault("approver", "请填写批准人或批准单位", "Name the person or bureau that approves")
    if not approve:
        yield from _short(note, "note", "请写明不予批准的理由", "Say why it is refused")


def take_back(connection: Connection, actor: Actor, entry: WhitelistRow, reason: str) -> None:
    """Who applied no longer wants it; only before the review. Raises Refused."""
    faults = [] if entry.state == "requested" else [SETTLED]
    faults += _short(reason, "reason", "请写明理由（至少四个字）", "Give the reason (four characters or more)")
    if faults:
        raise Refused(faults)
    whitelist.settle_entry(connection, entry.id, "refused", None, None, reason.strip())
    _written(connection, actor, entry.id, "taken_back", reason.strip())


def withdraw(connection: Connection, actor: Actor, entry: WhitelistRow, reason: str, now: dt.datetime) -> None:
    """End an active entry that is locked; acts before now stay covered. Raises Refused."""
    faults = []
    if entry.state != "active":
        faults.append(Fault("state", "只有有效条目可以撤销", "Only an active entry can be withdrawn"))
    faults += _short(reason, "reason", "请写明撤销理由（至少四个字）", "Give the reason (four characters or more)")
    if faults:
        raise Refused(faults)
    whitelist.withdraw_entry(connection, entry.id, now, reason.strip())
    _written(connection, actor, entry.id, "withdrawn", reason.strip())


def suspend(connection: Connection, actor: Actor, entry: WhitelistRow, reason: str, now: dt.datetime) -> int:
    """Suspend an active entry by hand until somebody ends it. Raises Refused."""
    faults = []
    if entry.state != "active" or entry.valid_to <= now:
        faults.append(Fault("state", "只有有效条目可以暂停", "Only an active entry can be suspended"))
    faults += _short(
        reason, "suspend_reason", "请写明暂停理由（至少四个字）", "Give the reason (four characters or more)"
    )
    if faults:
        raise Refused(faults)
    plain = reason.strip()
    values = {
        "entry_id": entry.id, "from_at": now, "cause": "by_hand", "cause_id": None, "reason_zh": plain,
        "reason_en": plain, "rule_keys": [], "set_by": actor.user_id,
    }  # fmt: skip
    found = whitelist_steps.suspend(connection, values)
    if found is None:
        raise Refused([Fault("suspend_reason", "该条目已被人工暂停", "It is suspended by hand already")])
    _written(connection, actor, entry.id, "suspended", plain, suspension=found)
    return found


def end_suspension(
    connection: Connection, actor: Actor, entry: WhitelistRow, suspension_id: int, reason: str, now: dt.datetime
) -> None:
    """A person ends a suspension: leave holds again from now on. Raises Refused, LookupError."""
    faults = _short(reason, "end_reason", "请写明恢复理由（至少四个字）", "Give the reason (four characters or more)")
    if faults:
        raise Refused(faults)
    ended = whitelist_steps.end_suspension(connection, entry.id, suspension_id, now, actor.user_id, reason.strip())
    if not ended:
        raise LookupError(suspension_id)
    _written(connection, actor, entry.id, "resumed", reason.strip(), suspension=suspension_id)


ACTIONS = {
    "reviewed": "whitelist.review",
    "approved": "whitelist.approve",
    "refused": "whitelist.refuse",
    "taken_back": "whitelist.take_back",
    "withdrawn": "whitelist.withdraw",
    "suspended": "whitelist.suspend",
    "resumed": "whitelist.resume",
}


def _written(connection: Connection, actor: Actor, entry_id: int, step: str, note: str, **more: object) -> None:
    """The step in the entry's own history, and in the audit log."""
    whitelist_steps.add_step(connection, entry_id, step, actor.user_id, actor.username, note)
    audit.append(connection, actor, ACTIONS[step], "whitelist", entry_id, {"note": note, **more})


def _short(text: str, field: str, zh: str, en: str) -> list[Fault]:
    return [Fault(field, zh, en)] if len(text.strip()) < REASON_LEAST else []
