"""The register of machines at sites: list, one stay, coming, leaving, correction."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from enforcement.registry.categories import MachineCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.stages import Stage
from server.api import versions
from server.api.errors import refused_fields
from server.api.idempotency import creating
from server.api.kinds import (
    NO_NUL,
    Absent,
    Day,
    Id32,
    In,
    Moment,
    Out,
    PageAsked,
    PageOf,
    Text200,
    YesNo,
    page_values,
)  # fmt: skip
from server.api.operations import operation
from server.flows import keep_stay
from server.flows.keep_stay import StayDraft
from server.flows.refusals import Refused as FlowRefused
from server.store import site_stays
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_site_stays", __name__, url_prefix="/api/v1/site-stays", tag="Sites")
CATEGORY: Any = Literal[tuple(map(str, MachineCategory))]
STAGE: Any = Literal[tuple(map(str, Stage))]
FUEL: Any = Literal[tuple(map(str, Fuel))]
Why = Annotated[str, StringConstraints(min_length=4, max_length=500, pattern=NO_NUL)]


class StayFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of the machine's number.")
    site: Id32 | Absent = Field(default=None, description="Id of the site.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    machine: Id32 | Absent = Field(default=None, description="Id of the machine.")
    present: YesNo | Absent = Field(default=None, description="Whether it is registered as still there.")
    from_: Day | Absent = Field(default=None, alias="from", description="Present on or after this local day.")
    to: Day | Absent = Field(default=None, description="Came on or before this local day.")
    sort: Literal["entered_at", "-entered_at", "machine", "-machine"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Stay(Out):
    """A machine at a site, from when it came until it left."""

    id: int = Field(description="Its number.", examples=[1])
    site_id: int = Field(description="The site.")
    site: str = Field(description="Its name.")
    enterprise_id: int = Field(description="The enterprise of the site.")
    machine_text: str = Field(description="The machine's number as it was given.", examples=["3-6NA00077"])
    machine_id: int | None = Field(
        validation_alias="known_machine_id",
        description="The machine in the register; null: it is not there, or to an enterprise not its own.",
    )
    category: str | None = Field(description="Kind of machine, as it was given.")
    stage: str | None = Field(description="Emission stage, as it was given.")
    fuel: str | None = Field(description="Fuel, as it was given.")
    entered_at: datetime = Field(description="When it came.")
    left_at: datetime | None = Field(description="When it left; null: it is registered as present.")
    person: str | None = Field(description="Who answered for it.")
    note: str | None = Field(description="A note.")
    recorded_at: datetime = Field(description="When it was recorded.")
    version: int = Field(description="Rises with each change.", examples=[1])
    history: list[dict[str, Any]] = Field(description="What it said before each change, the oldest first, and why.")


class StayPage(PageOf):
    """A page of stays."""

    items: list[Stay] = Field(description="The rows of the page.")


class StayFacts(In):
    """What is recorded of a machine at a site."""

    machine: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)] = Field(
        description="Registration number, PIN or machine code."
    )
    entered_at: Moment = Field(description="When it came.")
    left_at: Moment | None = Field(default=None, description="When it left; null: it is still there.")
    category: CATEGORY | None = Field(default=None, description="Kind of machine.")
    stage: STAGE | None = Field(default=None, description="Emission stage.")
    fuel: FUEL | None = Field(default=None, description="Fuel.")
    person: Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)] = Field(
        default="", description="Who answers for it."
    )
    note: Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] = Field(default="", description="A note.")


class StayNew(StayFacts):
    """A machine that came to a site."""

    site_id: Id32 = Field(description="The site.")


class StayCorrection(StayFacts):
    """What it should have said, whole, and why."""

    reason: Why = Field(description="Why.")


class Leaving(In):
    """When it left."""

    left_at: Moment = Field(description="When it left.")


EXAMPLE = {"site_id": 1, "machine": "3-6NA00077", "entered_at": "2026-11-24T07:30:00+08:00", "stage": "3"}


def _draft(body: StayFacts, site_id: int | None = None) -> StayDraft:
    return StayDraft(
        site_id, body.machine, body.entered_at, body.left_at, body.category or "", body.stage or "", body.fuel or "",
        body.person, body.note,
    )  # fmt: skip


@operation(blueprint, "GET", "", allow="sites.read", asks=StayFilters, gives=StayPage, summary="List machines at sites")
def index(query: StayFilters) -> StayPage:
    """A page of stays."""
    with work() as connection:
        found = site_stays.find(connection, current_scope(), query.query("entered_at"))
    return StayPage(items=[Stay.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number64>", allow="sites.read", gives=Stay, versioned=True, summary="One stay of a machine"
)
def show(number64: int) -> Stay:
    """One stay."""
    return _stay(number64)


def _stay(number: int) -> Stay:
    with work() as connection:
        row = site_stays.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return Stay.model_validate(row)


@operation(
    blueprint, "POST", "", allow="site_stays.record", takes=StayNew, gives=Stay, status=201,
    summary="Register a machine that came to a site", about="A machine is at a site once at a time.",
    examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: StayNew) -> Stay:
    """A machine came."""
    try:
        with creating() as connection:
            draft = _draft(body, body.site_id)
            number = keep_stay.enter(connection, current_actor(), current_scope(), draft, datetime.now(UTC))
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _stay(number)


@operation(
    blueprint, "POST", "/<int:number64>/leaving", allow="site_stays.record", takes=Leaving, gives=Stay, refuses=(412,),
    versioned=True, summary="Register that a machine left",
)  # fmt: skip
def leave(body: Leaving, number64: int) -> Stay:
    """It left."""

    def write(connection: Connection, row: dict[str, Any]) -> None:
        keep_stay.leave(
            connection, current_actor(), current_scope(), number64, row["version"], body.left_at, datetime.now(UTC)
        )

    return _write(number64, write)


@operation(
    blueprint, "PUT", "/<int:number64>", allow="site_stays.record", takes=StayCorrection, gives=Stay, refuses=(412,),
    versioned=True, summary="Correct a stay", about="What it said before stays in `history`, with the reason.",
)  # fmt: skip
def correct(body: StayCorrection, number64: int) -> Stay:
    """What was recorded was wrong."""

    def write(connection: Connection, row: dict[str, Any]) -> None:
        keep_stay.correct(
            connection, current_actor(), current_scope(), number64, row["version"], _draft(body), body.reason,
            datetime.now(UTC),
        )  # fmt: skip

    return _write(number64, write)


def _write(number: int, write: Callable[[Connection, dict[str, Any]], None]) -> Stay:
    try:
        with work() as connection:
            row = site_stays.find_one(connection, current_scope(), number, hold=True)
            if row is None:
                raise NotFound
            versions.check(row)
            write(connection, row)
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _stay(number)
