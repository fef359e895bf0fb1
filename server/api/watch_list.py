"""The watch list: entries that officers made; what follows from records; adding, withdrawing."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from enforcement.registry.plates import PlateColour
from enforcement.registry.watch_reasons import ENTERED
from server.api import versions
from server.api.errors import refused_fields
from server.api.idempotency import creating
from server.api.kinds import (
    NO_NUL,
    Absent,
    Day,
    Division,
    Id32,
    In,
    Out,
    PageAsked,
    PageOf,
    Text200,
    page_values,
)  # fmt: skip
from server.api.operations import operation
from server.flows import keep_watch
from server.flows.inspection_subjects import SubjectGiven
from server.flows.keep_watch import WatchDraft
from server.flows.refusals import Refused as FlowRefused
from server.store import watch_entries
from server.web.access import current_account, current_actor, current_scope, work

blueprint = APIBlueprint("api_watch_list", __name__, url_prefix="/api/v1/watch-list", tag="Watch list")
PUT_DOWN: Any = Literal[tuple(map(str, ENTERED))]
COLOUR: Any = Literal[tuple(map(str, PlateColour))]
Standing = Literal["active", "planned", "ended", "withdrawn"]
Why = Annotated[str, StringConstraints(min_length=4, max_length=500, pattern=NO_NUL)]


class WatchFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a plate or machine number.")
    reason: PUT_DOWN | Absent = Field(default=None, description="Why, as a code.")
    standing: Standing | Absent = Field(default=None, description="`active`: it holds today.")
    subject: Literal["truck", "machine"] | Absent = Field(default=None, description="Kind of subject.")
    division: Division | Absent = Field(default=None, description="Area code.")
    truck: Id32 | Absent = Field(default=None, description="Id of the truck.")
    machine: Id32 | Absent = Field(default=None, description="Id of the machine.")
    sort: Literal["created_at", "-created_at", "from_on", "-from_on", "until_on", "-until_on"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class WatchEntry(Out):
    """A truck or machine to look out for."""

    id: int = Field(description="Its id.", examples=[3])
    version: int = Field(description="Its newest version.", examples=[1])
    subject_text: str = Field(description="Plate or machine number.", examples=["辽NA1234"])
    plate_colour: str | None = Field(description="Plate colour; null: a machine.", examples=["yellow"])
    truck_id: int | None = Field(description="The truck, where the register holds it.")
    machine_id: int | None = Field(description="The machine, where the register holds it.")
    reason: str = Field(description="Why, as a code.", examples=["smoke_reported"])
    note: str = Field(description="What to look for.")
    standing: Standing = Field(description="Whether it holds today.")
    from_on: date = Field(description="First local day.")
    until_on: date | None = Field(description="Last local day; null: until it is withdrawn.")
    division: str = Field(description="Area code.", examples=["211302"])
    created_at: datetime = Field(description="When it was made.")
    withdrawn_at: datetime | None = Field(description="When it was withdrawn.")
    withdrawn_reason: str | None = Field(description="Why it was withdrawn.")


class WatchPage(PageOf):
    """A page of entries."""

    items: list[WatchEntry] = Field(description="The rows of the page.")


class WatchNew(In):
    """A truck or machine to be watched."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)] = Field(
        description="Plate or machine number."
    )
    colour: COLOUR | None = Field(default=None, description="Plate colour; needed for a truck that is not registered.")
    subject_kind: Literal["truck", "machine"] | None = Field(
        default=None, description="Needed where the register does not hold the number."
    )
    reason: PUT_DOWN = Field(description="Why; `other` needs a note.")
    note: Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] = Field(
        default="", description="What to look for."
    )
    from_on: Day | None = Field(default=None, description="First local day; null: today.")
    until_on: Day | None = Field(default=None, description="Last local day; null: until it is withdrawn.")


class WatchWithdrawal(In):
    """Why it is withdrawn."""

    reason: Why = Field(description="Why.")


EXAMPLE = {"subject": "辽NA1234", "colour": "yellow", "subject_kind": "truck", "reason": "smoke_reported",
           "note": "举报称上坡冒黑烟", "until_on": "2027-03-31"}  # fmt: skip


@operation(
    blueprint, "GET", "", allow="watch.read", asks=WatchFilters, gives=WatchPage, summary="List watch list entries",
    about="What officers put on the list. Overdue repairs, failed checks and open cases are not entries: they follow "
    "from their own records.",
)  # fmt: skip
def index(query: WatchFilters) -> WatchPage:
    """A page of entries."""
    with work() as connection:
        found = watch_entries.find(connection, current_scope(), query.query("created_at"))
    return WatchPage(items=[WatchEntry.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number>", allow="watch.read", gives=WatchEntry, versioned=True,
    summary="One watch list entry",
)  # fmt: skip
def show(number: int) -> WatchEntry:
    """One entry."""
    return _entry(number)


def _entry(number: int) -> WatchEntry:
    with work() as connection:
        row = watch_entries.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return WatchEntry.model_validate(row)


@operation(
    blueprint, "POST", "", allow="watch.edit", takes=WatchNew, gives=WatchEntry, status=201,
    summary="Put a truck or machine on the watch list",
    about="One active entry per subject and reason at a time.", examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: WatchNew) -> WatchEntry:
    """Put it on the list."""
    subject = SubjectGiven(body.subject, body.colour or "", body.subject_kind or "")
    draft = WatchDraft(subject, body.reason, body.note, body.from_on, body.until_on)
    try:
        with creating() as connection:
            number = keep_watch.add(
                connection, current_actor(), current_scope(), current_account().division, draft, datetime.now(UTC)
            )
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _entry(number)


@operation(
    blueprint, "POST", "/<int:number>/withdrawal", allow="watch.edit", takes=WatchWithdrawal, gives=WatchEntry,
    refuses=(412,), versioned=True, summary="Take an entry off the watch list", about="It stays on file with why.",
)  # fmt: skip
def withdraw(body: WatchWithdrawal, number: int) -> WatchEntry:
    """Take it off the list."""
    try:
        with work() as connection:
            row = watch_entries.find_one(connection, current_scope(), number, hold=True)
            if row is None:
                raise NotFound
            versions.check(row)
            keep_watch.withdraw(connection, current_actor(), current_scope(), number, row["version"], body.reason)
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _entry(number)
