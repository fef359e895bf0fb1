"""The operations that ledgers A, B and C have in common: take a batch, list, one, correct, strike out.

An enterprise's token and the key of its gate system write its own ledgers and no others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel
from sqlalchemy import Connection
from werkzeug.exceptions import Forbidden, NotFound

from server.api import versions
from server.api.errors import refuse, refused_fields
from server.api.kinds import PageAsked, page_values
from server.api.ledger_models import BatchOut, CorrectionIn, HistoryOut, NoteOut, ReasonIn, RowFaultOut, RowOut, RowsIn
from server.api.operations import operation
from server.flows import correct_ledger, ledger_intake
from server.flows.correct_ledger import Changed
from server.flows.ledger_intake import Source, Taken
from server.flows.refusals import Refused
from server.store import ledger_batches
from server.store.paging import Found, Query
from server.store.scopes import Scope
from server.web.access import current_account, current_actor, current_scope, current_token_id, work

RESENT = (
    "Sent twice, in any order and in overlapping batches, every row is taken once: known by `source_key` where the "
    "ledger has it, else by what it is about. Other content under the same key corrects the row, unless a person has "
    "touched it since. One bad row stops no other; it is kept as a refused row and told with every fault."
)


@dataclass(frozen=True, slots=True)
class Face:
    """One ledger in the API."""

    ledger: str
    thing: str
    things: str
    asks: type[PageAsked]
    page: type[BaseModel]
    item: type[BaseModel]
    detail: type[BaseModel]
    rows_in: type[RowsIn]
    correction: type[CorrectionIn]
    find: Callable[[Connection, Scope, Query], Found]
    find_one: Callable[[Connection, Scope, int], dict[str, Any] | None]
    take: Callable[[Connection, Source, RowsIn, list[dict[str, Any]], datetime], Taken]
    sort: str
    example: Mapping[str, Any]

    def detailed(self, number: int) -> BaseModel:
        """One row with its corrections; 404 where the account may not see it."""
        with work() as connection:
            row = self.find_one(connection, current_scope(), number)
            history = [] if row is None else ledger_batches.history_of(connection, self.ledger, number)
        if row is None:
            raise NotFound
        versions.tag_of(row)
        told = [HistoryOut.model_validate(one) for one in history]
        return self.detail.model_validate({**row, "history": told})


def own_source(connection: Connection, gate_id: int | None) -> Source:
    """The caller as the source of rows: 403 for who is no enterprise. Raises Refused."""
    account = current_account()
    if not account.scope.enterprise_id:
        raise Forbidden
    source = ledger_intake.source_of(connection, account.scope.enterprise_id, "gate", account.division, gate_id)
    is_system = account.id == 0
    return ledger_intake.by(source, None if is_system else account.id, current_token_id() if is_system else None)


def add_batches(blueprint: APIBlueprint, face: Face) -> None:
    """Take a batch of rows."""

    @operation(
        blueprint, "POST", "", allow="ledgers.record", takes=face.rows_in, gives=BatchOut,
        summary=f"Take {face.things}", about=RESENT, examples={"body": dict(face.example)},
    )  # fmt: skip
    def take(body: RowsIn) -> BatchOut:
        """Take a batch."""
        rows: list[dict[str, Any]] = body.rows  # type: ignore[attr-defined]
        try:
            with work() as connection:
                source = own_source(connection, getattr(body, "gate", None))
                taken = face.take(connection, source, body, rows, datetime.now(UTC))
        except Refused as refused:
            raise refused_fields(refused) from refused
        return batch_out(taken)


def batch_out(taken: Taken) -> BatchOut:
    """The receipt of a batch."""
    counts = {name: taken.counts.get(name, 0) for name in ledger_batches.OUTCOMES}
    rows = [
        RowOut(
            position=one.position, outcome=one.outcome.value, id=one.passage_id,
            faults=[RowFaultOut.model_validate(fault) for fault in one.faults],
            note=NoteOut.model_validate(one.note) if one.note else None,
        )
        for one in taken.results
    ]  # fmt: skip
    return BatchOut(batch=taken.batch_id, rows=rows, **counts)


def add_reading(blueprint: APIBlueprint, face: Face) -> None:
    """The list, and one row with its corrections."""

    @operation(
        blueprint, "GET", "", allow="ledgers.read", asks=face.asks, gives=face.page, summary=f"List {face.things}",
        about="An enterprise sees its own.",
    )  # fmt: skip
    def index(query: PageAsked) -> BaseModel:
        """A page."""
        with work() as connection:
            found = face.find(connection, current_scope(), query.query(face.sort))
        return face.page(items=[face.item.model_validate(row) for row in found.rows], **page_values(query, found))

    @operation(
        blueprint, "GET", "/<int:number64>", allow="ledgers.read", gives=face.detail, versioned=True,
        summary=f"One {face.thing}", about="With its corrections, the oldest first.",
    )  # fmt: skip
    def show(number64: int) -> BaseModel:
        """One row."""
        return face.detailed(number64)


def add_changes(blueprint: APIBlueprint, face: Face) -> None:
    """Correct a row, strike it out."""

    @operation(
        blueprint, "PATCH", "/<int:number64>", allow="ledgers.record", takes=face.correction, gives=face.detail,
        refuses=(412,), versioned=True, summary=f"Correct a {face.thing}",
        about="`changes` are fields by name; an empty text takes a value away. What stood there is kept with why.",
        examples={"body": {"reason": "标签看错", "changes": {"stage": "6"}}},
    )  # fmt: skip
    def correct(body: CorrectionIn, number64: int) -> BaseModel:
        """Correct it."""
        changes: dict[str, Any] = body.changes  # type: ignore[attr-defined]
        changing(face, number64, lambda connection, version: correct_ledger.correct(
            connection, current_actor(), face.ledger, number64, version, changes, body.reason, datetime.now(UTC),
            body.codes.codes,
        ))  # fmt: skip
        return face.detailed(number64)

    @operation(
        blueprint, "POST", "/<int:number64>/strike-out", allow="ledgers.record", takes=ReasonIn, gives=face.detail,
        refuses=(412,), versioned=True, summary=f"Strike a {face.thing} out",
        about="It stays to be seen, with the reason, and counts nowhere.", examples={"body": {"reason": "重复录入"}},
    )  # fmt: skip
    def strike_out(body: ReasonIn, number64: int) -> BaseModel:
        """Strike it out."""
        changing(face, number64, lambda connection, version: correct_ledger.strike_out(
            connection, current_actor(), face.ledger, number64, version, body.reason, datetime.now(UTC)
        ))  # fmt: skip
        return face.detailed(number64)


def changing(face: Face, number: int, act: Callable[[Connection, int], None]) -> None:
    """Change a row against the version that the caller read: 404, 412, 422."""
    try:
        with work() as connection:
            row = face.find_one(connection, current_scope(), number)
            if row is None:
                raise NotFound
            versions.check(row)
            act(connection, row["version"])
    except LookupError:
        raise NotFound from None
    except Changed:
        raise refuse(412) from None
    except Refused as refused:
        raise refused_fields(refused) from refused
