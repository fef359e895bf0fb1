"""A gate's QR code is renewed when strangers send with the old one; the sheet at the gate is printed anew."""

import secrets

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import audit, driver_gates
from server.store.audit import Actor
from server.store.scopes import Scope

REASON_LEAST, REASON_MOST = 4, 500


def renew(connection: Connection, actor: Actor, scope: Scope, number: int, reason: str) -> None:
    """Give the gate another code. Raises LookupError, Refused."""
    gate = driver_gates.find_one(connection, scope, number, hold=True)
    if gate is None or gate["state"] != "active":
        raise LookupError(number)
    said = reason.strip()
    if not REASON_LEAST <= len(said) <= REASON_MOST:
        zh = f"请写明更换理由（{REASON_LEAST} 至 {REASON_MOST} 字）"
        raise Refused([Fault("reason", zh, f"Give the reason ({REASON_LEAST} to {REASON_MOST} characters)")])
    driver_gates.renew(connection, number, secrets.token_hex(32))
    audit.append(connection, actor, "gate.new_code", "gate", number, {"reason": said})
