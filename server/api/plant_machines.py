"""Ledger C in the API: machinery that works inside plants."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, WithJsonSchema
from pydantic.types import JsonValue
from sqlalchemy import Connection

from enforcement.ledgers.fields import LEDGER_C
from enforcement.registry.categories import MachineCategory
from server.api.kinds import Absent, Division, Id32, Id64, Out, PageAsked, PageOf, Text200, YesNo
from server.api.ledger_models import MOST_ROWS, CorrectionIn, HistoryOut, RowC, RowsIn, row_schema
from server.api.ledger_routes import Face, add_batches, add_changes, add_reading
from server.api.ledgers import FUEL, SOURCE, STAGE
from server.flows import take_plant
from server.flows.ledger_intake import Source, Taken
from server.store import plant_machines
from server.web.access import current_actor

blueprint = APIBlueprint("api_plant_machines", __name__, url_prefix="/api/v1/ledger/plant-machines", tag="Ledgers")
SORT = Literal["received_at", "-received_at", "stage", "-stage", "entered_on", "-entered_on"]
CATEGORY: Any = Literal[tuple(map(str, MachineCategory))]
Changes = Annotated[dict[str, JsonValue], WithJsonSchema(row_schema("C")), Field(min_length=1)]


class PlantMachineFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of one of its numbers.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    division: Division | Absent = Field(default=None, description="Area code.")
    fuel: FUEL | Absent = Field(default=None, description="Fuel.")
    stage: STAGE | Absent = Field(default=None, description="Stage.")
    category: CATEGORY | Absent = Field(default=None, description="Kind of machine.")
    source: SOURCE | Absent = Field(default=None, description="Where the row came from.")
    state: Literal["taken", "void"] | Absent = Field(default=None, description="Whether it stands.")
    doubts: YesNo | Absent = Field(default=None, description="Whether something about it is odd.")
    present: YesNo | Absent = Field(default=None, description="Whether it stands and has not left.")
    machine: Id32 | Absent = Field(default=None, description="Id of the machine in the register.")
    batch: Id64 | Absent = Field(default=None, description="Number of the batch.")
    sort: SORT | Absent = Field(default=None, description="Order; - for the other direction.")


class PlantMachine(Out):
    """A machine that works inside a plant."""

    id: int = Field(description="Its id.", examples=[3])
    version: int = Field(description="Rises with every change.")
    enterprise_id: int = Field(description="Whose ledger.")
    enterprise: str = Field(description="Name of the enterprise.")
    division: str = Field(description="Area code.")
    machine_number: str = Field(description="The first number it has.")
    machine_id: int | None = Field(description="The machine of the register with one of these numbers.")
    registration_number: str | None = Field(description="Environmental registration number.")
    pin: str | None = Field(description="PIN.")
    machine_code: str | None = Field(description="Machine code.")
    built_on: date | None = Field(description="Day it was built.")
    plate: str | None = Field(description="Plate, if any.")
    category: str | None = Field(description="Kind of machine.")
    fuel: str = Field(description="Fuel.")
    stage: str = Field(description="Stage.")
    model: str | None = Field(description="Model.")
    engine_model: str | None = Field(description="Engine model.")
    engine_maker: str | None = Field(description="Engine maker.")
    engine_number: str | None = Field(description="Engine number.")
    photos: dict[str, str] | None = Field(description="Addresses of pictures by what they show.")
    owner: str | None = Field(description="Owner.")
    power_kw: float | None = Field(description="Power, kW.")
    entered_on: date | None = Field(description="Day it came.")
    left_on: date | None = Field(description="Day it left.")
    source: SOURCE = Field(description="Where the row came from.")
    state: Literal["taken", "void"] = Field(description="`void`: struck out.")
    doubts: list[str] = Field(description="What is odd about it, as words.")
    batch_id: int | None = Field(description="The batch it came in.")
    received_at: datetime = Field(description="When the row came in.")
    corrected_at: datetime | None = Field(description="When a person corrected it last.")


class PlantMachineDetail(PlantMachine):
    """One machine with its corrections."""

    history: list[HistoryOut] = Field(description="Its corrections, the oldest first.")


class PlantMachinePage(PageOf):
    """A page of machines."""

    items: list[PlantMachine] = Field(description="The rows of the page.")


class PlantMachinesIn(RowsIn):
    """A batch of machines."""

    rows: Annotated[list[RowC], Field(min_length=1, max_length=MOST_ROWS)] = Field(
        description="The machines, at most a thousand."
    )


class PlantMachineCorrection(CorrectionIn):
    """A correction of a machine."""

    changes: Changes = Field(description="New values by field.")


def _take(connection: Connection, source: Source, body: RowsIn, rows: list[dict[str, Any]], now: datetime) -> Taken:
    return take_plant.take_machines(connection, current_actor(), source, rows, now, body.codes.codes)


FACE = Face(
    "C", "plant machine", "plant machines", PlantMachineFilters, PlantMachinePage, PlantMachine, PlantMachineDetail,
    PlantMachinesIn, PlantMachineCorrection, plant_machines.find, plant_machines.find_one, _take, "received_at",
    {"rows": [{field.name: field.example for field in LEDGER_C if field.example}]},
)  # fmt: skip
add_batches(blueprint, FACE)
add_reading(blueprint, FACE)
add_changes(blueprint, FACE)
