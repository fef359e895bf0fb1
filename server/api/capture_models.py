"""Models of captures, their reviews and files in the API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints

from enforcement.captures.reviews import RejectReason, Status
from enforcement.registry.plates import PlateColour
from server.api.kinds import NO_NUL, Absent, Day, Division, Id32, In, Moment, Out, PageAsked, PageOf, Text200, YesNo

COLOUR: Any = Literal[tuple(str(colour) for colour in PlateColour)]
STATUS: Any = Literal[tuple(str(status) for status in Status)]
REASON: Any = Literal[tuple(str(reason) for reason in RejectReason)]
SORT: Any = Literal["captured_at", "-captured_at", "ringelmann", "-ringelmann", "hits", "-hits"]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern="^[^\\x00-\\x1f]+$")]
Code = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,60}$")]
Plate = Annotated[str, StringConstraints(max_length=20, pattern=NO_NUL)]
Short = Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)]
Share = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[float, Field(ge=0, le=5)]
Hits = Annotated[int, Field(ge=0, le=10_000)]


class CaptureFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(default=None, description="Part of a plate, or a capture number.")
    device: Id32 | Absent = Field(default=None, description="Id of the camera.")
    division: Division | Absent = Field(default=None, description="Area code.")
    plate_colour: COLOUR | Absent = Field(default=None, description="Colour of the plate.")
    region: Literal["local", "foreign", "none"] | Absent = Field(
        default=None, description="Plates of this city, of others, or captures without a plate."
    )
    fuel: Text200 | Absent = Field(default=None, description="Fuel by the register.")
    registered: YesNo | Absent = Field(default=None, description="Whether the register has the plate in its colour.")
    status: STATUS | Absent = Field(default=None, description="Where it stands.")
    reason: REASON | Absent = Field(default=None, description="Why it was rejected.")
    standing: Literal["evidence", "void"] | Absent = Field(default=None, description="Whether it is evidence.")
    ringelmann_from: Level | Absent = Field(default=None, description="Ringelmann level from.")
    ringelmann_to: Level | Absent = Field(default=None, description="Ringelmann level to.")
    confidence_from: Share | Absent = Field(default=None, description="Confidence from.")
    hits_from: Hits | Absent = Field(default=None, description="Hits in the window from.")
    from_day: Day | Absent = Field(default=None, alias="from", description="Captured from this local day on.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Captured up to this local day, included.")
    band: Literal["night", "morning", "day", "evening"] | Absent = Field(
        default=None, description="Time of day: 22 to 6, 6 to 10, 10 to 17, 17 to 22."
    )
    truck: Id32 | Absent = Field(default=None, description="Id of the truck.")
    sort: SORT | Absent = Field(default=None, description="Order; - for the other direction.")


class CaptureIn(In):
    """What a device system says of one pass."""

    device: Code = Field(description="Code of the camera as registered.")
    source_key: Key = Field(description="The device system's own id of the pass; once a pass.")
    captured_at: Moment = Field(description="When.")
    lane: Short | None = Field(default=None, description="Lane.")
    plate: Plate | None = Field(default=None, description="Plate as read; a trailer's is kept as such.")
    plate_colour: COLOUR | None = Field(default=None, description="Its colour.")
    trailer_plate: Plate | None = Field(default=None, description="Plate of the trailer.")
    plate_confidence: Share | None = Field(default=None, description="How sure the reading is, 0 to 1.")
    vehicle_type: Short | None = Field(default=None, description="Vehicle type, best in the codes of the register.")
    body_colour: Short | None = Field(default=None, description="Colour of the vehicle.")
    ringelmann: Level | None = Field(default=None, description="Ringelmann level.")
    confidence: Share | None = Field(default=None, description="How sure the smoke is, 0 to 1.")
    smoke_frames: int | None = Field(default=None, ge=0, le=100_000, description="Frames with smoke.")
    speed_kmh: float | None = Field(default=None, ge=0, le=300, description="Speed, km/h.")
    clock_drift_s: float | None = Field(
        default=None, ge=-86_400, le=86_400, description="Drift of the device's clock, s; without it no evidence."
    )
    weather: dict[Short, JsonValue] = Field(
        default_factory=dict, max_length=20, description="Weather as the device knows it."
    )
    raw: dict[Short, JsonValue] = Field(
        default_factory=dict, max_length=100, description="Anything else; kept as it came."
    )


class CaptureTaken(Out):
    """The receipt of a capture: the same however often the same facts are sent."""

    number: str = Field(description="Its number.", examples=["B20261124-000017"])
    captured_at: datetime = Field(description="When it was captured.")
    received_at: datetime = Field(description="When it was first received.")
    sha256: str = Field(description="SHA-256 of the facts as kept.")


class SentenceOut(Out):
    """A sentence in both languages."""

    code: str = Field(description="What, as a word.")
    zh: str = Field(description="In Chinese.")
    en: str = Field(description="In English.")


class Capture(Out):
    """One capture."""

    number: str = Field(description="Its number.", examples=["B20261124-000017"])
    version: int = Field(description="Rises with every change; a review names it.")
    device: str = Field(description="Code of the camera.")
    device_id: int = Field(description="Id of the camera.")
    source_key: str = Field(description="The device system's id of the pass.")
    captured_at: datetime = Field(description="When.")
    received_at: datetime = Field(description="When it was received.")
    lane: str | None = Field(description="Lane.")
    division: str = Field(description="Area code.", examples=["211302"])
    plate: str | None = Field(description="The plate; once confirmed, as the reviewers stand by.")
    plate_colour: str | None = Field(description="Its colour.")
    trailer_plate: str | None = Field(description="Plate of the trailer.")
    plate_confidence: float | None = Field(description="How sure the reading was.")
    truck_id: int | None = Field(description="The truck in the register.")
    vehicle_type: str | None = Field(description="Vehicle type as read.")
    body_colour: str | None = Field(description="Colour of the vehicle as read.")
    ringelmann: float | None = Field(description="Ringelmann level.")
    confidence: float | None = Field(description="How sure the smoke was.")
    smoke_frames: int | None = Field(description="Frames with smoke.")
    speed_kmh: float | None = Field(description="Speed, km/h.")
    clock_drift_s: float | None = Field(description="Drift of the clock, s.")
    standing: Literal["evidence", "void"] = Field(description="Whether it is evidence (APL 41).")
    standing_reasons: list[SentenceOut] = Field(description="Why it is void.")
    standing_rules: list[str] = Field(description="Keys of the rule rows that the standing rests on.")
    status: STATUS = Field(description="Where it stands.")
    reject_reason: str | None = Field(description="Why it was rejected.")
    hits: int = Field(description="Confirmed captures of the vehicle in the window that ends with this one.")
    decided_at: datetime | None = Field(description="When it was decided.")
    law: str = Field(description="Law by the date of the act.", examples=["CODE"])


class CapturePage(PageOf):
    """A page of captures."""

    items: list[Capture] = Field(description="The rows of the page.")


class ReviewOut(Out):
    """One review."""

    level: int = Field(description="1, 2, or 3 where the first two differ.")
    result: Literal["smoke", "rejected"] = Field(description="What the reviewer saw.")
    reason: str | None = Field(description="Why it was rejected.")
    note: str | None = Field(description="In the reviewer's words.")
    plate: str | None = Field(description="The plate the reviewer stands by.")
    plate_colour: str | None = Field(description="Its colour.")
    at: datetime = Field(description="When.")
    reviewer: str = Field(description="Who.")


class CaptureDetail(Capture):
    """One capture with its reviews."""

    same_pass_number: str | None = Field(description="The capture that this pass is counted under.")
    reviews: list[ReviewOut] | None = Field(
        description="The reviews; null without `captures.review`, and until it is decided."
    )


class ReviewIn(In):
    """A verdict."""

    version: int = Field(ge=1, le=2_147_483_647, description="The version that was looked at.")
    result: Literal["smoke", "rejected"] = Field(description="What is seen.")
    reason: REASON | None = Field(default=None, description="Why it is rejected.")
    note: Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] = Field(
        default="", description="In the reviewer's words."
    )
    plate: Plate = Field(default="", description="For smoke: the plate that answers for it.")
    plate_colour: COLOUR | None = Field(default=None, description="For smoke: its colour.")
    ringelmann: Level | None = Field(default=None, description="Ringelmann level as judged.")


class FileKept(Out):
    """One file as it was kept."""

    id: int = Field(description="Its id among the evidence.")
    name: str = Field(description="Its name.")
    purpose: str = Field(description="What it shows.")
    media_type: str = Field(description="What it is.")
    bytes: int = Field(description="Its length.")
    sha256: str = Field(description="SHA-256 of its bytes.")
    sm3: str = Field(description="SM3 of its bytes.")
    new: bool = Field(description="False where the capture had it already.")


class FilesKept(Out):
    """What was kept, and what the capture is now."""

    number: str = Field(description="Number of the capture.")
    files: list[FileKept] = Field(description="The files, in the order of the form.")
