"""Repair notices and what stations' systems do with them: look up, take in, upload, test again."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from server.api import versions
from server.api.errors import refused_fields
from server.api.idempotency import claim_in
from server.api.kinds import (
    NO_NUL,
    Absent,
    Division,
    Id64,
    In,
    Moment,
    Out,
    PageAsked,
    PageOf,
    Text200,
    YesNo,
    page_values,
)
from server.api.operations import operation
from server.db import transaction
from server.flows import repair_work, rule_book
from server.flows.refusals import Refused
from server.flows.repair_work import Work
from server.store import audit, calendar_days, repairs
from server.store import repair_work as works
from server.web.access import current_account, current_actor, current_scope, engine, work

blueprint = APIBlueprint("api_repairs", __name__, url_prefix="/api/v1/repairs", tag="Repairs")
State = Literal["issued", "in_repair", "repaired", "passed", "failed_again", "withdrawn", "scrapped"]
Short = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=NO_NUL)]
Unit = Annotated[str, StringConstraints(max_length=20, pattern=NO_NUL)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_NUL)]


class NoticeFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a plate, or a whole notice number or VIN.")
    overdue: YesNo | Absent = Field(default=None, description="Whether the last day is over and nothing passed.")
    open: YesNo | Absent = Field(default=None, description="Whether it is still to be repaired or tested.")
    state: State | Absent = Field(default=None, description="State.")
    division: Division | Absent = Field(default=None, description="Area code.")
    sort: Literal["due_on", "-due_on", "issued_on", "-issued_on", "number", "-number"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class FailedItem(Out):
    """An item that failed, in words."""

    name: str = Field(description="Item.", examples=["烟度均值"])
    value: str = Field(description="Value.", examples=["1.95"])
    limit: str = Field(description="Limit.", examples=["1.61"])
    unit: str = Field(description="Unit.", examples=["m⁻¹"])


class Notice(Out):
    """A repair notice."""

    id: int = Field(description="Its id.", examples=[17])
    number: str = Field(description="Its number.", examples=["W20261124-000017"])
    version: int = Field(description="Version; a change names it.")
    subject_text: str = Field(description="Plate or machine number.")
    plate_colour: str | None = Field(description="Plate colour.")
    vin: str | None = Field(description="VIN, or the product number of a machine.")
    failed_items: list[FailedItem] = Field(description="What failed.")
    issued_on: date = Field(description="Local day of issue.")
    due_on: date = Field(description="Last local day for a passed re-test.")
    overdue: bool = Field(description="Whether that day is over.")
    state: State = Field(description="State.")
    division: str = Field(description="Area code.")
    closed_at: datetime | None = Field(description="When it was closed.")


class NoticePage(PageOf):
    """A page of notices."""

    items: list[Notice] = Field(description="The rows of the page.")


class Part(In):
    """A part that was fitted."""

    name: Line = Field(description="What.")
    amount: int = Field(default=1, ge=1, le=999999, description="How many.")


class Reading(In):
    """A value that the station measured."""

    name: Line = Field(description="Item.", examples=["烟度"])
    value: float = Field(description="Value.", examples=[0.4])
    unit: Annotated[str, StringConstraints(max_length=20, pattern=NO_NUL)] = Field(
        description="Unit.", examples=["m⁻¹"]
    )


class RepairOut(Out):
    """The work of a station on a notice."""

    id: int = Field(description="Its id.")
    version: int = Field(description="Version; a change names it.")
    station_code: str = Field(description="The station.")
    work_order: str = Field(description="Its work order.")
    accepted_at: datetime = Field(description="When it was taken in.")
    finished_at: datetime | None = Field(description="When it was finished.")
    fault_codes: list[str] = Field(description="Fault codes.")
    items: list[str] = Field(description="What was repaired.")
    parts: list[dict[str, Any]] = Field(description="Parts.")
    readings_before: dict[str, Any] = Field(description="Readings before, as `rows`.")
    readings_after: dict[str, Any] = Field(description="Readings after, as `rows`.")
    certificate: str | None = Field(description="Number of the repair certificate.")


class NoticeDetail(Notice):
    """One notice with the work that the caller may see."""

    repairs: list[RepairOut] = Field(description="The work, in order.")


class LookupIn(In):
    """What whoever brings the vehicle tells."""

    plate: Short = Field(description="Plate or machine number.")
    number: Short = Field(description="Number of the notice, or VIN.")


class BeginIn(In):
    """A work order is opened."""

    version: int = Field(ge=1, le=2147483647, description="Version of the notice.")
    work_order: Short = Field(description="Number of the work order, unique at the station.")
    accepted_at: Moment = Field(description="When the vehicle was taken in.")


class WorkIn(In):
    """The record of the work; with `finished_at` the repair is over."""

    version: int = Field(ge=1, le=2147483647, description="Version of the work.")
    fault_codes: list[Short] = Field(default_factory=list, max_length=100, description="Fault codes.")
    items: list[Line] = Field(default_factory=list, max_length=100, description="What was repaired.")
    parts: list[Part] = Field(default_factory=list, max_length=100, description="Parts.")
    readings_before: list[Reading] = Field(default_factory=list, max_length=100, description="Readings before.")
    readings_after: list[Reading] = Field(default_factory=list, max_length=100, description="Readings after.")
    certificate: Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)] = Field(
        default="", description="Number of the repair certificate."
    )
    finished_at: Moment | None = Field(default=None, description="When it was finished; null while it goes on.")


class RetestIn(In):
    """An inspection that counts as the re-test."""

    version: int = Field(ge=1, le=2147483647, description="Version of the notice.")
    inspection_id: Id64 = Field(description="The inspection.")


@operation(
    blueprint, "GET", "", allow="repairs.read", asks=NoticeFilters, gives=NoticePage, summary="List repair notices"
)
def index(query: NoticeFilters) -> NoticePage:
    """A page of notices; a station gets those that it looked up."""
    with work() as connection:
        found = repairs.find(connection, current_scope(), query.query("due_on", descending=False))
    return NoticePage(items=[Notice.model_validate(row) for row in found.rows], **page_values(query, found))


def _versioned(notice: dict[str, Any], done: list[dict[str, Any]]) -> dict[str, Any]:
    """The notice with a version that rises with every change of its work, too."""
    return {**notice, "version": f"{notice['version']}.{sum(one['version'] for one in done)}"}


def _detail(number: int) -> NoticeDetail:
    with work() as connection:
        row = repairs.find_one(connection, current_scope(), number)
        if row is None:
            raise NotFound
        done = works.repairs_of(connection, number)
    versions.tag_of(_versioned(row, done))
    return NoticeDetail.model_validate({**row, "repairs": done})


@operation(
    blueprint,
    "GET",
    "/<int:number64>",
    allow="repairs.read",
    gives=NoticeDetail,
    versioned=True,
    summary="One repair notice",
)
def show(number64: int) -> NoticeDetail:
    """One notice."""
    return _detail(number64)


@operation(
    blueprint, "POST", "/lookup", allow="repairs.record", takes=LookupIn, gives=NoticeDetail,
    refuses=(404,), summary="Look up a notice",
    about="By plate and number, or plate and VIN. From then on the station sees the notice; it sees no other.",
)  # fmt: skip
def look_up(body: LookupIn) -> NoticeDetail:
    """Look up a notice."""
    with work() as connection:
        found = repairs.look_up(connection, body.number, body.plate, current_actor().user_id)
        if found is None:
            raise NotFound
        audit.append(connection, current_actor(), "repair.look_up", "repair_notice", found, body.model_dump())
    return _detail(found)


def _act(number: int, step: Callable[[repair_work.Who], object]) -> NoticeDetail:
    with work() as connection:
        notice = repairs.find_one(connection, current_scope(), number)
        if notice is None:
            raise NotFound
        versions.check(_versioned(notice, works.repairs_of(connection, number)))  # and the body names its version
    try:
        with transaction(engine()) as connection:
            claim_in(connection)
            rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
            step((connection, current_actor(), current_account(), rules, calendar))
    except LookupError:
        raise NotFound from None
    except Refused as refused:
        raise refused_fields(refused) from refused
    return _detail(number)


@operation(
    blueprint, "POST", "/<int:number64>/work-orders", allow="repairs.record", takes=BeginIn, gives=NoticeDetail,
    status=201, versioned=True, summary="Open a work order",
    examples={"body": {"version": 1, "work_order": "WX-2026-0117", "accepted_at": "2026-11-24T08:15:00+08:00"}},
)  # fmt: skip
def begin(body: BeginIn, number64: int) -> NoticeDetail:
    """A maintenance station takes the vehicle in."""
    return _act(
        number64, lambda who: repair_work.begin(*who, number64, body.version, body.work_order, body.accepted_at)
    )


@operation(
    blueprint, "PUT", "/<int:number64>/work-orders/<int:number>", allow="repairs.record", takes=WorkIn,
    gives=NoticeDetail, versioned=True, summary="Upload the work",
    about="The whole record takes the place of the one before; a finished record cannot be changed. "
    "If-Match names the notice.",
    examples={"body": {"version": 1, "items": ["更换颗粒捕集器"], "fault_codes": ["P2002"]}},
)  # fmt: skip
def put_work(body: WorkIn, number64: int, number: int) -> NoticeDetail:
    """Keep the work, or finish it."""
    told = body.model_dump(exclude={"version", "certificate", "finished_at"})
    lists: dict[str, Any] = {name: tuple(value) for name, value in told.items()}
    done = Work(**lists, certificate=body.certificate, finished_at=body.finished_at)
    return _act(number64, lambda who: repair_work.put_work(*who, number, body.version, done))


@operation(
    blueprint, "POST", "/<int:number64>/retests", allow="retests.record", takes=RetestIn, gives=NoticeDetail,
    status=201, versioned=True, summary="Count an inspection as the re-test",
    examples={"body": {"version": 3, "inspection_id": 17}},
    about="Refused without the record of a finished repair. Passed, it closes the notice; failed, the loop goes on.",
)  # fmt: skip
def retest(body: RetestIn, number64: int) -> NoticeDetail:
    """Test again."""
    return _act(number64, lambda who: repair_work.retest(*who, number64, body.version, body.inspection_id))
