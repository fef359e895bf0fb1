"""Requests for the whitelist and what becomes of them: application, review, decision, withdrawal."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from enforcement.alerts.levels import AlertLevel
from enforcement.registry.plates import PlateColour
from enforcement.zones.terms import Purpose
from server.api.errors import refused_fields
from server.api.idempotency import creating
from server.api.kinds import NO_NUL, Id32, In, Moment
from server.api.operations import operation
from server.api.whitelist import WhitelistEntry, blueprint, show
from server.db import transaction
from server.flows import whitelist_entries
from server.flows import whitelist_way as way
from server.flows.refusals import Fault, Refused
from server.store import enterprises, whitelist, zones
from server.store.whitelist import NewEntry, WhitelistRow
from server.web.access import current_actor, current_scope, engine, work

__all__ = ["blueprint"]
PURPOSE: Any = Literal[tuple(map(str, Purpose))]
LEVEL: Any = Literal[tuple(map(str, AlertLevel))]
COLOUR: Any = Literal[tuple(map(str, PlateColour))]
Words = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]


class WhitelistNew(In):
    """A request for leave."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)] = Field(
        description="Plate of a registered truck, or number of a registered machine."
    )
    colour: COLOUR | None = Field(default=None, description="Plate colour; an enterprise always gives it.")
    purpose: PURPOSE = Field(description="What for.")
    zone_id: Id32 | None = Field(default=None, description="The zone; null: every zone of the city, or `gates_only`.")
    gates_only: bool = Field(default=False, description="It opens gates in an alert and gives no leave in a zone.")
    valid_from: Moment = Field(description="From.")
    valid_to: Moment = Field(description="Until.")
    plant: Name | None = Field(default=None, description="Full name or credit code of the plant; null: every plant.")
    level_to: LEVEL | None = Field(default=None, description="Highest level of alert; null: every level.")
    route: Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)] | None = Field(
        default=None, description="The route."
    )
    applicant: Name | None = Field(default=None, description="For whom the bureau asks.")
    document: Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)] | None = Field(
        default=None, description="The document it rests on."
    )
    note: Words | None = Field(default=None, description="Reasons; one of document and note is needed.")


class WhitelistReview(In):
    """What the county says."""

    agree: bool = Field(description="false: it is refused.")
    note: Words = Field(default="", description="A note; on refusal the reason.")


class WhitelistDecision(In):
    """What the city says."""

    approve: bool = Field(description="false: it is refused.")
    approver: Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)] = Field(
        default="", description="The person or bureau that approves, as the document names it."
    )
    note: Words = Field(default="", description="A note; on refusal the reason.")


class WhitelistReason(In):
    """Why."""

    reason: Words = Field(description="Why; four characters or more.")


EXAMPLE = {"subject": "辽NA1234", "colour": "yellow", "purpose": "heating", "gates_only": True, "level_to": "orange",
           "valid_from": "2026-12-01T00:00:00+08:00", "valid_to": "2027-03-31T00:00:00+08:00",
           "route": "G25 – 厂区", "note": "供暖用煤"}  # fmt: skip


@operation(
    blueprint, "POST", "", allow="whitelist.edit", takes=WhitelistNew, gives=WhitelistEntry, status=201,
    summary="Ask for leave", about="By an officer, for somebody.", examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: WhitelistNew) -> WhitelistEntry:
    """A request of the bureau."""
    return _create(body, applies=False)


@operation(
    blueprint, "POST", "/applications", allow="whitelist.apply", takes=WhitelistNew, gives=WhitelistEntry, status=201,
    summary="Apply for leave", about="By an enterprise, for its vehicles and its carriers' trucks.",
    examples={"body": EXAMPLE},
)  # fmt: skip
def apply(body: WhitelistNew) -> WhitelistEntry:
    """An application of an enterprise."""
    return _create(body, applies=True)


def _create(body: WhitelistNew, applies: bool) -> WhitelistEntry:
    try:
        entry = _read(body, applies)
        with creating() as connection:
            number = whitelist_entries.request_entry(connection, current_actor(), entry, datetime.now(UTC))
    except Refused as refused:
        raise refused_fields(refused) from refused
    return show(number)


