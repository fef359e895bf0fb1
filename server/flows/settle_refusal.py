"""A refused row of a ledger is settled by hand, with the reason; rows that are taken settle it by themselves."""

from datetime import datetime

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import audit, ledger_refusals
from server.store.audit import Actor
from server.store.scopes import Scope

REASON_LEAST, REASON_MOST = 4, 500


def drop(connection: Connection, actor: Actor, scope: Scope, number: int, reason: str, now: datetime) -> None:
    """It stays out of the ledger, with why. Raises LookupError, Refused."""
    row = ledger_refusals.find_one(connection, scope, number, hold=True)
    if row is None:
        raise LookupError(number)
    said = reason.strip()
    faults = []
    if not REASON_LEAST <= len(said) <= REASON_MOST:
        zh = f"请写明理由（{REASON_LEAST} 至 {REASON_MOST} 字）"
        faults.append(Fault("reason", zh, f"Give the reason ({REASON_LEAST} to {REASON_MOST} characters)"))
    if row["settled_at"] is not None:
        faults.append(Fault("reason", "该行已处理", "It is settled already"))
    if faults:
        raise Refused(faults)
    ledger_refusals.settle(connection, row["enterprise_id"], [number], "dropped", actor.user_id, said, now)
    detail = {"how": "dropped", "reason": said}
    audit.append(connection, actor, "ledger.settle", "ledger_refusal", number, detail)
