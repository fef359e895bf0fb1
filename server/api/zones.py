"""Control zones with their versions; published, so that every reader sees all."""

import json
from datetime import UTC, datetime
from typing import Any, Literal

import shapely
from apiflask import APIBlueprint
from pydantic import Field
from werkzeug.exceptions import NotFound

from server.api.kinds import Absent, Out, PageAsked, PageOf, Text200, YesNo, page_values
from server.api.operations import operation
from server.store import zones
from server.store.zones import ZoneVersionRow
from server.web.access import work

blueprint = APIBlueprint("api_zones", __name__, url_prefix="/api/v1/zones", tag="Zones")


class ZoneFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a name or code.")
    division: Text200 | Absent = Field(default=None, description="Beginning of the area code: 2113 for a city.")
    in_force: YesNo | Absent = Field(default=None, description="Whether a version is in force now.")
    sort: Literal["code", "-code", "valid_from", "-valid_from", "area_m2", "-area_m2"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Zone(Out):
    """A zone; `version` and what follows speak of the version in force, else of the newest."""

    code: str = Field(description="Its code.", examples=["Z1"])
    name_zh: str = Field(description="Name in Chinese.")
    name_en: str = Field(description="Name in English.")
    division: str = Field(description="Area code.", examples=["211302"])
    versions_n: int = Field(description="How many versions there are.")
    version: int | None = Field(validation_alias="version_number", description="Number of the version.")
    in_force: bool = Field(description="Whether it is in force now.")
    valid_from: datetime | None = Field(description="From when on.")
    valid_to: datetime | None = Field(description="Until when; null: until further notice.")
    area_m2: float | None = Field(description="Area, square metres.")


class ZonePage(PageOf):
    """A page of zones."""

    items: list[Zone] = Field(description="The rows of the page.")


class ZoneVersion(Out):
    """A version: never changed, only ended."""

    number: int = Field(description="Its number.", examples=[1])
    valid_from: datetime = Field(description="From when on.")
    valid_to: datetime | None = Field(description="Until when; null: until further notice.")
    geometry: dict[str, Any] = Field(
        description="GeoJSON MultiPolygon, WGS-84; the boundary counts as inside.",
        examples=[{"type": "MultiPolygon", "coordinates": []}],
    )
    terms: dict[str, Any] = Field(description="Whom it binds, when, to what, under which document.")
    crs_declared: Literal["wgs84", "gcj02", "bd09"] = Field(description="What the source spoke; converted once.")
    source: str | None = Field(description="Where it came from.")
    note: str | None = Field(description="A note.")
    area_m2: float = Field(description="Area, square metres.")


class ZoneDetail(Zone):
    """A zone with all its versions."""

    versions: list[ZoneVersion] = Field(description="Oldest first.")


@operation(blueprint, "GET", "", allow="zones.read", asks=ZoneFilters, gives=ZonePage, summary="List zones")
def index(query: ZoneFilters) -> ZonePage:
    """A page of zones."""
    with work() as connection:
        found = zones.find(connection, query.query("code", descending=False), datetime.now(UTC))
    return ZonePage(items=[Zone.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/<string:code>", allow="zones.read", gives=ZoneDetail, summary="One zone",
    about="With every version: geometry as GeoJSON, and terms.",
)  # fmt: skip
def show(code: str) -> ZoneDetail:
    """One zone."""
    now = datetime.now(UTC)
    with work() as connection:
        zone_id = zones.find_zone_id(connection, code) if "\0" not in code else None
        row = zones.find_zone(connection, zone_id, now) if zone_id is not None else None
        if row is None:
            raise NotFound
        versions = [_version(one) for one in zones.list_versions(connection, row.id)]
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return ZoneDetail.model_validate({**values, "versions": versions})


def _version(row: ZoneVersionRow) -> ZoneVersion:
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return ZoneVersion.model_validate({**values, "geometry": json.loads(shapely.to_geojson(row.geometry))})
