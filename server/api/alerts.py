"""Alerts: those in force and over; entering, changing the level, lifting, withdrawing."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from server.api import versions
from server.api.errors import refused_fields
from server.api.idempotency import creating
from server.api.kinds import (
    NO_NUL,
    Absent,
    Day,
    Division,
    In,
    Moment,
    Out,
    PageAsked,
    PageOf,
    Text200,
    page_values,
)  # fmt: skip
from server.api.operations import operation
from server.flows import announce_alert
from server.flows.announce_alert import AlertDraft
from server.flows.refusals import Refused as FlowRefused
from server.store import alerts
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_alerts", __name__, url_prefix="/api/v1/alerts", tag="Alerts")
Level = Literal["yellow", "orange", "red"]
Standing = Literal["in_force", "announced", "lifted", "withdrawn"]
Words100 = Annotated[str, StringConstraints(min_length=2, max_length=100, pattern=NO_NUL)]
Why = Annotated[str, StringConstraints(min_length=4, max_length=500, pattern=NO_NUL)]


class AlertFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of the document's number or of the authority.")
    level: Level | Absent = Field(default=None, description="Level.")
    standing: Standing | Absent = Field(default=None, description="`in_force`: it holds now.")
    from_: Day | Absent = Field(default=None, alias="from", description="Not over before this local day.")
    to: Day | Absent = Field(default=None, description="Begun on this local day at the latest.")
    sort: Literal["from_at", "-from_at", "level", "-level"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class AlertOut(Out):
    """An official alert."""

    id: int = Field(description="Its id.", examples=[3])
    version: int = Field(description="Its newest version.", examples=[1])
    level: Level = Field(description="Level.", examples=["orange"])
    division: str = Field(description="Area code: a city's covers its counties.", examples=["211300"])
    standing: Standing = Field(description="How it stands now.")
    from_at: datetime = Field(description="From when it holds.")
    planned_to_at: datetime | None = Field(description="The end that was announced; it goes on until it is lifted.")
    to_at: datetime | None = Field(description="From when it is lifted; null: not lifted yet.")
    document: str = Field(description="Number of the document that announced it.")
    authority: str = Field(description="Who issued it.")
    issued_on: date = Field(description="Day of issue.")
    lift_document: str | None = Field(description="Number of the document that lifted it.")
    note: str | None = Field(description="Note.")
    entered_at: datetime = Field(description="When it was entered.")
    withdrawn_at: datetime | None = Field(description="When the entry was withdrawn as a mistake.")
    withdrawn_reason: str | None = Field(description="Why it was withdrawn.")


class AlertPage(PageOf):
    """A page of alerts."""

    items: list[AlertOut] = Field(description="The rows of the page.")


class LevelNew(In):
    """Another level, by its document."""

    level: Level = Field(description="Level.")
    from_at: Moment = Field(description="From when it holds.")
    planned_to_at: Moment | None = Field(default=None, description="The end that was announced.")
    document: Words100 = Field(description="Number of the document.")
    authority: Words100 = Field(description="Who issued it.")
    issued_on: Day = Field(description="Day of issue.")
    note: Annotated[str, StringConstraints(max_length=1000, pattern=NO_NUL)] = Field(default="", description="Note.")


class AlertNew(LevelNew):
    """An alert as a government announced it."""

    division: Division = Field(description="Area code.")


class Lifting(In):
    """The document that lifts it."""

    to_at: Moment = Field(description="From when it is lifted.")
    document: Words100 = Field(description="Number of the document.")


class Withdrawal(In):
    """Why the entry was a mistake."""

    reason: Why = Field(description="Why.")


EXAMPLE = {"level": "orange", "division": "211300", "from_at": "2026-11-24T12:00:00+08:00",
           "document": "朝政预〔2026〕3号", "authority": "朝阳市人民政府", "issued_on": "2026-11-23"}  # fmt: skip


@operation(
    blueprint, "GET", "", allow="alerts.read", asks=AlertFilters, gives=AlertPage, summary="List alerts",
    about="Official warnings of the area, those of the city above a county too.",
)  # fmt: skip
def index(query: AlertFilters) -> AlertPage:
    """A page of alerts."""
    with work() as connection:
        found = alerts.find(connection, current_scope(), query.query("from_at"))
    return AlertPage(items=[AlertOut.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number>", allow="alerts.read", gives=AlertOut, versioned=True, summary="One alert",
)  # fmt: skip
def show(number: int) -> AlertOut:
    """One alert."""
    return _alert(number)


def _alert(number: int) -> AlertOut:
    with work() as connection:
        row = alerts.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return AlertOut.model_validate(row)


def _draft(body: LevelNew, division: str) -> AlertDraft:
    return AlertDraft(
        body.level, division, body.from_at, body.document, body.authority, body.issued_on, body.planned_to_at, body.note
    )


@operation(
    blueprint, "POST", "", allow="alerts.edit", takes=AlertNew, gives=AlertOut, status=201, summary="Enter an alert",
    about="Only what a government announced, with its document. Gates answer by it from the next second on.",
    examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: AlertNew) -> AlertOut:
    """Enter it."""
    try:
        with creating() as connection:
            number = announce_alert.enter(
                connection, current_actor(), current_scope(), _draft(body, body.division), datetime.now(UTC)
            )
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _alert(number)


@operation(
    blueprint, "POST", "/<int:number>/level", allow="alerts.edit", takes=LevelNew, gives=AlertOut, status=201,
    refuses=(412,), versioned=True, summary="Change the level of an alert",
    about="The alert ends when the new level begins; the answer is the alert that follows.",
    examples={"body": {name: value for name, value in EXAMPLE.items() if name != "division"}},
)  # fmt: skip
def change(body: LevelNew, number: int) -> AlertOut:
    """Another level from a moment on."""
    try:
        with creating() as connection:
            row = _held(connection, number)
            following = announce_alert.change(
                connection, current_actor(), current_scope(), number, row["version"], _draft(body, row["division"]),
                datetime.now(UTC),
            )  # fmt: skip
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _alert(following)


@operation(
    blueprint, "POST", "/<int:number>/lifting", allow="alerts.edit", takes=Lifting, gives=AlertOut, refuses=(412,),
    versioned=True, summary="Lift an alert", examples={"body": {"to_at": "2026-11-27T12:00:00+08:00",
                                                               "document": "朝政预解〔2026〕3号"}},
)  # fmt: skip
def lift(body: Lifting, number: int) -> AlertOut:
    """Lift it."""
    try:
        with work() as connection:
            row = _held(connection, number)
            announce_alert.lift(
                connection, current_actor(), current_scope(), number, row["version"], body.to_at, body.document,
                datetime.now(UTC),
            )  # fmt: skip
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _alert(number)


@operation(
    blueprint, "POST", "/<int:number>/withdrawal", allow="alerts.edit", takes=Withdrawal, gives=AlertOut,
    refuses=(412,), versioned=True, summary="Withdraw an alert that was entered by mistake",
    about="It counts for nothing from then on; answers given under it keep it.",
)  # fmt: skip
def withdraw(body: Withdrawal, number: int) -> AlertOut:
    """Take the entry back."""
    try:
        with work() as connection:
            row = _held(connection, number)
            announce_alert.withdraw(connection, current_actor(), current_scope(), number, row["version"], body.reason)
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _alert(number)


def _held(connection: Any, number: int) -> dict[str, Any]:
    row = alerts.find_one(connection, current_scope(), number, hold=True)
    if row is None or not current_scope().covers(row["division"]):
        raise NotFound
    versions.check(row)
    return row
