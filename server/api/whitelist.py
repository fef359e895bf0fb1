"""Whitelist entries: who may be where although a zone forbids it."""

from datetime import datetime
from typing import Annotated, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from server.api.kinds import Absent, Id32, Out, PageAsked, PageOf, Text200, YesNo, page_values
from server.api.operations import operation
from server.store import whitelist
from server.web.access import current_scope, work

blueprint = APIBlueprint("api_whitelist", __name__, url_prefix="/api/v1/whitelist", tag="Whitelist")
WHERE = Annotated[str, StringConstraints(pattern="^(city|[0-9]{1,9})$")]


class WhitelistFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a plate or machine number.")
    zone: WHERE | Absent = Field(default=None, description="Id of a zone, or `city` for entries that hold everywhere.")
    state: Text200 | Absent = Field(default=None, description="State, as a word.")
    purpose: Text200 | Absent = Field(default=None, description="Purpose, as a word.")
    suspended: YesNo | Absent = Field(default=None, description="Whether a suspension is open.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the plant or of the applicant.")
    holds: YesNo | Absent = Field(default=None, description="Whether it holds now.")
    sort: Literal["id", "-id", "valid_from", "-valid_from", "valid_to", "-valid_to"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class WhitelistEntry(Out):
    """Who may be where, for what, from when to when, by whose word."""

    id: int = Field(description="Its id.", examples=[3])
    truck_id: int | None = Field(description="The truck.")
    plate: str | None = Field(description="Its plate.")
    plate_colour: str | None = Field(description="Its colour.")
    machine_id: int | None = Field(description="The machine.")
    machine_number: str | None = Field(description="Its number.")
    zone_code: str | None = Field(description="The zone; null: the whole city.")
    purpose: str = Field(description="What for, as a word.")
    valid_from: datetime = Field(description="Asked for from.")
    valid_to: datetime = Field(description="Asked for until.")
    holds_from: datetime | None = Field(description="Holds from: an approval does not reach back; null: never.")
    holds_to: datetime = Field(description="Holds until the end or the withdrawal.")
    state: str = Field(description="State, as a word.", examples=["active"])
    suspended: bool = Field(description="Whether a suspension holds now: it gives no leave then.")
    gates_only: bool = Field(description="It opens gates in an alert and gives no leave in a zone.")
    enterprise_id: int | None = Field(description="The plant whose gates it opens; null: every plant.")
    plant: str | None = Field(description="Its name.")
    level_to: str | None = Field(description="The highest level of alert it holds in; null: every level.")
    applicant: str | None = Field(description="Who applied.")
    route: str | None = Field(description="The route.")
    review_note: str | None = Field(description="What the review says.")
    decision_note: str | None = Field(description="What the decision says.")
    approver: str | None = Field(description="By whose word.")
    document: str | None = Field(description="The document.")
    note: str | None = Field(description="A note.")


class WhitelistPage(PageOf):
    """A page of entries."""

    items: list[WhitelistEntry] = Field(description="The rows of the page.")


@operation(
    blueprint, "GET", "", allow="whitelist.read", asks=WhitelistFilters, gives=WhitelistPage,
    summary="List whitelist entries",
)  # fmt: skip
def index(query: WhitelistFilters) -> WhitelistPage:
    """A page of entries."""
    with work() as connection:
        found = whitelist.find(connection, query.query("id"), current_scope())
    items = [WhitelistEntry.model_validate(whitelist.WhitelistRow(**row)) for row in found.rows]
    return WhitelistPage(items=items, **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number>", allow="whitelist.read", gives=WhitelistEntry, summary="One whitelist entry"
)
def show(number: int) -> WhitelistEntry:
    """One entry."""
    with work() as connection:
        row = whitelist.find_entry(connection, number, current_scope())
    if row is None:
        raise NotFound
    return WhitelistEntry.model_validate(row)
