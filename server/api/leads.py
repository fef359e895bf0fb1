"""Leads: what a person still has to check."""

from datetime import datetime
from typing import Any, Literal

from apiflask import APIBlueprint
from pydantic import Field
from werkzeug.exceptions import NotFound

from server.api.kinds import Absent, Day, Id32, Id64, Out, PageAsked, PageOf, Text200, page_values
from server.api.operations import operation
from server.store import leads
from server.web.access import current_scope, work

blueprint = APIBlueprint("api_leads", __name__, url_prefix="/api/v1/leads", tag="Leads")
Status = Literal["open", "settled", "dismissed"]


class LeadFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a device name.")
    status: Status | Absent = Field(default=None, description="State.")
    kind: Text200 | Absent = Field(default=None, description="Kind, as a word.")
    zone: Id32 | Absent = Field(default=None, description="Id of the zone.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    alert: Id32 | Absent = Field(default=None, description="Id of the alert.")
    passage: Id64 | Absent = Field(default=None, description="Id of the row of ledger A.")
    from_day: Day | Absent = Field(default=None, alias="from", description="Seen on or after this local day.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Begun on or before this local day.")
    sort: Literal["last_at", "-last_at", "first_at", "-first_at", "times", "-times"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Lead(Out):
    """Something that a person has to look at."""

    id: int = Field(description="Its id.", examples=[5])
    kind: str = Field(description="Kind, as a word.", examples=["unknown_device"])
    status: Status = Field(description="State.")
    terminal_id: int | None = Field(description="The terminal, where it is on file.")
    device: str | None = Field(description="The device name.")
    zone_id: int | None = Field(description="The zone.")
    zone_zh: str | None = Field(description="Its name in Chinese.")
    zone_en: str | None = Field(description="Its name in English.")
    enterprise_id: int | None = Field(description="The enterprise it is about.")
    truck_id: int | None = Field(description="The truck.")
    machine_id: int | None = Field(description="The machine.")
    alert_id: int | None = Field(description="The alert it happened in.")
    passage_id: int | None = Field(description="The row of ledger A it rests on; retention may have taken it.")
    division: str | None = Field(description="Area code.")
    first_at: datetime = Field(description="First seen.")
    last_at: datetime = Field(description="Last seen.")
    times: int = Field(description="How often.", examples=[1])
    lon: float | None = Field(description="Where, degrees WGS-84.")
    lat: float | None = Field(description="Where, degrees WGS-84.")
    detail: dict[str, Any] = Field(description="What else is known.")
    created_at: datetime = Field(description="When it was made.")
    decided_at: datetime | None = Field(description="When it was settled or dismissed.")
    decision_reason: str | None = Field(description="Why, as a code.")
    decision_note: str | None = Field(description="In the officer's words.")


class LeadPage(PageOf):
    """A page of leads."""

    items: list[Lead] = Field(description="The rows of the page.")


@operation(blueprint, "GET", "", allow="leads.read", asks=LeadFilters, gives=LeadPage, summary="List leads")
def index(query: LeadFilters) -> LeadPage:
    """A page of leads."""
    with work() as connection:
        found = leads.find(connection, current_scope(), query.query("last_at"))
    return LeadPage(items=[Lead.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(blueprint, "GET", "/<int:number64>", allow="leads.read", gives=Lead, summary="One lead")
def show(number64: int) -> Lead:
    """One lead."""
    with work() as connection:
        row = leads.find_one(connection, current_scope(), number64)
    if row is None:
        raise NotFound
    return Lead.model_validate(row)
