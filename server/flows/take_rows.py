"""Rows of one ledger, planned in rounds: a round is one lookup, one INSERT and one UPDATE.

A round ends before a row whose fate depends on what the round itself is about to write, so a batch of new rows is one
round, and the outcome is that of row after row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

from enforcement.ledgers.repeats import Known, Outcome, Sent, decide
from server.flows import ledger_changes
from server.flows.ledger_intake import Intake
from server.store import ledger_tables
from server.store.audit import Actor
from server.store.ledger_tables import Key, LedgerTable

OPEN = ("taken", "pending")
BY_PEOPLE = ("hand", "phone")
REASON = "sent_again"  # a code: pages have its words


class Readable(Protocol):
    """What a row of any ledger tells about itself."""

    @property
    def place(self) -> Key: ...
    @property
    def source_key(self) -> str | None: ...
    @property
    def sha256(self) -> bytes: ...


R = TypeVar("R", bound=Readable)


@dataclass(frozen=True, slots=True)
class Ledger(Generic[R]):
    """How one ledger finds what is on file and writes rows."""

    table: LedgerTable
    on_file: Callable[[Intake, Sequence[R]], list[dict[str, Any]]]
    values: Callable[[Intake, Sequence[R]], list[dict[str, Any]]]


@dataclass(eq=False, slots=True)
class _Row:
    """A row on file, or about to be (`row_id` None)."""

    row_id: int | None
    known: Known
    place: Key


@dataclass(slots=True)
class _Round(Generic[R]):
    """What one round knows and is going to write."""

    by_key: dict[str, _Row] = field(default_factory=dict)
    by_place: dict[Key, _Row] = field(default_factory=dict)
    closed: dict[tuple[Key, bytes], _Row] = field(default_factory=dict)
    freed: set[Key] = field(default_factory=set)
    new: list[R] = field(default_factory=list)
    changed: dict[int, R] = field(default_factory=dict)
    waiting: list[tuple[int, _Row]] = field(default_factory=list)  # results that still want the id of a new row


def take_rows(
    intake: Intake, actor: Actor, ledger: Ledger[R], rows: Sequence[tuple[int, R]], state: str = "taken"
) -> None:
    """Take all rows (with their place in the batch), round by round."""
    left = list(rows)
    while left:
        plan = _look_up(intake, ledger, [one for _, one in left])
        done = 0
        while done < len(left) and _plan(intake, plan, *left[done], can_correct=state == "taken"):
            done += 1
        _write(intake, actor, ledger, plan, state)
        left = left[done:]


def _look_up(intake: Intake, ledger: Ledger[R], rows: Sequence[R]) -> _Round[R]:
    plan: _Round[R] = _Round()
    for found in ledger.on_file(intake, rows):
        by_hand = found["corrected_at"] is not None or (
            found["source"] in BY_PEOPLE and found["source"] != intake.source.kind
        )
        older = frozenset(bytes.fromhex(one) for one in found["older"])
        known = Known(
            found.get("source_key"), bytes(found["content_sha256"]), found["state"] in OPEN, by_hand, older
        )  # fmt: skip
        _enter(plan, _Row(found["id"], known, found["place"]))
    return plan


def _enter(plan: _Round[R], row: _Row) -> None:
    if row.known.source_key:
        plan.by_key[row.known.source_key] = row
    if row.known.is_open:
        plan.by_place[row.place] = row
    else:
        plan.closed[row.place, row.known.sha256] = row


def _plan(intake: Intake, plan: _Round[R], index: int, given: R, can_correct: bool) -> bool:
    """Decide on a row; false where the round must be written first."""
    place, digest = given.place, given.sha256
    if place in plan.freed:
        return False
    same_key = plan.by_key.get(given.source_key or "")
    same_place = plan.by_place.get(place)
    if same_place is None and given.source_key is None and intake.source.kind not in BY_PEOPLE:
        same_place = plan.closed.get((place, digest))
    verdict = decide(
        Sent(given.source_key, digest, can_correct and intake.source.kind not in BY_PEOPLE),
        same_key.known if same_key else None,
        same_place.known if same_place else None,
    )
    row = same_key if verdict.by_key and same_key is not None else same_place
    if verdict.outcome is Outcome.TAKEN:
        row = _Row(None, Known(given.source_key, digest, True, False), place)
        _enter(plan, row)
        plan.new.append(given)
    elif verdict.outcome is Outcome.CORRECTED:
        assert row is not None
        if row.row_id is None or row.row_id in plan.changed:
            return False
        plan.changed[row.row_id] = given
        _move(plan, row, place, digest)
    if row is not None and row.row_id is None:
        plan.waiting.append((index, row))
    intake.note(index, verdict.outcome, row.row_id if row else None, verdict.note)
    return True


def _move(plan: _Round[R], row: _Row, place: Key, digest: bytes) -> None:
    """A corrected row has other content from here on, perhaps another place."""
    if place != row.place:
        plan.freed.add(row.place)
        del plan.by_place[row.place]
    row.place, row.known = place, replace(row.known, sha256=digest, older=row.known.older | {row.known.sha256})
    plan.by_place[place] = row


def _write(intake: Intake, actor: Actor, ledger: Ledger[R], plan: _Round[R], state: str) -> None:
    connection, enterprise_id = intake.connection, intake.source.enterprise_id
    if plan.changed:
        values = ledger.values(intake, list(plan.changed.values()))
        wanted: Mapping[int, Mapping[str, Any]] = dict(zip(plan.changed, values, strict=True))
        ledger_changes.correct_rows(connection, actor, ledger.table, enterprise_id, wanted, REASON, intake.now)
    if plan.new:
        common = {**intake.common, "state": state}
        made = ledger_tables.insert(connection, ledger.table, common, ledger.values(intake, plan.new))
        for index, row in plan.waiting:
            intake.results[index] = replace(intake.results[index], passage_id=made[row.place])
