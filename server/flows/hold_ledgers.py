"""A legal hold keeps days of an enterprise's ledgers from retention until it is released, both with a reason."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import audit, enterprises, legal_holds
from server.store.audit import Actor
from server.store.scopes import Scope

REASON_LEAST, REASON_MOST = 4, 500
LONGEST_DAYS = 10 * 366


@dataclass(frozen=True, slots=True)
class HoldDraft:
    """What is to be kept: days of an enterprise, named by its number, name or credit code."""

    enterprise: str
    from_on: date | None
    to_on: date | None
    reason: str


def hold(connection: Connection, actor: Actor, scope: Scope, division: str, draft: HoldDraft) -> int:
    """Set a hold; its number. `division`: the area where the enterprise has none. Raises Refused."""
    row = _enterprise(connection, scope, draft.enterprise)
    faults = [*_day_faults(draft), *_reason_faults("reason", draft.reason)]
    if row is None:
        zh, en = "没有这家企业，或不在管辖范围内", "There is no such enterprise in the account's area"
        faults.insert(0, Fault("enterprise", zh, en))
    if faults or row is None:
        raise Refused(faults)
    values = {
        "enterprise_id": row[0], "division": row[1] or division, "from_on": draft.from_on, "to_on": draft.to_on,
        "reason": draft.reason.strip(), "set_by": actor.user_id,
    }  # fmt: skip
    number = legal_holds.add(connection, values)
    audit.append(connection, actor, "legal_hold.set", "legal_hold", number, values)
    return number


def release(connection: Connection, actor: Actor, scope: Scope, number: int, reason: str) -> None:
    """End a hold. Raises Refused, LookupError."""
    row = legal_holds.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    faults = _reason_faults("reason", reason)
    if row["released_at"] is not None:
        faults.append(Fault("reason", "该保全已解除", "It is released already"))
    if faults:
        raise Refused(faults)
    legal_holds.release(connection, number, actor.user_id, reason.strip())
    detail = {"reason": reason.strip(), "enterprise_id": row["enterprise_id"]}
    audit.append(connection, actor, "legal_hold.release", "legal_hold", number, detail)


def _enterprise(connection: Connection, scope: Scope, wording: str) -> tuple[int, str | None] | None:
    wording = wording.strip()
    number = enterprises.find_reference(connection, wording) if wording else None
    row = enterprises.find_one(connection, number, scope) if number else None
    return (row["id"], row["division"]) if row else None


def _day_faults(draft: HoldDraft) -> list[Fault]:
    faults = []
    for name, day in (("from_on", draft.from_on), ("to_on", draft.to_on)):
        if day is None:
            faults.append(Fault(name, "请填写日期", "Give the day"))
    if draft.from_on and draft.to_on and draft.to_on < draft.from_on:
        faults.append(Fault("to_on", "止日应不早于起日", "The last day must not come before the first"))
    if draft.from_on and draft.to_on and (draft.to_on - draft.from_on).days > LONGEST_DAYS:
        faults.append(Fault("to_on", "期限不得超过十年", "A hold of more than ten years is not taken"))
    return faults


def _reason_faults(name: str, reason: str) -> list[Fault]:
    if REASON_LEAST <= len(reason.strip()) <= REASON_MOST:
        return []
    zh = f"请写明理由（{REASON_LEAST} 至 {REASON_MOST} 字）"
    return [Fault(name, zh, f"Give the reason ({REASON_LEAST} to {REASON_MOST} characters)")]
