"""Rows of the ledgers that were not taken: each as it came, with every fault, until somebody settles it."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from server.api.errors import refused_fields
from server.api.kinds import NO_NUL, Absent, Division, Id32, Id64, Out, PageAsked, PageOf, YesNo, page_values
from server.api.ledger_models import ReasonIn, RowFaultOut
from server.api.ledgers import SOURCE
from server.api.operations import operation
from server.flows import settle_refusal
from server.flows.refusals import Refused
from server.store import ledger_refusals
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_ledger_refusals", __name__, url_prefix="/api/v1/ledger/refusals", tag="Ledgers")
HOW = Literal["sent_again", "entered_by_hand", "dropped"]
Word = Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)]


class RefusalFilters(PageAsked):
    """The filters of the list."""

    ledger: Literal["A", "B", "C"] | Absent = Field(default=None, description="Which ledger.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    division: Division | Absent = Field(default=None, description="Area code.")
    batch: Id64 | Absent = Field(default=None, description="Number of the batch it came in last.")
    open: YesNo | Absent = Field(default=None, description="Whether it still waits for somebody.")
    source: SOURCE | Absent = Field(default=None, description="Where it came from.")
    fault: Word | Absent = Field(default=None, description="A certain fault, as a word.")
    field: Word | Absent = Field(default=None, description="A fault of a certain field.")
    sort: Literal["last_at", "-last_at"] | Absent = Field(default=None, description="Order; - for the other direction.")


class Refusal(Out):
    """A row that was not taken."""

    id: int = Field(description="Its id.", examples=[5])
    enterprise_id: int = Field(description="Whose ledger.")
    enterprise: str = Field(description="Name of the enterprise.")
    division: str = Field(description="Area code.")
    ledger: Literal["A", "B", "C"] = Field(description="Which ledger.")
    batch_id: int = Field(description="The batch it came in last.")
    position: int = Field(description="Its place there from 0, or the row of the sheet.")
    source: SOURCE = Field(description="Where it came from.")
    source_key: str | None = Field(description="The partner's own number of the row.")
    payload: dict[str, Any] = Field(description="The row as it came.")
    faults: list[RowFaultOut] = Field(description="Every fault.")
    times: int = Field(description="How often exactly this row came.")
    first_at: datetime = Field(description="When it came first.")
    last_at: datetime = Field(description="When it came last.")
    settled_at: datetime | None = Field(description="When it was settled.")
    settled_how: HOW | None = Field(description="How.")
    settled_note: str | None = Field(description="What was said of it.")


class RefusalPage(PageOf):
    """A page of refused rows."""

    items: list[Refusal] = Field(description="The rows of the page.")


@operation(
    blueprint, "GET", "", allow="ledgers.read", asks=RefusalFilters, gives=RefusalPage, summary="List refused rows",
    about="An enterprise sees its own.",
)  # fmt: skip
def index(query: RefusalFilters) -> RefusalPage:
    """A page of refused rows."""
    with work() as connection:
        found = ledger_refusals.find(connection, current_scope(), query.query("last_at"))
    return RefusalPage(items=[Refusal.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(blueprint, "GET", "/<int:number64>", allow="ledgers.read", gives=Refusal, summary="One refused row")
def show(number64: int) -> Refusal:
    """One refused row."""
    return _refusal(number64)


def _refusal(number: int) -> Refusal:
    with work() as connection:
        row = ledger_refusals.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    return Refusal.model_validate(row)


@operation(
    blueprint, "POST", "/<int:number64>/drop", allow="ledgers.record", takes=ReasonIn, gives=Refusal,
    summary="Leave a refused row out", about="One that comes mended under its key is settled by itself.",
    examples={"body": {"reason": "测试数据，不补录"}},
)  # fmt: skip
def drop(body: ReasonIn, number64: int) -> Refusal:
    """It stays out of the ledger, with why."""
    try:
        with work() as connection:
            settle_refusal.drop(connection, current_actor(), current_scope(), number64, body.reason, datetime.now(UTC))
    except LookupError:
        raise NotFound from None
    except Refused as refused:
        raise refused_fields(refused) from refused
    return _refusal(number64)
