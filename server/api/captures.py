"""Black-smoke captures: intake from camera systems, the list, one with its reviews, a review."""

from dataclasses import fields
from datetime import UTC, datetime

from apiflask import APIBlueprint
from flask import request
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound, UnsupportedMediaType

from server.api import versions
from server.api.capture_models import (
    Capture,
    CaptureDetail,
    CaptureFilters,
    CaptureIn,
    CapturePage,
    CaptureTaken,
    FileKept,
    FilesKept,
    ReviewIn,
)
from server.api.errors import Fault, Refused, error_of, invalid, refused_fields
from server.api.kinds import (
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
