"""Black-smoke captures: intake from camera systems, the list, one with its reviews, a review."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import request
from pydantic import Field, JsonValue, StringConstraints
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound, UnsupportedMediaType

from enforcement.capture_reviews import RejectReason, Status
from enforcement.plates import PlateColour
from server.api import versions
from server.api.errors import Fault, Refused, error_of, invalid, refused_fields
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
    YesNo,
    page_values,
)
from server.api.operations import operation
from server.db import transaction
from server.flows import add_capture_files, refusals, review_capture, rule_book, take_capture
from server.flows.add_capture_files import PURPOSES
from server.flows.keep_evidence import UploadFault
from server.flows.review_capture import ReviewRefused, Verdict
from server.flows.take_capture import CaptureFacts, OtherFacts
from server.store import captures
from server.web.access import current_actor, current_scope, engine, may, work
from server.web.capture_uploads import files_given
from server.web.capture_words import local_plates
from server.web.evidence_uploads import evidence_store, takes_evidence

blueprint = APIBlueprint("api_captures", __name__, url_prefix="/api/v1/captures", tag="Captures")
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


@operation(
    blueprint, "GET", "", allow="captures.read", asks=CaptureFilters, gives=CapturePage, summary="List captures",
    about="An enterprise sees its own that are confirmed and evidence.",
)  # fmt: skip
def index(query: CaptureFilters) -> CapturePage:
    """A page of captures."""
    with work() as connection:
        found = captures.find(connection, current_scope(), query.query("captured_at"), local_plates(connection))
    return CapturePage(items=[Capture.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "POST", "", allow="captures.upload", takes=CaptureIn, gives=CaptureTaken, refuses=(409,),
    summary="Take a capture",
    about="Sent twice with the same facts it gives the same answer and is one capture; other facts under the same "
    "`source_key` are refused with 409. Pictures and video follow by `POST /api/v1/captures/{capture}/files`.",
    examples={"body": {"device": "CY-BS-001", "source_key": "20261124081530-2", "plate": "辽N12345",
                       "captured_at": "2026-11-24T08:15:30+08:00", "plate_colour": "yellow", "ringelmann": 2.5,
                       "clock_drift_s": 0.1}},
)  # fmt: skip
def take(body: CaptureIn) -> CaptureTaken:
    """Take a capture."""
    facts = CaptureFacts(**{one.name: getattr(body, one.name) for one in fields(CaptureFacts)})
    try:
        with work() as connection:
            taken = take_capture.take(
                connection, current_actor(), current_scope(), rule_book.current(connection), facts, datetime.now(UTC)
            )
    except refusals.Refused as refused:
        raise refused_fields(refused) from refused
    except OtherFacts as other:
        zh = f"该设备的此编号已用于 {other.number}，内容不同；未作任何更改。"
        en = f"The device has used this key for {other.number} with other facts; nothing was changed."
        raise Refused(409, error_of(409, ("other_facts", zh, en), path="body.source_key")) from other
    return CaptureTaken(
        number=taken.number,
        captured_at=taken.captured_at,
        received_at=taken.received_at,
        sha256=taken.sha256.hex(),
    )


def id_of(number: str) -> int:
    """The id behind a number; the scope is asked when the row is read."""
    with transaction(engine()) as connection:
        found = captures.find_id(connection, number) if "\0" not in number else None
    if found is None:
        raise NotFound
    return found


def _detail(capture_id: int) -> CaptureDetail:
    with work() as connection:
        row = captures.find_one(connection, current_scope(), capture_id)
    if row is None:
        raise NotFound
    reviews = None
    if may("captures.review") and row["decided_at"]:  # until then the next reviewer shall see it with fresh eyes
        with transaction(engine()) as connection:
            reviews = captures.reviews(connection, capture_id)
    versions.tag_of(row)
    return CaptureDetail.model_validate({**row, "reviews": reviews})


@operation(
    blueprint, "GET", "/<string:capture>", allow="captures.read", gives=CaptureDetail, versioned=True,
    summary="One capture",
    about="With its standing and, once decided, its reviews.",
)  # fmt: skip
def show(capture: str) -> CaptureDetail:
    """One capture."""
    return _detail(id_of(capture))


def _check(connection: Connection, capture_id: int) -> None:
    """Refuse what rests on an older version (412); who comes between is found by the version that the flow locks."""
    row = captures.find_one(connection, current_scope(), capture_id)
    if row is not None:
        versions.check(row)


@operation(
    blueprint, "POST", "/<string:capture>/reviews", allow="captures.review", takes=ReviewIn, gives=CaptureDetail,
    refuses=(409,), versioned=True, summary="Review a capture",
    about="Two different people review, a third where they differ. 409 says why this person may not: `same_reviewer`, "
    "`decided`, `held` by somebody else, or `changed` since that version.",
    examples={"body": {"version": 1, "result": "rejected", "reason": "night_glare"}},
)  # fmt: skip
def review(body: ReviewIn, capture: str) -> CaptureDetail:
    """Review it."""
    capture_id = id_of(capture)
    verdict = Verdict(**{**body.model_dump(), "plate_colour": body.plate_colour or ""})
    try:
        with work() as connection:
            now, rules = datetime.now(UTC), rule_book.current(connection)
            _check(connection, capture_id)
            review_capture.review(connection, current_actor(), current_scope(), rules, capture_id, verdict, now)
    except LookupError:
        raise NotFound from None
    except refusals.Refused as refused:
        raise refused_fields(refused) from refused
    except ReviewRefused as refused:
        raise Refused(409, error_of(409, (refused.why.code, refused.why.zh, refused.why.en))) from refused
    return _detail(capture_id)


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


@takes_evidence
@operation(
    blueprint, "POST", "/<string:capture>/files", allow="captures.upload", gives=FilesKept, files=PURPOSES,
    refuses=(409, 413, 415), versioned=True, summary="Add files to a capture",
    about="A form (`multipart/form-data`) with the fields scene, smoke, plate, front and video, each with one file or "
    "several. All are kept or none; sent again they are kept once. A field `sha256_scene` and so on, once a file in "
    "order, is what the device says of it: a file that does not give it is refused. 409 `decided` once it is decided.",
)  # fmt: skip
def add(capture: str) -> FilesKept:
    """Add files."""
    if request.mimetype != "multipart/form-data":  # asked before the number: a foreign capture answers as none would
        raise UnsupportedMediaType
    capture_id = id_of(capture)
    try:
        given = files_given()
        with work() as connection:
            _check(connection, capture_id)
            kept = add_capture_files.add_files(
                connection, evidence_store(), current_actor(), current_scope(), rule_book.current(connection),
                capture_id, given,
            )  # fmt: skip
    except LookupError:
        raise NotFound from None
    except add_capture_files.Decided as decided:
        zh, en = "该抓拍已审结，材料请加入案件。", "It is decided: add files to the case."
        raise Refused(409, error_of(409, ("decided", zh, en))) from decided
    except UploadFault as fault:
        wrong_file = Fault(path=f"body.{fault.field}", code="file", message_zh=fault.zh, message_en=fault.en)
        raise invalid([wrong_file]) from fault
    return FilesKept(number=capture, files=[FileKept.model_validate(item) for item in kept])
