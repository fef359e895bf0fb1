"""Ledger A in the API: passages of vehicles, taken in batches, listed, exported, corrected, confirmed."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field, StringConstraints, WithJsonSchema
from pydantic.types import JsonValue
from sqlalchemy import Connection

from enforcement.ledgers.fields import LEDGER_A
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from server.api.kinds import NO_NUL, Absent, Day, Division, Id32, Id64, Out, PageAsked, PageOf, YesNo
from server.api.ledger_models import MOST_ROWS, CorrectionIn, HistoryOut, ReasonIn, RowA, RowsIn, row_schema
from server.api.ledger_routes import Face, add_batches, add_changes, add_reading, changing
from server.api.operations import operation
from server.documents import lists
from server.flows import correct_ledger, take_passages
from server.flows.ledger_intake import Source, Taken
from server.store import audit, ledger_passages
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_ledgers", __name__, url_prefix="/api/v1/ledger/passages", tag="Ledgers")
COLOUR: Any = Literal[tuple(map(str, PlateColour))]
FUEL: Any = Literal[tuple(map(str, Fuel))]
STAGE: Any = Literal[tuple(map(str, Stage))]
SOURCE = Literal["gate", "sheet", "phone", "hand"]
STATE = Literal["taken", "pending", "refused", "void"]
Word = Annotated[str, StringConstraints(max_length=30, pattern=NO_NUL)]
Changes = Annotated[dict[str, JsonValue], WithJsonSchema(row_schema("A")), Field(min_length=1)]


class PassageFilters(PageAsked):
    """The filters of the list."""

    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    division: Division | Absent = Field(default=None, description="Area code.")
    plate: Word | Absent = Field(default=None, description="The whole plate.")
    plate_colour: COLOUR | Absent = Field(default=None, description="Its colour.")
    direction: Literal["in", "out"] | Absent = Field(default=None, description="Which way.")
    stage: STAGE | Absent = Field(default=None, description="Stage as the ledger has it.")
    fuel: FUEL | Absent = Field(default=None, description="Fuel as the ledger has it.")
    vehicle_type: Word | Absent = Field(default=None, description="Code of GA/T 16.4.")
    cargo: Word | Absent = Field(default=None, description="Cargo.")
    source: SOURCE | Absent = Field(default=None, description="Where the row came from.")
    state: STATE | Absent = Field(default=None, description="Whether it stands.")
    doubts: YesNo | Absent = Field(default=None, description="Whether something about it is odd.")
    doubt: Word | Absent = Field(default=None, description="A certain doubt, as a word.")
    truck: Id32 | Absent = Field(default=None, description="Id of the truck in the register.")
    batch: Id64 | Absent = Field(default=None, description="Number of the batch.")
    from_day: Day | Absent = Field(default=None, alias="from", description="From this local day on.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Up to this local day, included.")
    sort: Literal["passed_at", "-passed_at"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class Passage(Out):
    """One passage of one barrier."""

    id: int = Field(description="Its id.", examples=[17])
    version: int = Field(description="Rises with every change.")
    enterprise_id: int = Field(description="Whose ledger.")
    enterprise: str = Field(description="Name of the enterprise.")
    division: str = Field(description="Area code.")
    passed_at: datetime = Field(description="When it passed.")
    received_at: datetime = Field(description="When the row came in.")
    entrance_no: str = Field(description="Entrance.")
    barrier_no: str = Field(description="Barrier.")
    direction: Literal["in", "out"] = Field(description="Which way.")
    plate: str = Field(description="Plate.")
    plate_colour: str = Field(description="Its colour.")
    truck_id: int | None = Field(description="The truck of the register with this plate and colour.")
    vehicle_type: str | None = Field(description="Code of GA/T 16.4.")
    vin: str | None = Field(description="VIN.")
    registered_on: date | None = Field(description="Day of registration.")
    model: str | None = Field(description="Model.")
    engine_model: str | None = Field(description="Engine model.")
    engine_maker: str | None = Field(description="Engine maker.")
    engine_number: str | None = Field(description="Engine number.")
    fuel: str = Field(description="Fuel.")
    stage: str = Field(description="Stage.")
    stage_basis: str | None = Field(description="What the stage was taken from.")
    usage: str | None = Field(description="Letter of GA/T 16.3.")
    networked: bool | None = Field(description="Whether its terminal is on line.")
    cargo: str | None = Field(description="Cargo: a word of the list, else as written.")
    quantity: float | None = Field(description="Quantity in its unit.")
    unit: str | None = Field(description="The unit.")
    tonnes: float | None = Field(description="The quantity in tonnes, where the unit is one of mass.")
    fleet: str | None = Field(description="Fleet.")
    owner: str | None = Field(description="Owner.")
    owner_phone: str | None = Field(description="Telephone.")
    max_mass_kg: int | None = Field(description="Gross mass, kg.")
    rated_load_kg: int | None = Field(description="Rated load, kg.")
    inspected_on: date | None = Field(description="Day of the last inspection.")
    control_result: str | None = Field(description="What the gate did.")
    answer_id: int | None = Field(description="The answer that the gate got.")
    photo: str | None = Field(description="Address of the picture.")
    photos: dict[str, str] | None = Field(description="Addresses of other pictures by what they show.")
    video: str | None = Field(description="Address of the video.")
    source: SOURCE = Field(description="Where the row came from.")
    source_key: str | None = Field(description="The gate system's own number of the passage.")
    state: STATE = Field(description="Whether it stands: `pending` waits for the gatekeeper, `void` was struck out.")
    doubts: list[str] = Field(description="What is odd about it, as words.")
    batch_id: int | None = Field(description="The batch it came in.")
    corrected_at: datetime | None = Field(description="When a person corrected it last.")


class PassageDetail(Passage):
    """One passage with its corrections."""

    gate_id: int | None = Field(description="The barrier on file.")
    history: list[HistoryOut] = Field(description="Its corrections, the oldest first.")


class PassagePage(PageOf):
    """A page of passages."""

    items: list[Passage] = Field(description="The rows of the page.")


class PassagesIn(RowsIn):
    """A batch of passages."""

    gate: Id32 | None = Field(default=None, description="Id of the gate that sends; null: a system for several.")
    rows: Annotated[list[RowA], Field(min_length=1, max_length=MOST_ROWS)] = Field(
        description="The passages, at most a thousand."
    )


class PassageCorrection(CorrectionIn):
    """A correction of a passage."""

    changes: Changes = Field(description="New values by field.")


def _take(connection: Connection, source: Source, body: RowsIn, rows: list[dict[str, Any]], now: datetime) -> Taken:
    return take_passages.take(connection, current_actor(), source, rows, now, body.codes.codes)


EXAMPLE_ROW = {field.name: field.example for field in LEDGER_A if field.example and field.name != "enterprise_code"}
FACE = Face(
    "A", "passage", "passages", PassageFilters, PassagePage, Passage, PassageDetail, PassagesIn, PassageCorrection,
    ledger_passages.find, ledger_passages.find_one, _take, "passed_at",
    {"codes": {"plate_colours": "gate", "fuels": "gat16"}, "rows": [{**EXAMPLE_ROW, "source_key": "20260815-000017"}]},
)  # fmt: skip
add_batches(blueprint, FACE)
add_reading(blueprint, FACE)
add_changes(blueprint, FACE)


@operation(
    blueprint, "GET", "/export", allow="ledgers.read", asks=PassageFilters, gives=Passage, gives_bytes=True,
    summary="Passages as a file", about="CSV (UTF-8) of the list with the same filters, at most 100,000 rows; logged.",
)  # fmt: skip
def export(query: PassageFilters) -> Response:
    """The list as a file."""
    asked = query.query("passed_at")
    names = list(Passage.model_fields)
    with work() as connection:
        lines = [
            [_cell(row[name]) for name in names] for row in ledger_passages.stream(connection, current_scope(), asked)
        ]
        detail = {"format": "csv", "rows": len(lines), "filters": dict(asked.values)}
        audit.append(connection, current_actor(), "ledger.export", "ledger", "A", detail)
    answer = Response(lists.csv_file(names, lines), mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename="passages.csv")
    return answer


def _cell(value: Any) -> lists.Cell:
    if value is None or (isinstance(value, int | float | str) and not isinstance(value, bool)):
        return value
    return ",".join(value) if isinstance(value, list) else str(value)


@operation(
    blueprint, "POST", "/<int:number64>/confirmation", allow="ledgers.record", gives=PassageDetail, refuses=(412,),
    versioned=True, summary="Confirm what a driver entered",
)  # fmt: skip
def confirm(number64: int) -> PassageDetail:
    """The gatekeeper confirms it."""
    changing(FACE, number64, lambda connection, version: correct_ledger.confirm_pending(
        connection, current_actor(), number64, version, datetime.now(UTC)
    ))  # fmt: skip
    return FACE.detailed(number64)  # type: ignore[return-value]


@operation(
    blueprint, "POST", "/<int:number64>/refusal", allow="ledgers.record", takes=ReasonIn, gives=PassageDetail,
    refuses=(412,), versioned=True, summary="Refuse what a driver entered", examples={"body": {"reason": "车未到厂"}},
)  # fmt: skip
def refuse_entry(body: ReasonIn, number64: int) -> PassageDetail:
    """The gatekeeper refuses it."""
    changing(FACE, number64, lambda connection, version: correct_ledger.refuse_pending(
        connection, current_actor(), number64, version, body.reason, datetime.now(UTC)
    ))  # fmt: skip
    return FACE.detailed(number64)  # type: ignore[return-value]
