"""Batches in which rows of the ledgers came in, with what became of them."""

from datetime import datetime
from typing import Literal

from apiflask import APIBlueprint
from pydantic import Field
from werkzeug.exceptions import NotFound

from server.api.kinds import Absent, Day, Division, Id32, Out, PageAsked, PageOf, YesNo, page_values
from server.api.ledgers import SOURCE
from server.api.operations import operation
from server.store import ledger_batches
from server.web.access import current_scope, work

blueprint = APIBlueprint("api_ledger_batches", __name__, url_prefix="/api/v1/ledger/batches", tag="Ledgers")


class BatchFilters(PageAsked):
    """The filters of the list."""

    ledger: Literal["A", "B", "C"] | Absent = Field(default=None, description="Which ledger.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    division: Division | Absent = Field(default=None, description="Area code.")
    source: SOURCE | Absent = Field(default=None, description="Where it came from.")
    refused: YesNo | Absent = Field(default=None, description="Whether rows of it were refused.")
    from_day: Day | Absent = Field(default=None, alias="from", description="Received from this local day on.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Received up to this local day, included.")
    sort: Literal["received_at", "-received_at"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Batch(Out):
    """A batch."""

    id: int = Field(description="Its number.", examples=[17])
    enterprise_id: int = Field(description="Whose ledger.")
    enterprise: str = Field(description="Name of the enterprise.")
    division: str = Field(description="Area code.")
    ledger: Literal["A", "B", "C"] = Field(description="Which ledger.")
    source: SOURCE = Field(description="Where it came from.")
    gate_id: int | None = Field(description="The gate that sent it.")
    state: str = Field(description="Where it stands; a sheet is read before it is taken.", examples=["taken"])
    file_name: str | None = Field(description="Name of the sheet.")
    rows_n: int = Field(description="Rows in it.")
    taken_n: int = Field(description="New rows.")
    repeated_n: int = Field(description="Rows that were on file already.")
    corrected_n: int = Field(description="Rows that replaced older content.")
    refused_n: int = Field(description="Rows that were not taken.")
    received_at: datetime = Field(description="When it came in.")


class BatchPage(PageOf):
    """A page of batches."""

    items: list[Batch] = Field(description="The rows of the page.")


@operation(
    blueprint, "GET", "", allow="ledgers.read", asks=BatchFilters, gives=BatchPage, summary="List batches of rows",
    about="An enterprise sees its own.",
)  # fmt: skip
def index(query: BatchFilters) -> BatchPage:
    """A page of batches."""
    with work() as connection:
        found = ledger_batches.find(connection, current_scope(), query.query("received_at"))
    return BatchPage(items=[Batch.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(blueprint, "GET", "/<int:number64>", allow="ledgers.read", gives=Batch, summary="One batch of rows")
def show(number64: int) -> Batch:
    """One batch."""
    with work() as connection:
        row = ledger_batches.find_one(connection, current_scope(), number64)
    if row is None:
        raise NotFound
    return Batch.model_validate(row)
