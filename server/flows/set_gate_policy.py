"""What an enterprise's gates do when the platform cannot be reached (enforcement.md 5.6): set with a reason."""

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import audit, gate_policies
from server.store.audit import Actor
from server.store.gate_policies import POLICIES
from server.store.scopes import Scope

REASON_LEAST, REASON_MOST, LONGEST_HOURS = 4, 500, 168


def set_policy(
    connection: Connection, actor: Actor, scope: Scope, enterprise_id: int, when_unreachable: str, hours: int | None,
    reason: str,
) -> None:  # fmt: skip
    """Set it. Raises Refused, LookupError."""
    before = gate_policies.find_one(connection, scope, enterprise_id)
    if before is None:
        raise LookupError(enterprise_id)
    faults = _faults(when_unreachable, hours, reason.strip())
    if faults or hours is None:
        raise Refused(faults)
    gate_policies.put(connection, enterprise_id, when_unreachable, hours, reason.strip(), actor.user_id)
    detail = {
        "before": {name: before[name] for name in ("when_unreachable", "list_hours")},
        "after": {"when_unreachable": when_unreachable, "list_hours": hours},
        "reason": reason.strip(),
    }
    audit.append(connection, actor, "gate_policy.set", "gate_policy", enterprise_id, detail)


def _faults(when_unreachable: str, hours: int | None, reason: str) -> list[Fault]:
    faults = []
    if when_unreachable not in POLICIES:
        faults.append(Fault("when_unreachable", "请选择断网时的做法", "Choose what the gates do"))
    if hours is None or not 1 <= hours <= LONGEST_HOURS:
        zh, en = f"有效小时数应为 1 至 {LONGEST_HOURS}", f"A list holds for 1 to {LONGEST_HOURS} hours"
        faults.append(Fault("list_hours", zh, en))
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        zh = f"请写明理由（{REASON_LEAST} 至 {REASON_MOST} 字）"
        faults.append(Fault("reason", zh, f"Give the reason ({REASON_LEAST} to {REASON_MOST} characters)"))
    return faults
