"""Rows of ledger A come in: each is taken, known again, corrected or refused for itself; the ledger stays exact."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.ledgers.codes import Codes
from enforcement.ledgers.faults import RowFault
from enforcement.ledgers.passages import Passage, read_passage
from server.flows import ledger_intake
from server.flows.ledger_intake import Intake, RowResult, Source, Taken
from server.flows.take_rows import Ledger, take_rows
from server.store import ledger_rows
from server.store.audit import Actor
from server.store.ledger_tables import PASSAGES

__all__ = ["RowResult", "Source", "Taken", "take"]


def take(
    connection: Connection,
    actor: Actor,
    source: Source,
    rows: Sequence[Mapping[str, object]],
    now: datetime,
    codes: Codes | None = None,
    pending: bool = False,
    batch_id: int | None = None,
    positions: Sequence[int] | None = None,
) -> Taken:
    """Take a batch of rows; `pending` ones wait for the gatekeeper. A bad row stops no other.

    `batch_id` goes on with a batch, `positions` are the rows of a sheet.
    """
    places = positions if positions is not None else range(len(rows))
    intake = ledger_intake.begin(connection, source, "A", now, codes or Codes(), places, batch_id)
    take_rows(intake, actor, LEDGER, _readable(intake, rows), "pending" if pending else "taken")
    return ledger_intake.finish(intake, actor, rows)


def _readable(intake: Intake, rows: Sequence[Mapping[str, object]]) -> list[tuple[int, Passage]]:
    """Rows that could be read, with their place in the batch; the others are refused with every fault."""
    read = ledger_intake.readable(intake, rows, read_passage)
    connection, enterprise_id = intake.connection, intake.source.enterprise_id
    gates = ledger_rows.gates_of(connection, enterprise_id)
    asked = {one.answer_id for _, one in read if one.answer_id is not None}
    answers = ledger_rows.answers_of(connection, enterprise_id, asked)
    good = []
    for index, one in read:
        if one.answer_id is not None and one.answer_id not in answers:
            intake.refuse(index, (answer_unknown(one.answer_id),))
            continue
        good.append((index, doubting_gate(one, gates)))
    return good


def answer_unknown(answer_id: int) -> RowFault:
    """No answer of this number was given to a gate of the enterprise."""
    zh, en = "没有这个编号的门禁应答。", "No gate of this enterprise got an answer of this number."
    return RowFault("answer_id", "answer_unknown", str(answer_id), zh, en)


def doubting_gate(passage: Passage, gates: set[tuple[str, str]]) -> Passage:
    """The passage with a doubt where its barrier is not on file."""
    if (passage.entrance_no, passage.barrier_no) in gates:
        return passage
    return replace(passage, doubts=(*passage.doubts, "gate_unknown"))


def _on_file(intake: Intake, passages: Sequence[Passage]) -> list[dict[str, Any]]:
    keys = {one.source_key for one in passages if one.source_key}
    moments = {one.passed_at for one in passages}
    found = ledger_rows.passages_on_file(intake.connection, intake.source.enterprise_id, keys, moments)
    return [{**row, "place": tuple(row[name] for name in PASSAGES.key)} for row in found]


def values_of(connection: Connection, passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """Passages as rows of the table; a truck is the one of the register with this plate and colour."""
    trucks = ledger_rows.registered_trucks(connection, {(one.plate, one.colour.value) for one in passages})
    plain = [name for name in (*PASSAGES.content, "source_key") if name not in {"truck_id", "plate_colour"}]
    return [
        {
            **{name: getattr(one, name) for name in plain}, "plate_colour": one.colour.value,
            "truck_id": trucks.get((one.plate, one.colour.value)), "photos": dict(one.photos) or None,
            "doubts": list(one.doubts), "content_sha256": one.sha256,
        }
        for one in passages
    ]  # fmt: skip


LEDGER: Ledger[Passage] = Ledger(PASSAGES, _on_file, lambda intake, rows: values_of(intake.connection, rows))
