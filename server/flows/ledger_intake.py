"""What all three ledgers share when rows come in: their source, the batch, what was refused, the receipt."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from enforcement.ledgers.codes import Codes, limits_of
from enforcement.ledgers.faults import RowFault
from enforcement.ledgers.repeats import Outcome
from enforcement.sentences import Sentence
from server.flows import rule_book
from server.flows.refusals import Fault, Refused
from server.store import audit, enterprises, ledger_batches, ledger_rows, ledger_tables
from server.store.audit import Actor

R = TypeVar("R")
MOST_KEPT = 20_000  # characters of a refused row
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Source:
    """Whose ledger it is and where rows come from: a gate, a sheet, a driver's phone, a form."""

    enterprise_id: int
    division: str
    kind: str
    gate_id: int | None = None
    file_name: str | None = None
    user_id: int | None = None
    system_key_id: int | None = None


def source_of(
    connection: Connection, enterprise_id: int, kind: str, division: str, gate_id: int | None = None
) -> Source:
    """The source of rows of this enterprise; `division` is said where its own is not known.

    Raises Refused where it has no gate of this number.
    """
    own = enterprises.division_of(connection, enterprise_id)
    if gate_id is not None and not ledger_rows.has_gate(connection, enterprise_id, gate_id):
        raise Refused([Fault("gate", "没有这个道闸", "The enterprise has no such gate")])
    return Source(enterprise_id, own or division, kind, gate_id)


def by(source: Source, user_id: int | None, system_key_id: int | None = None) -> Source:
    """The same source with who sends: a person's account or another system's key."""
    return replace(source, user_id=user_id, system_key_id=system_key_id)


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row; `note` says why where that is not plain, `faults` why it was refused."""

    position: int
    outcome: Outcome
    passage_id: int | None = None
    faults: tuple[RowFault, ...] = ()
    note: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The receipt of a batch."""

    batch_id: int
    results: tuple[RowResult, ...]
    counts: Mapping[str, int]


@dataclass(slots=True)
class Intake:
    """A batch while its rows are taken."""

    connection: Connection
    source: Source
    ledger: str
    now: datetime
    batch_id: int
    codes: Codes
    positions: Sequence[int]
    results: dict[int, RowResult] = field(default_factory=dict)

    @property
    def common(self) -> dict[str, Any]:
        """What every row of the batch has."""
        return {
            "enterprise_id": self.source.enterprise_id, "division": self.source.division, "batch_id": self.batch_id,
            "source": self.source.kind, "recorded_by": self.source.user_id, "received_at": self.now,
        }  # fmt: skip

    def note(self, index: int, outcome: Outcome, row_id: int | None = None, note: Sentence | None = None) -> None:
        """What became of the row at this place; a refusal without faults of its own says its note."""
        faults = (RowFault("", note.code, "", note.zh, note.en),) if note and outcome is Outcome.REFUSED else ()
        self.results[index] = RowResult(self.positions[index], outcome, row_id, faults, note)

    def refuse(self, index: int, faults: tuple[RowFault, ...]) -> None:
        """The row at this place is not taken."""
        self.results[index] = RowResult(self.positions[index], Outcome.REFUSED, None, faults)


def begin(
    connection: Connection,
    source: Source,
    ledger: str,
    now: datetime,
    codes: Codes,
    positions: Sequence[int],
    batch_id: int | None,
) -> Intake:
    """Hold the enterprise's ledgers and open a batch, or go on with one."""
    ledger_tables.lock(connection, source.enterprise_id)
    values = {
        **asdict(source), "source": source.kind, "ledger": ledger, "received_at": now, "received_by": source.user_id,
    }  # fmt: skip
    number = batch_id if batch_id is not None else ledger_batches.open_batch(connection, values)
    return Intake(
        connection, source, ledger, now, number, codes_of(connection, source.enterprise_id, now, codes), positions
    )


def readable(
    intake: Intake,
    rows: Sequence[Mapping[str, object]],
    read: Callable[[Mapping[str, object], Codes, datetime], R | tuple[RowFault, ...]],
) -> list[tuple[int, R]]:
    """Rows that could be read, with their place in the batch; the others are refused with every fault."""
    good = []
    for index, row in enumerate(rows):
        found = read(row, intake.codes, intake.now)
        if isinstance(found, tuple):
            intake.refuse(index, found)
        else:
            good.append((index, found))
    return good


def codes_of(connection: Connection, enterprise_id: int, now: datetime, codes: Codes) -> Codes:
    """The declared lists with the numbers of the rule book and the codes of the enterprise."""
    own = enterprises.credit_code(connection, enterprise_id)
    limits = limits_of(rule_book.current(connection), now)
    return replace(codes, limits=limits, enterprise_codes=frozenset({own} if own else ()))


def finish(intake: Intake, actor: Actor, rows: Sequence[Mapping[str, object]]) -> Taken:
    """Keep what was refused, settle what came mended, count, and write it in the audit log."""
    results = tuple(intake.results[index] for index in range(len(rows)))
    _keep_refused(intake, rows, results)
    good = {key_of(row) for row, result in zip(rows, results, strict=True) if result.outcome is not Outcome.REFUSED}
    keys = {key for key in good if key}
    ledger_batches.settle_sent_again(intake.connection, intake.source.enterprise_id, intake.ledger, keys, intake.now)
    counts = Counter(result.outcome.value for result in results)
    ledger_batches.add_counts(intake.connection, intake.batch_id, counts, intake.now)
    detail = {"ledger": intake.ledger, "enterprise_id": intake.source.enterprise_id, "source": intake.source.kind}
    audit.append(intake.connection, actor, "ledger.take", "ledger_batch", intake.batch_id, {**detail, **counts})
    return Taken(intake.batch_id, results, dict(counts))


def key_of(row: Mapping[str, object]) -> str | None:
    """The partner's own key of a row, as far as it is one."""
    key = row.get("source_key")
    return clean_text(key)[:100] if isinstance(key, str) and key.strip() else None


def _keep_refused(intake: Intake, rows: Sequence[Mapping[str, object]], results: Sequence[RowResult]) -> None:
    kept: dict[str, dict[str, Any]] = {}
    for row, result in zip(rows, results, strict=True):
        if result.outcome is not Outcome.REFUSED:
            continue
        payload = json.dumps(as_json(row), ensure_ascii=False, sort_keys=True)
        digest = hashlib.sha256(payload.encode()).hexdigest()
        if digest in kept:
            kept[digest]["times"] += 1
            continue
        kept[digest] = {
            "position": result.position, "source_key": key_of(row), "payload_sha256": f"\\x{digest}", "times": 1,
            "payload": json.loads(payload) if len(payload) <= MOST_KEPT else {"cut": payload[:MOST_KEPT]},
            "faults": [asdict(fault) for fault in result.faults],
        }  # fmt: skip
    if kept:
        common = {**intake.common, "ledger": intake.ledger, "now": intake.now}
        ledger_batches.refuse(intake.connection, common, list(kept.values()))


def clean_text(value: str) -> str:
    """Text as the database can hold it."""
    return value.replace("\0", "�").encode("utf-8", "replace").decode()


def as_json(value: object, depth: int = 0) -> Any:
    """A value as it came, in what JSON and the database can hold."""
    if depth > DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {clean_text(str(name)): as_json(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one, depth + 1) for one in value]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return clean_text(value if isinstance(value, str) else str(value))
