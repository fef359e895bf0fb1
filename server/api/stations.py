"""Inspection and maintenance stations: the list and one of them."""

from datetime import date
from typing import Literal

from apiflask import APIBlueprint
from pydantic import Field
from werkzeug.exceptions import NotFound

from server.api import versions
from server.api.kinds import Absent, Division, Out, PageAsked, PageOf, Text200, page_values
from server.api.operations import operation
from server.store import stations
from server.web.access import current_scope, work

blueprint = APIBlueprint("api_stations", __name__, url_prefix="/api/v1/stations", tag="Stations")
Kind = Literal["inspection", "maintenance"]
State = Literal["active", "suspended", "closed"]


class StationFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a name, code or address.")
    kind: Kind | Absent = Field(default=None, description="Kind.")
    state: State | Absent = Field(default=None, description="State.")
    division: Division | Absent = Field(default=None, description="Area code.")
    sort: Literal["name", "-name", "code", "-code"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Station(Out):
    """A station."""

    id: int = Field(description="Its id.", examples=[3])
    code: str = Field(description="Its code.", examples=["M-001"])
    kind: Kind = Field(description="Whether it tests or repairs.")
    name: str = Field(description="Its name.")
    division: str = Field(description="Area code.")
    address: str | None = Field(description="Address.")
    phone: str | None = Field(description="Phone.")
    lon: float | None = Field(description="Longitude, WGS-84.")
    lat: float | None = Field(description="Latitude, WGS-84.")
    licence: str | None = Field(description="Its licence.")
    licence_valid_to: date | None = Field(description="Last day of the licence.")
    state: State = Field(description="State.")


class StationPage(PageOf):
    """A page of stations."""

    items: list[Station] = Field(description="The rows of the page.")


@operation(blueprint, "GET", "", allow="stations.read", asks=StationFilters, gives=StationPage, summary="List stations")
def index(query: StationFilters) -> StationPage:
    """A page of stations."""
    with work() as connection:
        found = stations.find(connection, current_scope(), query.query("name", descending=False))
    return StationPage(items=[Station.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number>", allow="stations.read", gives=Station, versioned=True, summary="One station"
)
def show(number: int) -> Station:
    """One station."""
    with work() as connection:
        row = stations.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return Station.model_validate(row)
