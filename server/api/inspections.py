"""Inspections: the list, one with every judgement, recording, correcting as a new version, withdrawing."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from enforcement.inspections.conclusions import InspectionKind
from enforcement.inspections.instruments import Standing
from enforcement.measurements import METHODS, Outcome
from enforcement.registry.plates import PlateColour
from server.api import versions
from server.api.errors import Refused, error_of, refused_fields
from server.api.idempotency import creating
from server.api.kinds import (
    NO_NUL,
    Absent,
    Day,
    Division,
    Id32,
    In,
    Moment,
    Out,
    PageAsked,
    PageOf,
    Text200,
    page_values,
)  # fmt: skip
from server.api.operations import operation
from server.flows import record_inspection, rule_book
from server.flows.inspection_subjects import SubjectGiven
from server.flows.judge_inspection import InspectionDraft
from server.flows.record_inspection import OtherContent
from server.flows.refusals import Refused as FlowRefused
from server.store import inspections
from server.web.access import current_account, current_actor, current_scope, work

blueprint = APIBlueprint("api_inspections", __name__, url_prefix="/api/v1/inspections", tag="Inspections")
KIND: Any = Literal[tuple(map(str, InspectionKind))]
METHOD: Any = Literal[tuple(map(str, METHODS))]
OUTCOME: Any = Literal[tuple(map(str, Outcome))]
STANDING: Any = Literal[tuple(map(str, Standing))]
COLOUR: Any = Literal[tuple(map(str, PlateColour))]
Text100 = Annotated[str, StringConstraints(max_length=100, pattern=NO_NUL)]
Reason = Annotated[str, StringConstraints(min_length=4, max_length=500, pattern=NO_NUL)]
Readings = dict[str, Any]


class InspectionFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a plate, machine number or inspection number.")
    kind: KIND | Absent = Field(default=None, description="Kind of inspection.")
    outcome: OUTCOME | Absent = Field(default=None, description="Outcome.")
    standing: STANDING | Absent = Field(default=None, description="Legal, or a screening.")
    status: Literal["recorded", "withdrawn"] | Absent = Field(default=None, description="Whether it was withdrawn.")
    division: Division | Absent = Field(default=None, description="Area code.")
    subject: Literal["truck", "machine"] | Absent = Field(default=None, description="Kind of subject.")
    method: METHOD | Absent = Field(default=None, description="Holds a measurement by this method.")
    law: Literal["CODE", "APPCL"] | Absent = Field(default=None, description="Law by the date of the inspection.")
    from_day: Day | Absent = Field(default=None, alias="from", description="From this local day on.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Up to and including this local day.")
    truck: Id32 | Absent = Field(default=None, description="Id of the truck.")
    machine: Id32 | Absent = Field(default=None, description="Id of the machine.")
    sort: (
        Literal["inspected_at", "-inspected_at", "number", "-number", "recorded_at", "-recorded_at"] | Absent
    ) = Field(default=None, description="Order; - for the other direction.")  # fmt: skip


class InspectionRow(Out):
    """An inspection as a list has it."""

    id: int = Field(description="Its id.", examples=[17])
    number: str = Field(description="Its number.", examples=["J20261124-000017"])
    version: int = Field(description="Its newest version.", examples=[1])
    kind: str = Field(description="Kind.", examples=["roadside"])
    status: str = Field(description="`recorded` or `withdrawn`.")
    inspected_at: datetime = Field(description="When it took place.")
    division: str = Field(description="Area code.", examples=["211302"])
    lon: float | None = Field(description="Degrees WGS-84.")
    lat: float | None = Field(description="Degrees WGS-84.")
    place: str | None = Field(description="The place in words.")
    methods: list[str] = Field(description="Methods.", examples=[["free_acceleration"]])
    outcome: str = Field(description="`passed`, `failed` or `not_judged`.")
    standing: str = Field(description="`legal`: may carry a case; `screening`: something was missing.")
    offences: list[str] = Field(description="What is suspected, as codes.", examples=[["failed_inspection"]])
    law: str = Field(description="Law by the date of the inspection.", examples=["CODE"])
    subject_text: str = Field(description="Plate or number as it was read.", examples=["辽NA1234"])
    truck_id: int | None = Field(description="The truck.")
    plate: str | None = Field(description="Its plate.")
    plate_colour: str | None = Field(description="Its colour.")
    machine_id: int | None = Field(description="The machine.")
    machine_number: str | None = Field(description="Its number.")
    source: str = Field(description="`page`, `tablet`, `import` or `api`.")
    recorded_at: datetime = Field(description="When it was recorded.")


class InspectionPage(PageOf):
    """A page of inspections."""

    items: list[InspectionRow] = Field(description="The rows of the page.")


class InspectionDetail(InspectionRow):
    """One inspection with all that its page says."""

    content: dict[str, Any] = Field(description="Readings by method, officers, weather, instruments, checklist, party.")
    verdict: dict[str, Any] = Field(description="Judgements, sentences, rule rows and zone versions as of that day.")
    zone_version_ids: list[int] = Field(description="Zone versions in force at the point then.")


class OfficerIn(In):
    """Who inspected."""

    name: Text100 = Field(description="Name.")
    card_number: Text100 = Field(default="", description="Number of the enforcement card.")


class InspectionIn(In):
    """An inspection as a device or another system sends it."""

    kind: KIND = Field(description="Kind.")
    at: Moment = Field(description="When it took place.")
    subject: Text100 = Field(description="Plate or machine number.")
    colour: COLOUR | None = Field(default=None, description="Plate colour.")
    subject_kind: Literal["truck", "machine"] | None = Field(
        default=None, description="Needed where the register does not hold the number."
    )
    stage: Text100 | None = Field(default=None, description="Emission stage as read at the place.")
    fuel: Text100 | None = Field(default=None, description="Fuel as read at the place.")
    category: Text100 | None = Field(default=None, description="Category as read at the place.")
    power_kw: float | None = Field(default=None, description="Net power as read at the place, kW.")
    lon: float | None = Field(default=None, description="Degrees WGS-84.")
    lat: float | None = Field(default=None, description="Degrees WGS-84.")
    place: Text200 = Field(default="", description="The place in words.")
    methods: dict[str, Readings] = Field(
        description=f"Readings by method ({', '.join(METHODS)}); a fault names the field."
    )
    officers: list[OfficerIn] = Field(default_factory=list, max_length=20, description="Who inspected.")
    weather: Readings | None = Field(
        default=None, description="sky, temperature_c, humidity_pct, pressure_kpa, wind_ms."
    )
    checklist: list[Readings] = Field(default_factory=list, max_length=50, description="item, answer, note.")
    party: Readings | None = Field(default=None, description="name, phone, signature, statement.")
    note: Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)] = Field(default="", description="Note.")
    instrument_ids: list[Id32] = Field(default_factory=list, max_length=20, description="Instruments of the register.")


class InspectionNew(InspectionIn):
    """A new inspection."""

    source_key: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern="^[!-~]+$")] | None = Field(
        default=None, description="The sender's own key: what is sent twice under it is one inspection."
    )


class InspectionCorrection(InspectionIn):
    """The whole inspection as it should have been, and why."""

    reason: Reason = Field(description="Why it is corrected.")


class WithdrawalIn(In):
    """Why it is withdrawn."""

    reason: Reason = Field(description="Why.")


EXAMPLE = {
    "kind": "roadside", "at": "2026-11-20T09:30:00+08:00", "subject": "辽NA1234", "colour": "yellow",
    "subject_kind": "truck", "stage": "5", "fuel": "diesel", "lon": 120.45, "lat": 41.57,
    "methods": {"free_acceleration": {"peaks": [1.3, 1.4, 1.5]}}, "officers": [{"name": "王一", "card_number": "061"}],
}  # fmt: skip


@operation(
    blueprint, "GET", "", allow="inspections.read", asks=InspectionFilters, gives=InspectionPage,
    summary="List inspections", about="A bureau sees its area, an enterprise its own, a station what it recorded.",
)  # fmt: skip
def index(query: InspectionFilters) -> InspectionPage:
    """A page of inspections."""
    with work() as connection:
        found = inspections.find(connection, current_scope(), query.query("inspected_at"))
    items = [InspectionRow.model_validate(row) for row in found.rows]
    return InspectionPage(items=items, **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number64>", allow="inspections.read", gives=InspectionDetail, versioned=True,
    summary="One inspection", about="With every judgement as it was made.",
)  # fmt: skip
def show(number64: int) -> InspectionDetail:
    """One inspection."""
    return _detail(number64)


def _detail(number: int) -> InspectionDetail:
    with work() as connection:
        row = inspections.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    versions.tag_of(row)
    return InspectionDetail.model_validate(row)


@operation(
    blueprint, "POST", "", allow="inspections.record", takes=InspectionNew, gives=InspectionDetail, status=201,
    refuses=(409,), summary="Record an inspection",
    about="It is judged at once by the rules of its day. Under a `source_key` that was sent before with the same "
    "content the first inspection comes back; with other content it is refused with 409.",
    examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: InspectionNew) -> InspectionDetail:
    """Record an inspection."""
    try:
        with creating() as connection:
            found = record_inspection.record(
                connection, current_actor(), current_scope(), rule_book.current(connection), _draft(body),
                datetime.now(UTC), "api", body.source_key,
            )  # fmt: skip
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    except OtherContent as other:
        zh, en = f"该键已用于检查 {other.number}。", f"The key was used for inspection {other.number}."
        raise Refused(409, error_of(409, ("key_used", zh, en), path="body.source_key")) from other
    return _detail(found.id)


@operation(
    blueprint, "PATCH", "/<int:number64>", allow="inspections.record", takes=InspectionCorrection,
    gives=InspectionDetail, refuses=(412,), versioned=True, summary="Correct an inspection",
    about="The body is the whole inspection as it should have been; it becomes a new version, the one before stays.",
    examples={"body": {**EXAMPLE, "reason": "抄录读数有误"}},
)  # fmt: skip
def correct(body: InspectionCorrection, number64: int) -> InspectionDetail:
    """Correct an inspection."""
    try:
        with work() as connection:
            row = _locked(connection, number64)
            record_inspection.correct(
                connection, current_actor(), current_scope(), rule_book.current(connection), number64, row["version"],
                _draft(body), body.reason, datetime.now(UTC),
            )  # fmt: skip
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _detail(number64)


@operation(
    blueprint, "POST", "/<int:number64>/withdrawal", allow="inspections.record", takes=WithdrawalIn,
    gives=InspectionDetail, refuses=(412,), versioned=True, summary="Withdraw an inspection",
    about="For what should never have been recorded; it stays on file with its reason.",
)  # fmt: skip
def withdraw(body: WithdrawalIn, number64: int) -> InspectionDetail:
    """Withdraw an inspection."""
    try:
        with work() as connection:
            row = _locked(connection, number64)
            record_inspection.withdraw(
                connection, current_actor(), current_scope(), number64, row["version"], body.reason
            )
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _detail(number64)


def _locked(connection: Connection, number: int) -> dict[str, Any]:
    row = inspections.find_one(connection, current_scope(), number, hold=True)
    if row is None:
        raise NotFound
    versions.check(row)
    return row


def _draft(body: InspectionIn) -> InspectionDraft:
    record: dict[str, Any] = {
        "kind": body.kind,
        "at": body.at.isoformat(),
        "methods": body.methods,
        "officers": [officer.model_dump() for officer in body.officers],
        "checklist": body.checklist,
        "note": body.note,
    }
    record |= {name: value for name in ("weather", "party") if (value := getattr(body, name)) is not None}
    subject = SubjectGiven(
        body.subject, body.colour or "", body.subject_kind or "", body.stage or "", body.fuel or "",
        body.category or "", body.power_kw,
    )  # fmt: skip
    home = current_account().division
    return InspectionDraft(record, subject, body.lon, body.lat, body.place, home, tuple(body.instrument_ids))
