"""A row of a ledger entered by hand: taken as any other, and the refused row that it mends is settled."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from server.flows.correct_ledger import OURS
from server.flows.import_ledger import TAKERS
from server.flows.ledger_intake import RowResult, Source
from server.flows.refusals import Fault, Refused
from server.store import ledger_refusals
from server.store.audit import Actor


def enter(
    connection: Connection, actor: Actor, enterprise_id: int, division: str, ledger: str, row: Mapping[str, object],
    now: datetime, refusal_id: int | None = None,
) -> int:  # fmt: skip
    """The number of the row. Raises Refused; then nothing was written, no refused row either."""
    source = Source(enterprise_id, division, "hand", user_id=actor.user_id)
    taken = TAKERS[ledger](connection, actor, source, [row], now, codes=OURS)
    result = taken.results[0]
    if result.faults or result.passage_id is None:
        raise Refused([Fault(one.field, one.zh, one.en) for one in result.faults])
    if result.outcome == "repeated":
        raise Refused([_there_already(result)])
    if refusal_id is not None:
        ledger_refusals.settle(
            connection, enterprise_id, [refusal_id], "entered_by_hand", actor.user_id, f"#{result.passage_id}", now
        )
    return result.passage_id


def _there_already(result: RowResult) -> Fault:
    number = result.passage_id
    return Fault(
        "",
        f"台账中已有相同的记录（编号 {number}），未重复写入。",
        f"The ledger holds this row already (number {number}).",
    )
