"""Rows of ledger A come in: each is taken, known again, corrected or refused for itself; the ledger stays exact.

Rows are planned in rounds. A round ends before a row whose fate depends on what the round is about to write, so that a
round is one lookup, one INSERT and one UPDATE, and a whole batch of new rows is a single round.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.ledgers.codes import Codes
from enforcement.ledgers.faults import RowFault
from enforcement.ledgers.passages import Passage, read_passage
from enforcement.ledgers.repeats import Known, Outcome, Sent, decide
from server.flows import ledger_changes, ledger_intake
from server.flows.ledger_intake import Intake, Source, Taken
from server.store import ledger_rows
from server.store.audit import Actor

__all__ = ["Source", "Taken", "take"]

OPEN = ("taken", "pending")
BY_PEOPLE = ("hand", "phone")
REASON = "来源系统重传更正 · corrected by what the source sent again"
Place = tuple[datetime, str, str, str, str, str]


@dataclass(eq=False, slots=True)
class _Row:
    """A row on file, or about to be (`row_id` None)."""

    row_id: int | None
    known: Known
    place: Place
    index: int = -1


@dataclass(slots=True)
class _Round:
    """What one round knows and is going to write."""

    by_key: dict[str, _Row] = field(default_factory=dict)
    by_place: dict[Place, _Row] = field(default_factory=dict)
    closed: dict[tuple[Place, bytes], _Row] = field(default_factory=dict)
    freed: set[Place] = field(default_factory=set)
    new: list[tuple[int, Passage]] = field(default_factory=list)
    changed: dict[int, tuple[int, Passage]] = field(default_factory=dict)
    waiting: list[tuple[int, _Row]] = field(default_factory=list)


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
    left = _readable(intake, rows)
    while left:
        done = _take_round(intake, actor, left, pending)
        left = left[done:]
    return ledger_intake.finish(intake, actor, rows)


def _readable(intake: Intake, rows: Sequence[Mapping[str, object]]) -> list[tuple[int, Passage]]:
    """Rows that could be read, with their place in the batch; the others are refused with every fault."""
    read = [(index, read_passage(row, intake.codes, intake.now)) for index, row in enumerate(rows)]
    connection, enterprise_id = intake.connection, intake.source.enterprise_id
    asked = {one.answer_id for _, one in read if isinstance(one, Passage) and one.answer_id is not None}
    answers, gates = (
        ledger_rows.answers_of(connection, enterprise_id, asked), ledger_rows.gates_of(connection, enterprise_id)
    )  # fmt: skip
    good = []
    for index, one in read:
        if isinstance(one, Passage) and one.answer_id is not None and one.answer_id not in answers:
            zh, en = "没有这个编号的门禁应答。", "No gate of this enterprise got an answer of this number."
            one = (RowFault("answer_id", "answer_unknown", str(one.answer_id), zh, en),)
        if isinstance(one, Passage):
            known = (one.entrance_no, one.barrier_no) in gates
            good.append((index, one if known else replace(one, doubts=(*one.doubts, "gate_unknown"))))
        else:
            intake.results[index] = ledger_intake.RowResult(intake.positions[index], Outcome.REFUSED, None, one)
    return good


def _take_round(intake: Intake, actor: Actor, left: Sequence[tuple[int, Passage]], pending: bool) -> int:
    """Plan and write the longest beginning of these rows that needs nothing it writes itself; how many it was."""
    plan = _look_up(intake, [passage for _, passage in left])
    done = 0
    for index, passage in left:
        if not _plan(intake, plan, index, passage, pending):
            break
        done += 1
    _write(intake, actor, plan, "pending" if pending else "taken")
    return done


def _look_up(intake: Intake, passages: Sequence[Passage]) -> _Round:
    keys = {passage.source_key for passage in passages if passage.source_key}
    moments = {passage.passed_at for passage in passages}
    plan = _Round()
    for found in ledger_rows.on_file(intake.connection, intake.source.enterprise_id, keys, moments):
        place: Place = tuple(found[name] for name in ledger_rows.PLACE)
        by_hand = found["corrected_at"] is not None or (
            found["source"] in BY_PEOPLE and found["source"] != intake.source.kind
        )
        older = frozenset(bytes.fromhex(one) for one in found["older"])
        is_open = found["state"] in OPEN
        row = _Row(
            found["id"], Known(found["source_key"], bytes(found["content_sha256"]), is_open, by_hand, older), place
        )
        _enter(plan, row)
    return plan


def _enter(plan: _Round, row: _Row) -> None:
    if row.known.source_key:
        plan.by_key[row.known.source_key] = row
    if row.known.is_open:
        plan.by_place[row.place] = row
    else:
        plan.closed[row.place, row.known.sha256] = row


def _plan(intake: Intake, plan: _Round, index: int, passage: Passage, pending: bool) -> bool:
    """Decide on a row; false where the round must be written first."""
    place, digest = passage.place_and_time, passage.sha256
    if place in plan.freed:
        return False
    same_key = plan.by_key.get(passage.source_key or "")
    same_place = plan.by_place.get(place)
    if same_place is None and passage.source_key is None:
        same_place = plan.closed.get((place, digest))
    verdict = decide(
        Sent(passage.source_key, digest, may_correct=not pending and intake.source.kind not in BY_PEOPLE),
        same_key.known if same_key else None, same_place.known if same_place else None,
    )  # fmt: skip
    row = same_key if verdict.by_key and same_key is not None else same_place
    if verdict.outcome is Outcome.TAKEN:
        _enter(plan, _Row(None, Known(passage.source_key, digest, True, False), place, index))
        plan.new.append((index, passage))
    elif verdict.outcome is Outcome.CORRECTED:
        assert row is not None
        if row.row_id is None or row.row_id in plan.changed:
            return False
        plan.changed[row.row_id] = (index, passage)
        _move(plan, row, place, digest)
    elif row is not None and row.row_id is None and verdict.outcome is Outcome.REPEATED:
        plan.waiting.append((index, row))
    intake.note(index, verdict.outcome, row.row_id if row else None, verdict.note)
    return True


def _move(plan: _Round, row: _Row, place: Place, digest: bytes) -> None:
    """A corrected row has other content from here on, perhaps another place."""
    if place != row.place:
        plan.freed.add(row.place)
        del plan.by_place[row.place]
    row.place, row.known = place, replace(row.known, sha256=digest, older=row.known.older | {row.known.sha256})
    plan.by_place[place] = row


def _write(intake: Intake, actor: Actor, plan: _Round, state: str) -> None:
    connection = intake.connection
    passages = [passage for _, passage in (*plan.new, *plan.changed.values())]
    trucks = ledger_rows.registered(connection, {(one.plate, one.colour.value) for one in passages}) if passages else {}
    if plan.changed:
        wanted = {row_id: row_of(passage, trucks) for row_id, (_, passage) in plan.changed.items()}
        ledger_changes.correct_rows(connection, actor, intake.source.enterprise_id, wanted, REASON, intake.now)
    if plan.new:
        values = [row_of(passage, trucks) for _, passage in plan.new]
        ids = ledger_rows.insert(connection, {**intake.common, "state": state}, values)
        made = {index: row_id for (index, _), row_id in zip(plan.new, ids, strict=True)}
        for index, row in (*((index, None) for index in made), *plan.waiting):
            result = intake.results[index]
            intake.results[index] = replace(result, passage_id=made[index if row is None else row.index])


def row_of(passage: Passage, trucks: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """A passage as a row of the table; its truck is the one of the register with this plate and colour."""
    names = {name: name for name in (*ledger_rows.CONTENT, "source_key")} | {"plate_colour": "colour"}
    names.pop("truck_id")
    row = {column: getattr(passage, name) for column, name in names.items()}
    return {
        **row, "photos": dict(passage.photos) or None, "doubts": list(passage.doubts),
        "truck_id": trucks.get((passage.plate, passage.colour.value)), "content_sha256": passage.sha256,
    }  # fmt: skip
