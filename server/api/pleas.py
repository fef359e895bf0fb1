"""Pleas of enterprises to their cases and violations, and the bureau's answers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from server.api import versions
from server.api.errors import refused_fields
from server.api.idempotency import creating
from server.api.kinds import (
    NO_NUL,
    Absent,
    Day,
    Division,
    Id32,
    Id64,
    In,
    Out,
    PageAsked,
    PageOf,
    Text200,
    YesNo,
    page_values,
)  # fmt: skip
from server.api.operations import operation
from server.flows import send_plea
from server.flows.refusals import Refused as FlowRefused
from server.flows.send_plea import PleaDraft
from server.store import pleas
from server.web.access import current_actor, current_scope, work
from server.web.evidence_uploads import evidence_store

blueprint = APIBlueprint("api_pleas", __name__, url_prefix="/api/v1/pleas", tag="Pleas")
PleaState = Literal["sent", "accepted", "rejected", "withdrawn"]


class PleaFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of the number of a plea or case, or of a name.")
    state: PleaState | Absent = Field(default=None, description="`sent`: it waits for its answer.")
    hearing: YesNo | Absent = Field(default=None, description="Whether a hearing is asked for.")
    division: Division | Absent = Field(default=None, description="Area code.")
    case: Id64 | Absent = Field(default=None, description="Id of the case.")
    violation: Id64 | Absent = Field(default=None, description="Id of the violation.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    from_: Day | Absent = Field(default=None, alias="from", description="Sent on or after this local day.")
    to: Day | Absent = Field(default=None, description="Sent on or before this local day.")
    sort: Literal["sent_at", "-sent_at", "number", "-number"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Plea(Out):
    """What an enterprise says to its case or violation, and the answer."""

    id: int = Field(description="Its id.", examples=[1])
    number: str = Field(description="Its number.", examples=["P20261124-000001"])
    enterprise_id: int = Field(description="Who pleads.")
    enterprise: str = Field(description="Its name.")
    division: str = Field(description="Area code.", examples=["211302"])
    case_id: int | None = Field(description="The case it is about.")
    case_number: str | None = Field(description="Its number.")
    violation_id: int | None = Field(description="The violation it is about.")
    violation_number: str | None = Field(description="Its number.")
    content: str = Field(description="What is pleaded.")
    person: str = Field(description="Whom to talk to.")
    phone: str | None = Field(description="Phone.")
    wants_hearing: bool = Field(description="Whether a hearing is asked for.")
    sent_at: datetime = Field(description="When it was sent.")
    state: PleaState = Field(description="`sent`: it waits for its answer.")
    answer: str | None = Field(description="What the bureau found.")
    answered_at: datetime | None = Field(description="When it was answered.")
    version: int = Field(description="Rises with each change.", examples=[1])


class PleaPage(PageOf):
    """A page of pleas."""

    items: list[Plea] = Field(description="The rows of the page.")


class PleaNew(In):
    """A plea about a case in its days to plead, or about a confirmed violation; one of the two is named."""

    case_id: Id64 | None = Field(default=None, description="The case.")
    violation_id: Id64 | None = Field(default=None, description="The violation.")
    content: Annotated[str, StringConstraints(min_length=10, max_length=4000, pattern=NO_NUL)] = Field(
        description="Facts, reasons, evidence."
    )
    person: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=NO_NUL)] = Field(
        description="Whom to talk to."
    )
    phone: Annotated[str, StringConstraints(max_length=30, pattern=NO_NUL)] = Field(default="", description="Phone.")
    wants_hearing: bool = Field(default=False, description="Whether a hearing is asked for.")


class PleaAnswer(In):
    """The bureau's answer."""

    state: Literal["accepted", "rejected"] = Field(description="Whether it is accepted.")
    answer: Annotated[str, StringConstraints(min_length=4, max_length=4000, pattern=NO_NUL)] = Field(
        description="What was found."
    )


EXAMPLE = {"case_id": 1, "content": "该机械当日停放在场内，未在禁用区作业，附卫星定位记录。", "person": "王强"}
ANSWER = {"state": "rejected", "answer": "经复核，轨迹显示该机械在禁用区内作业四十分钟。"}


@operation(blueprint, "GET", "", allow="pleas.read", asks=PleaFilters, gives=PleaPage, summary="List pleas")
def index(query: PleaFilters) -> PleaPage:
    """A page of pleas."""
    with work() as connection:
        found = pleas.find(connection, current_scope(), query.query("sent_at"))
    return PleaPage(items=[Plea.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(blueprint, "GET", "/<int:number>", allow="pleas.read", gives=Plea, versioned=True, summary="One plea")
def show(number: int) -> Plea:
    """One plea."""
    return _plea(number)


def _plea(number: int) -> Plea:
    with work() as connection:
        row = pleas.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return Plea.model_validate(row)


@operation(
    blueprint, "POST", "", allow="pleas.send", takes=PleaNew, gives=Plea, status=201, refuses=(404,),
    summary="Send a plea", about="One at a time waits for its answer. Attachments are sent with the form of the page.",
    examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: PleaNew) -> Plea:
    """Send a plea."""
    draft = PleaDraft(
        body.case_id, body.violation_id, body.content, body.person, body.phone, body.wants_hearing
    )  # fmt: skip
    try:
        with creating() as connection:
            number = send_plea.send(
                connection, evidence_store(), current_actor(), current_scope(), draft, (), datetime.now(UTC)
            )
    except LookupError as unseen:
        raise NotFound from unseen
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _plea(number)


@operation(
    blueprint, "POST", "/<int:number>/withdrawal", allow="pleas.send", gives=Plea, refuses=(412,), versioned=True,
    summary="Take a plea back", about="Only while nobody has answered it.",
)  # fmt: skip
def withdraw(number: int) -> Plea:
    """Take it back."""

    def write(connection: Connection, row: dict[str, Any]) -> None:
        send_plea.withdraw(connection, current_actor(), current_scope(), number, row["version"])

    return _write(number, write)


@operation(
    blueprint, "POST", "/<int:number>/answer", allow="pleas.answer", takes=PleaAnswer, gives=Plea, refuses=(412,),
    versioned=True, summary="Answer a plea", about="It moves no case by itself.", examples={"body": ANSWER},
)  # fmt: skip
def answer(body: PleaAnswer, number: int) -> Plea:
    """The bureau's answer."""

    def write(connection: Connection, row: dict[str, Any]) -> None:
        send_plea.answer(connection, current_actor(), current_scope(), number, row["version"], body.state, body.answer)

    return _write(number, write)


def _write(number: int, write: Callable[[Connection, dict[str, Any]], None]) -> Plea:
    try:
        with work() as connection:
            row = pleas.find_one(connection, current_scope(), number, hold=True)
            if row is None:
                raise NotFound
            versions.check(row)
            write(connection, row)
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _plea(number)
