"""Frames that could not be taken, whole, with the cause."""

from datetime import datetime
from typing import Annotated, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from server.api.kinds import Absent, Day, Out, PageAsked, PageOf, Text200, page_values
from server.api.operations import operation
from server.store import quarantine
from server.web.access import current_scope, work

blueprint = APIBlueprint("api_quarantine", __name__, url_prefix="/api/v1/quarantine", tag="Quarantine")
State = Literal["held", "replayed", "set_aside"]
SHA256 = Annotated[str, StringConstraints(pattern="^[0-9A-Fa-f]{64}$")]


class QuarantineFilters(PageAsked):
    """The filters of the list."""

    code: Text200 | Absent = Field(default=None, description="Cause, as a word.")
    kind: Text200 | Absent = Field(default=None, description="Kind of terminal.")
    device: Text200 | Absent = Field(default=None, description="Part of the device name.")
    state: State | Absent = Field(default=None, description="State.")
    sha256: SHA256 | Absent = Field(default=None, description="SHA-256 of the frame.")
    from_day: Day | Absent = Field(default=None, alias="from", description="Received last on or after this local day.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Received last on or before this local day.")
    sort: Literal["id", "-id", "last_received_at", "-last_received_at", "times", "-times"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Held(Out):
    """A frame in quarantine."""

    id: int = Field(description="Its id.", examples=[8])
    received_at: datetime = Field(description="Received first.")
    last_received_at: datetime = Field(description="Received last.")
    times: int = Field(description="How often.", examples=[1])
    kind: str = Field(description="Kind of terminal, from the topic.")
    device: str = Field(description="Device, from the topic.")
    topic: str = Field(description="The topic.")
    code: str = Field(description="Cause, as a word.", examples=["check_byte"])
    at_byte: int = Field(description="The byte at which it showed.")
    detail: str = Field(description="In one line.")
    sha256: str = Field(description="SHA-256 of the frame.")
    length: int = Field(description="Its length, bytes.")
    state: State = Field(description="State.")
    settled_at: datetime | None = Field(description="When it was settled.")
    reason: str | None = Field(description="Why it was set aside.")
    terminal_id: int | None = Field(description="The terminal, where it is on file.")


class HeldPage(PageOf):
    """A page of the quarantine."""

    items: list[Held] = Field(description="The rows of the page.")


class HeldFrame(Held):
    """A frame with its bytes."""

    hex: str = Field(description="The bytes as they came.")


@operation(
    blueprint, "GET", "", allow="quarantine.read", asks=QuarantineFilters, gives=HeldPage, summary="List the quarantine"
)
def index(query: QuarantineFilters) -> HeldPage:
    """A page of the quarantine."""
    with work() as connection:
        found = quarantine.find(connection, query.query("id"), current_scope())
    return HeldPage(items=[Held.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number64>", allow="quarantine.read", gives=HeldFrame, summary="One frame of the quarantine"
)
def show(number64: int) -> HeldFrame:
    """One frame."""
    with work() as connection:
        row = quarantine.find_one(connection, number64, current_scope())
    if row is None:
        raise NotFound
    return HeldFrame.model_validate({**row, "hex": row["raw"].hex()})
