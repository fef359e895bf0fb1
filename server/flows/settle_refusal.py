"""A refused row of a ledger needs nobody any more: it came mended, was entered by hand, or is dropped with a reason."""

from sqlalchemy import Connection

from server.flows.refusals import Fault, Refused
from server.store import audit, ledger_refusals
from server.store.audit import Actor
from server.store.scopes import Scope

HOW = ("sent_again", "entered_by_hand", "dropped")
NOTE_LEAST, NOTE_MOST = 2, 500


def settle(connection: Connection, actor: Actor, scope: Scope, number: int, how: str, note: str) -> None:
    """Settle it; what is dropped needs its reason. Raises Refused, LookupError."""
    row = ledger_refusals.find_one(connection, scope, number)
    if row is None:
        raise LookupError(number)
    note = note.strip()
    faults = []
    if how not in HOW:
        faults.append(Fault("how", "请选择处理方式", "Choose what was done"))
    if (how == "dropped" and len(note) < NOTE_LEAST) or len(note) > NOTE_MOST or not (note or "x").isprintable():
        zh = f"不再补录须说明原因（{NOTE_LEAST} 至 {NOTE_MOST} 字）"
        en = f"Say why it is dropped ({NOTE_LEAST} to {NOTE_MOST} characters)"
        faults.append(Fault("note", zh, en))
    if faults:
        raise Refused(faults)
    if not ledger_refusals.settle(connection, number, how, note or None, actor.user_id):
        raise Refused([Fault("how", "该条记录已处理", "It has been settled already")])
    detail = {"how": how, "note": note, "enterprise_id": row["enterprise_id"], "ledger": row["ledger"]}
    audit.append(connection, actor, "ledger.settle_refusal", "ledger_refusal", number, detail)
