"""Administrative areas by GB/T 2260 code."""

from typing import Annotated, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints

from server.api.kinds import Absent, Out, PageOf, PagesAsked, page_values
from server.api.operations import operation
from server.store import divisions
from server.store.paging import Found
from server.web.access import SIGNED_IN, work

blueprint = APIBlueprint("api_divisions", __name__, url_prefix="/api/v1/divisions", tag="Divisions")
BEGIN = Annotated[str, StringConstraints(pattern="^[0-9]{1,6}$")]
Level = Literal["province", "city", "county"]


class DivisionFilters(PagesAsked):
    """Which areas."""

    prefix: BEGIN | Absent = Field(
        default=None, description="Beginning of the code: 2113 for a city with its counties."
    )
    level: Level | Absent = Field(default=None, description="Level.")


class DivisionOut(Out):
    """An administrative area."""

    code: str = Field(description="GB/T 2260 code.", examples=["211302"])
    parent: str | None = Field(description="Code of the area it belongs to.", examples=["211300"])
    level: Level = Field(description="Level.")
    name_zh: str = Field(description="Name in Chinese.")
    name_en: str = Field(description="Name in English.")


class DivisionPage(PageOf):
    """A page of areas."""

    items: list[DivisionOut] = Field(description="The rows of the page, by code.")


@operation(
    blueprint, "GET", "", allow=SIGNED_IN, asks=DivisionFilters, gives=DivisionPage, summary="List administrative areas"
)
def index(query: DivisionFilters) -> DivisionPage:
    """A page of areas."""
    with work() as connection:
        rows = divisions.list_divisions(connection, query.prefix or "", query.level)
    begin = (query.page - 1) * query.limit
    items = [DivisionOut.model_validate(row) for row in rows[begin : begin + query.limit]]
    return DivisionPage(items=items, **page_values(query, Found([], len(rows))))
