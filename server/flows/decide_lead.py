"""An officer settles or dismisses a lead, with a coded reason and a note."""

from dataclasses import dataclass

from sqlalchemy import Connection

from server.store import audit, leads
from server.store.audit import Actor
from server.store.scopes import Scope

REASONS: dict[str, tuple[str, ...]] = {
    "settled": ("registered", "visited", "handed_over"),
    "dismissed": ("not_ours", "device_fault", "other"),
}
NOTE_LEAST, NOTE_MOST = 4, 2000


@dataclass(frozen=True, slots=True)
class Decision:
    """What the officer says."""

    status: str
    reason: str
    note: str

    @property
    def missing(self) -> dict[str, tuple[str, str]]:
        """Field -> (Chinese, English) of what is wrong."""
        found = {}
        if self.reason not in REASONS.get(self.status, ()):
            found["reason"] = ("请选择理由", "Choose a reason")
        if not NOTE_LEAST <= len(self.note) <= NOTE_MOST:
            found["note"] = (
                f"请填写说明（{NOTE_LEAST} 至 {NOTE_MOST} 字）",
                f"Write a note of {NOTE_LEAST} to {NOTE_MOST} characters",
            )
        return found


def decide(connection: Connection, actor: Actor, scope: Scope, number: int, decision: Decision) -> bool:
    """Decide; False when somebody else was first. Raises LookupError outside the scope."""
    if leads.find_one(connection, scope, number) is None:
        raise LookupError(number)
    if not leads.decide(connection, number, decision.status, actor.user_id, decision.reason, decision.note):
        return False
    detail = {"reason": decision.reason, "note": decision.note}
    audit.append(connection, actor, f"lead.{decision.status}", "lead", number, detail)
    return True
