"""Ledger B in the API: vehicles that work inside plants."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints, WithJsonSchema
from pydantic.types import JsonValue
from sqlalchemy import Connection

from enforcement.ledgers.fields import LEDGER_B
from server.api.kinds import NO_NUL, Absent, Division, Id32, Id64, Out, PageAsked, PageOf, Text200, YesNo
from server.api.ledger_models import MOST_ROWS, CorrectionIn, HistoryOut, RowB, RowsIn, row_schema
from server.api.ledger_routes import Face, add_batches, add_changes, add_reading
from server.api.ledgers import FUEL, SOURCE, STAGE
from server.flows import take_plant
from server.flows.ledger_intake import Source, Taken
from server.store import plant_vehicles
from server.web.access import current_actor

blueprint = APIBlueprint("api_plant_vehicles", __name__, url_prefix="/api/v1/ledger/plant-vehicles", tag="Ledgers")
Word = Annotated[str, StringConstraints(max_length=30, pattern=NO_NUL)]
Changes = Annotated[dict[str, JsonValue], WithJsonSchema(row_schema("B")), Field(min_length=1)]


class PlantVehicleFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a number in the plant, a plate or a VIN.")
    enterprise: Id32 | Absent = Field(default=None, description="Id of the enterprise.")
    division: Division | Absent = Field(default=None, description="Area code.")
    fuel: FUEL | Absent = Field(default=None, description="Fuel.")
    stage: STAGE | Absent = Field(default=None, description="Stage.")
    source: SOURCE | Absent = Field(default=None, description="Where the row came from.")
    state: Literal["taken", "void"] | Absent = Field(default=None, description="Whether it stands.")
    doubts: YesNo | Absent = Field(default=None, description="Whether something about it is odd.")
    gone: YesNo | Absent = Field(default=None, description="Whether it was scrapped or transferred.")
    truck: Id32 | Absent = Field(default=None, description="Id of the truck in the register.")
    batch: Id64 | Absent = Field(default=None, description="Number of the batch.")
    sort: Literal["received_at", "-received_at", "internal_no", "-internal_no", "stage", "-stage"] | Absent = Field(
        default=None, description="Order; - for the other direction."
    )


class PlantVehicle(Out):
    """A vehicle that works inside a plant."""

    id: int = Field(description="Its id.", examples=[3])
    version: int = Field(description="Rises with every change.")
    enterprise_id: int = Field(description="Whose ledger.")
    enterprise: str = Field(description="Name of the enterprise.")
    division: str = Field(description="Area code.")
    internal_no: str = Field(description="Its number in the plant.")
    truck_id: int | None = Field(description="The truck of the register with this plate and colour.")
    vin: str | None = Field(description="VIN.")
    built_on: date | None = Field(description="Day it was built.")
    plate: str | None = Field(description="Plate, if any.")
    plate_colour: str | None = Field(description="Its colour.")
    registered_on: date | None = Field(description="Day of registration.")
    model: str | None = Field(description="Model.")
    fuel: str = Field(description="Fuel.")
    stage: str = Field(description="Stage.")
    stage_basis: str | None = Field(description="What the stage was taken from.")
    networked: bool | None = Field(description="Whether its terminal is on line.")
    owner: str | None = Field(description="Owner.")
    engine_model: str | None = Field(description="Engine model.")
    engine_maker: str | None = Field(description="Engine maker.")
    engine_number: str | None = Field(description="Engine number.")
    photos: dict[str, str] | None = Field(description="Addresses of pictures by what they show.")
    gone_on: date | None = Field(description="Day it was scrapped or transferred.")
    gone_how: Literal["scrapped", "transferred"] | None = Field(description="What became of it.")
    source: SOURCE = Field(description="Where the row came from.")
    state: Literal["taken", "void"] = Field(description="`void`: struck out.")
    doubts: list[str] = Field(description="What is odd about it, as words.")
    batch_id: int | None = Field(description="The batch it came in.")
    received_at: datetime = Field(description="When the row came in.")
    corrected_at: datetime | None = Field(description="When a person corrected it last.")


class PlantVehicleDetail(PlantVehicle):
    """One vehicle with its corrections."""

    history: list[HistoryOut] = Field(description="Its corrections, the oldest first.")


class PlantVehiclePage(PageOf):
    """A page of vehicles."""

    items: list[PlantVehicle] = Field(description="The rows of the page.")


class PlantVehiclesIn(RowsIn):
    """A batch of vehicles."""

    rows: Annotated[list[RowB], Field(min_length=1, max_length=MOST_ROWS)] = Field(
        description="The vehicles, at most a thousand."
    )


class PlantVehicleCorrection(CorrectionIn):
    """A correction of a vehicle."""

    changes: Changes = Field(description="New values by field.")


def _take(connection: Connection, source: Source, body: RowsIn, rows: list[dict[str, Any]], now: datetime) -> Taken:
    return take_plant.take_vehicles(connection, current_actor(), source, rows, now, body.codes.codes)


FACE = Face(
    "B", "plant vehicle", "plant vehicles", PlantVehicleFilters, PlantVehiclePage, PlantVehicle, PlantVehicleDetail,
    PlantVehiclesIn, PlantVehicleCorrection, plant_vehicles.find, plant_vehicles.find_one, _take, "received_at",
    {"rows": [{field.name: field.example for field in LEDGER_B if field.example}]},
)  # fmt: skip
add_batches(blueprint, FACE)
add_reading(blueprint, FACE)
add_changes(blueprint, FACE)
