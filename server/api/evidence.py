"""Evidence: what is kept of an owner, adding a file to it, one item, its original bytes."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from server.api.errors import Fault, invalid
from server.api.kinds import NO_NUL, Absent, Asked, Id64, Moment, Out
from server.api.operations import operation
from server.flows import read_evidence
from server.flows.keep_evidence import Upload, UploadFault, keep
from server.store import evidence_items
from server.store.evidence_store import StoreDamaged
from server.web import evidence_owners
from server.web.access import current_actor, work
from server.web.evidence_uploads import evidence_store, takes_evidence

blueprint = APIBlueprint("api_evidence", __name__, url_prefix="/api/v1/evidence", tag="Evidence")
OwnerKind = Literal["inspection", "capture", "case", "referral", "repair", "document", "device_review", "objection"]
Purpose = Annotated[str, StringConstraints(pattern="^[a-z_]{1,40}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=NO_NUL)]
Hex256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class OwnerAsked(Asked):
    """Whose evidence."""

    owner_kind: OwnerKind = Field(description="What it belongs to; an objection belongs to its case.")
    owner_id: Id64 = Field(description="Its id.")


class UploadAsked(OwnerAsked):
    """What a file is evidence of."""

    purpose: Purpose = Field(description="What it shows: scene, smoke, plate, reading, document, video, other.")
    name: Name = Field(description="What the sender calls it; it is cleaned, the content decides what it is.")
    taken_at: Moment | Absent = Field(default=None, description="When, by the device; else the picture's own time.")
    lon: float | Absent = Field(default=None, ge=-180, le=180, description="Where, degrees WGS-84; with lat.")
    lat: float | Absent = Field(default=None, ge=-90, le=90, description="Where, degrees WGS-84; with lon.")
    claimed_sha256: Hex256 | Absent = Field(
        default=None, description="SHA-256 as the device computed it: other bytes are refused."
    )


class EvidenceItem(Out):
    """One kept file of an owner."""

    id: int = Field(description="Its id.", examples=[12])
    owner_kind: str = Field(description="What it belongs to.", examples=["inspection"])
    owner_id: int = Field(description="The id of that.", examples=[7])
    purpose: str = Field(description="What it shows.", examples=["scene"])
    name: str = Field(description="Its cleaned name.", examples=["photo.jpg"])
    media_type: str = Field(description="What it is, by its content.", examples=["image/jpeg"])
    bytes: int = Field(description="Its length, bytes.", examples=[161713])
    sha256: str = Field(description="SHA-256 of the bytes as they came, hex.")
    sm3: str = Field(description="SM3 of the same, hex.")
    claimed_sha256: str | None = Field(description="What the device claimed; null: nothing.")
    taken_at: datetime | None = Field(description="When, by the device or the picture.")
    lon: float | None = Field(description="Where, degrees WGS-84.")
    lat: float | None = Field(description="Where, degrees WGS-84.")
    width_px: int | None = Field(description="Of a picture, pixels.")
    height_px: int | None = Field(description="Of a picture, pixels.")
    duration_s: float | None = Field(description="Of a video, seconds.")
    added_at: datetime = Field(description="When it was kept.")
    set_aside: str | None = Field(description="Why it no longer counts; null: it counts.")


class EvidenceList(Out):
    """Every item of an owner."""

    items: list[EvidenceItem] = Field(description="In the order they were added.")


@operation(
    blueprint, "GET", "", allow="evidence.read", asks=OwnerAsked, gives=EvidenceList, refuses=(404,),
    summary="List evidence of an owner", about="Who may read the owner may read it.",
)  # fmt: skip
def index(query: OwnerAsked) -> EvidenceList:
    """Every item of an owner."""
    with work() as connection:
        if not evidence_owners.readable(connection, query.owner_kind, query.owner_id):
            raise NotFound
        rows = evidence_items.of_owner(connection, query.owner_kind, query.owner_id)
    return EvidenceList(items=[EvidenceItem.model_validate(row) for row in rows])


@operation(
    blueprint, "POST", "", allow="evidence.add", asks=UploadAsked, gives=EvidenceItem, takes_bytes=True,
    refuses=(404,), summary="Add a file to an owner",
    about="The body is the file itself under any Content-Type: JPEG, PNG, WebP, MP4, MOV or PDF by content. Sent again "
    "it is the same item, so no Idempotency-Key is needed. A file that is refused (422) leaves nothing behind.",
)  # fmt: skip
@takes_evidence
def add(query: UploadAsked) -> EvidenceItem:
    """Keep a file."""
    upload = Upload(
        query.name, cast(Any, request.stream), query.purpose, query.taken_at, query.lon, query.lat, query.claimed_sha256
    )
    try:
        with work() as connection:
            owner = evidence_owners.writable(connection, query.owner_kind, query.owner_id)
            if owner is None:
                raise NotFound
            (item,) = keep(connection, evidence_store(), current_actor(), owner, [upload])
            row = evidence_items.find_one(connection, item.id)
    except UploadFault as fault:
        raise invalid([Fault(path="body", code="refused", message_zh=fault.zh, message_en=fault.en)]) from fault
    return EvidenceItem.model_validate(row)


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        item = evidence_items.find_one(connection, number)
        if item is None or not evidence_owners.item_readable(connection, item):
            raise NotFound
    return item


@operation(
    blueprint, "GET", "/<int:number64>", allow="evidence.read", gives=EvidenceItem, summary="One item of evidence",
)  # fmt: skip
def show(number64: int) -> EvidenceItem:
    """One item."""
    return EvidenceItem.model_validate(_get(number64))


@operation(
    blueprint, "GET", "/<int:number64>/file", allow="evidence.read", gives=EvidenceItem, gives_bytes=True,
    summary="The original bytes", about="Logged with the caller's name.",
)  # fmt: skip
def download(number64: int) -> Response:
    """The file as it came."""
    item, store = _get(number64), evidence_store()
    try:
        store.open(item["sha256"]).close()
    except StoreDamaged:
        raise NotFound from None
    with work() as connection:
        read_evidence.look(connection, current_actor(), item, "download")
    answer = Response(store.pieces(item["sha256"]), mimetype="application/octet-stream")
    answer.content_length = item["bytes"]
    answer.headers.set("Content-Disposition", "attachment", filename=item["name"])
    return answer
