"""Last positions of terminals."""

from datetime import datetime
from typing import Annotated, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints

from server.api.errors import Fault, invalid
from server.api.kinds import MOST_ROWS, Absent, Asked, Id32, Out, address
from server.api.operations import operation
from server.store import positions
from server.store.positions import Box
from server.web.access import current_scope, work

blueprint = APIBlueprint("api_positions", __name__, url_prefix="/api/v1/positions", tag="Positions")
_DEGREES = r"-?[0-9]{1,3}(\.[0-9]{1,9})?"
BOX = Annotated[str, StringConstraints(pattern=f"^{_DEGREES},{_DEGREES},{_DEGREES},{_DEGREES}$")]


class PositionsAsked(Asked):
    """Which terminals."""

    bbox: BOX | Absent = Field(
        default=None, description="west,south,east,north in degrees WGS-84.", examples=["120.1,41.4,120.7,41.8"]
    )
    after: Id32 | Absent = Field(default=None, description="Terminals with a higher id alone; `next` sets it.")
    limit: int = Field(default=MOST_ROWS, ge=1, le=MOST_ROWS, description="Terminals an answer.")


class Position(Out):
    """Where a terminal was when it last knew."""

    terminal_id: int = Field(description="The terminal.", examples=[17])
    kind: Literal["hdv", "nrmm", "jt808", "ev", "json"] = Field(description="Its kind.")
    truck_id: int | None = Field(description="The truck it is bound to.")
    machine_id: int | None = Field(description="The machine it is bound to.")
    plate: str | None = Field(description="The truck's plate.")
    plate_colour: str | None = Field(description="Its colour.")
    number: str = Field(description="The machine's number, else the device name.")
    lon: float = Field(description="Degrees WGS-84.", examples=[120.41])
    lat: float = Field(description="Degrees WGS-84.", examples=[41.57])
    speed_kmh: float | None = Field(description="Speed, km/h.")
    direction_deg: float | None = Field(description="Direction, degrees, north 0, clockwise.")
    measured_at: datetime | None = Field(description="The device's time of the newest packet.")
    received_at: datetime | None = Field(description="When it was received.")
    state: Literal["violation", "forbidden", "online", "late", "offline"] = Field(
        description="The strongest that holds: an open violation, inside a forbidden zone, else by age."
    )


class Positions(Out):
    """Last positions in order of the terminals' ids."""

    items: list[Position] = Field(description="The terminals.")
    next: str | None = Field(description="The address that goes on; null when nothing is left.")


@operation(
    blueprint, "GET", "", allow="map.read", asks=PositionsAsked, gives=Positions, summary="Last positions",
    about="Terminals of the account's area that have a position, in a part of the map or everywhere.",
)  # fmt: skip
def index(query: PositionsAsked) -> Positions:
    """Last positions."""
    with work() as connection:
        rows = positions.after(connection, current_scope(), _box(query.bbox), query.after or 0, query.limit + 1)
    items = [Position.model_validate(row) for row in rows[: query.limit]]
    follows = address(after=items[-1].terminal_id) if len(rows) > query.limit else None
    return Positions(items=items, next=follows)


def _box(wanted: str | None) -> Box:
    if wanted is None:
        return Box(-180, -90, 180, 90)
    west, south, east, north = (float(part) for part in wanted.split(","))
    if west > east or south > north:
        zh, en = "须为 西,南,东,北。", "It must be west,south,east,north"
        raise invalid([Fault(path="query.bbox", code="order", message_zh=zh, message_en=en)])
    return Box(west, south, east, north)