def _read(body: WhitelistNew, applies: bool) -> NewEntry:
    with transaction(engine()) as connection:
        truck, machine, fault = whitelist_entries.find_subject(connection, body.subject, body.colour)
        plant = enterprises.find_reference(connection, body.plant) if body.plant else None
        known = body.zone_id is None or zones.find_zone(connection, body.zone_id, datetime.now(UTC)) is not None
    faults = [fault] if fault else []
    if body.plant and plant is None:
        faults.append(Fault("plant", "未登记该单位", "No such enterprise"))
    if not known:
        faults.append(Fault("zone_id", "没有该区域", "There is no such zone"))
    if applies and fault is None:
        faults += _own_faults(body, machine)
    if faults:
        raise Refused(faults)
    return NewEntry(
        truck, machine, body.zone_id, body.purpose, body.valid_from, body.valid_to, body.document, body.note, None,
        plant, current_scope().enterprise_id if applies else None, None if applies else body.applicant, body.route,
        body.level_to, body.gates_only,
    )  # fmt: skip


def _own_faults(body: WhitelistNew, machine: int | None) -> list[Fault]:
    if machine is None:
        return [] if body.colour else [Fault("colour", "请给出车牌颜色", "Give the plate colour")]
    with work() as connection:
        own = whitelist.machine_visible(connection, machine)
    return [] if own else [Fault("subject", "只能为本单位的机械申请", "Apply for machines of your own")]


def _done(number: int, act: Callable[[Connection, WhitelistRow], object]) -> WhitelistEntry:
    try:
        with work() as connection:
            entry = whitelist.find_entry(connection, number, current_scope(), hold=True)
            if entry is None:
                raise NotFound
            act(connection, entry)
    except Refused as refused:
        raise refused_fields(refused) from refused
    return show(number)


@operation(
    blueprint, "POST", "/<int:number>/review", allow="whitelist.review", takes=WhitelistReview, gives=WhitelistEntry,
    summary="Review a request", about="Not by who asked. What is agreed to goes on to the city.",
)  # fmt: skip
def review(body: WhitelistReview, number: int) -> WhitelistEntry:
    """The county's word."""
    return _done(
        number, lambda connection, entry: way.review(connection, current_actor(), entry, body.agree, body.note)
    )


@operation(
    blueprint, "POST", "/<int:number>/decision", allow="whitelist.approve", takes=WhitelistDecision,
    gives=WhitelistEntry, summary="Approve or refuse a request",
    about="By the city's bureau; not by who asked or reviewed.",
)  # fmt: skip
def decide(body: WhitelistDecision, number: int) -> WhitelistEntry:
    """The city's word."""

    def act(connection: Connection, entry: WhitelistRow) -> None:
        way.decide_entry(
            connection, current_actor(), current_scope(), entry, body.approve, body.approver.strip(), body.note.strip()
        )

    return _done(number, act)


@operation(
    blueprint, "POST", "/<int:number>/withdrawal", allow="whitelist.edit", takes=WhitelistReason, gives=WhitelistEntry,
    summary="Withdraw leave", about="It ends now; acts before stay covered.",
)  # fmt: skip
def withdraw(body: WhitelistReason, number: int) -> WhitelistEntry:
    """End it."""
    now = datetime.now(UTC)
    return _done(number, lambda connection, entry: way.withdraw(connection, current_actor(), entry, body.reason, now))


@operation(
    blueprint, "POST", "/<int:number>/suspension", allow="whitelist.edit", takes=WhitelistReason, gives=WhitelistEntry,
    summary="Suspend leave by hand", about="It gives no leave until an approver ends the suspension.",
)  # fmt: skip
def suspend(body: WhitelistReason, number: int) -> WhitelistEntry:
    """Suspend it."""
    now = datetime.now(UTC)
    return _done(number, lambda connection, entry: way.suspend(connection, current_actor(), entry, body.reason, now))
