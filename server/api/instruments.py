"""Instruments, as the form of an inspection chooses among them."""

from datetime import date, datetime
from typing import Any, Literal

from apiflask import APIBlueprint
from pydantic import Field
from werkzeug.exceptions import NotFound

from enforcement.inspections.instruments import InstrumentKind
from server.api import versions
from server.api.kinds import Absent, Division, Out, PageAsked, PageOf, Text200, page_values
from server.api.operations import operation
from server.store import instruments
from server.web.access import current_scope, work

blueprint = APIBlueprint("api_instruments", __name__, url_prefix="/api/v1/instruments", tag="Instruments")
KIND: Any = Literal[tuple(map(str, InstrumentKind))]
Verified = Literal["verified", "due_soon", "expired", "never", "retired"]


class InstrumentFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a serial number, maker or model.")
    kind: KIND | Absent = Field(default=None, description="Kind of instrument.")
    verification: Verified | Absent = Field(default=None, description="State of its verification today.")
    division: Division | Absent = Field(default=None, description="Area code.")
    sort: Literal["serial", "-serial", "kind", "-kind", "valid_to", "-valid_to"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Instrument(Out):
    """An instrument with its newest verification."""

    id: int = Field(description="Its id.", examples=[3])
    kind: str = Field(description="Kind.", examples=["opacimeter"])
    maker: str = Field(description="Maker.")
    model: str = Field(description="Model.")
    serial: str = Field(description="Serial number.")
    software_version: str | None = Field(description="Version of its software.")
    division: str = Field(description="Area code.", examples=["211300"])
    state: str = Field(description="`active` or `retired`.")
    verification: Verified = Field(description="State of its verification today.")
    certificate: str | None = Field(description="Certificate of the newest verification.")
    valid_from: date | None = Field(description="Its first day.")
    valid_to: date | None = Field(description="Its last day.")
    checked_at: datetime | None = Field(description="The newest zero, span, filter or leak check.")


class InstrumentPage(PageOf):
    """A page of instruments."""

    items: list[Instrument] = Field(description="The rows of the page.")


@operation(
    blueprint, "GET", "", allow="instruments.read", asks=InstrumentFilters, gives=InstrumentPage,
    summary="List instruments", about="The one whose verification ends first stands first.",
)  # fmt: skip
def index(query: InstrumentFilters) -> InstrumentPage:
    """A page of instruments."""
    with work() as connection:
        found = instruments.find(connection, current_scope(), query.query("valid_to", descending=False))
    items = [Instrument.model_validate(row) for row in found.rows]
    return InstrumentPage(items=items, **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number>", allow="instruments.read", gives=Instrument, versioned=True,
    summary="One instrument",
)  # fmt: skip
def show(number: int) -> Instrument:
    """One instrument."""
    with work() as connection:
        row = instruments.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return Instrument.model_validate(row)
