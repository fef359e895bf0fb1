"""Sites of enterprises with their boundaries, and the machines on them by register and by telemetry."""

from datetime import date, datetime
from typing import Any, Literal

from apiflask import APIBlueprint
from pydantic import Field
from werkzeug.exceptions import NotFound

from server.api import versions
from server.api.kinds import Absent, Division, Id32, Out, PageAsked, PageOf, Text200, page_values
from server.api.operations import operation
from server.store import machines_on_site, site_boundaries, sites
from server.web.access import current_scope, work

blueprint = APIBlueprint("api_sites", __name__, url_prefix="/api/v1/sites", tag="Sites")
Kind: Any = Literal[tuple(sites.KINDS)]


class SiteFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of the name, address, contractor or enterprise.")
    kind: Kind | Absent = Field(default=None, description="Kind of site.")
    state: Literal["active", "closed"] | Absent = Field(default=None, description="Whether it is in use.")
    division: Division | Absent = Field(default=None, description="Area code.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    sort: Literal["name", "-name", "division", "-division", "created_at", "-created_at"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Site(Out):
    """A site of an enterprise."""

    id: int = Field(description="Its number.", examples=[1])
    name: str = Field(description="Its name.", examples=["厂区"])
    kind: Kind = Field(description="Kind of site.")
    state: Literal["active", "closed"] = Field(description="Whether it is in use.")
    enterprise_id: int = Field(description="The enterprise.")
    enterprise: str = Field(description="Its name.")
    division: str = Field(description="Area code.", examples=["211302"])
    address: str | None = Field(description="Address.")
    contractor: str | None = Field(description="Who builds or works there.")
    permit: str | None = Field(description="Number of the permit.")
    begins_on: date | None = Field(description="First day.")
    ends_on: date | None = Field(description="Last day.")
    present_n: int = Field(description="Machines registered as present.")
    boundary_number: int | None = Field(description="Number of the boundary's version; null: not drawn.")
    boundary_from: datetime | None = Field(description="From when on it counts.")
    area_m2: float | None = Field(description="Its size, square metres.")
    version: int = Field(description="Rises with each change.", examples=[1])


class SitePage(PageOf):
    """A page of sites."""

    items: list[Site] = Field(description="The rows of the page.")


class MachineOnSite(Out):
    """A machine that the register or telemetry says is on site now."""

    number: str = Field(description="Its number.")
    machine_id: int | None = Field(description="Its id in the register; null: not registered, or not yours.")
    stay_id: int | None = Field(description="The stay that registers it as present.")
    entered_at: datetime | None = Field(description="When it came, by the register.")
    seen_from: datetime | None = Field(description="Since when telemetry sees it on site.")
    reported_at: datetime | None = Field(description="When its terminal last said anything, wherever.")
    standing: Literal["both", "seen_only", "registered_only"] = Field(description="How the two compare.")


class SiteDetail(Site):
    """A site with its boundary and the machines on it."""

    geometry: dict[str, Any] | None = Field(
        description="The newest boundary as GeoJSON MultiPolygon, WGS-84; null: not drawn."
    )
    machines: list[MachineOnSite] = Field(
        description="Machines on site now. To an enterprise telemetry is told of its own machines."
    )


@operation(blueprint, "GET", "", allow="sites.read", asks=SiteFilters, gives=SitePage, summary="List sites")
def index(query: SiteFilters) -> SitePage:
    """A page of sites."""
    with work() as connection:
        found = sites.find(connection, current_scope(), query.query("name", descending=False))
    return SitePage(items=[Site.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number>", allow="sites.read", gives=SiteDetail, versioned=True, summary="One site",
    about="With its boundary, and the machines on it by register and by telemetry.",
)  # fmt: skip
def show(number: int) -> SiteDetail:
    """One site."""
    with work() as connection:
        row = sites.find_one(connection, current_scope(), number)
        if row is None:
            raise NotFound
        geometry = site_boundaries.geometry_of(connection, row["zone_id"])
        machines = machines_on_site.side_by_side(connection, number, row["zone_id"])
    versions.tag_of(row)
    return SiteDetail.model_validate({**row, "geometry": geometry, "machines": machines})
