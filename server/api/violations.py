"""Violations: the list, one with its verdict and evidence, the decision."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from server.api.errors import Fault, Refused, error_of, invalid
from server.api.kinds import NO_NUL, Absent, Day, Division, Id32, In, Out, PageAsked, PageOf, Text200, page_values
from server.api.operations import operation
from server.db import transaction
from server.flows import decide_violation
from server.flows.decide_violation import CONFIRM_REASONS, DISMISS_REASONS, Decision, EvidenceBroken, TakenBefore
from server.store import violations
from server.store.paging import Query
from server.web.access import current_actor, current_scope, engine, may, work

blueprint = APIBlueprint("api_violations", __name__, url_prefix="/api/v1/violations", tag="Violations")
MOST_PACKETS = 1000
Sort = Literal["first_at", "-first_at", "number", "-number", "dwell_s", "-dwell_s", "flagged_at", "-flagged_at"]
REASON: Any = Literal[CONFIRM_REASONS + DISMISS_REASONS]
Status = Literal["flagged", "confirmed", "dismissed", "superseded"]


class ViolationFilters(PageAsked):
    """The filters of the list."""

    q: Text200 | Absent = Field(
        default=None, description="Part of a plate, machine number, device or violation number."
    )
    status: Status | Absent = Field(default=None, description="State.")
    zone: Id32 | Absent = Field(default=None, description="Id of the zone.")
    division: Division | Absent = Field(default=None, description="Area code.")
    subject: Literal["truck", "machine"] | Absent = Field(default=None, description="Kind of subject.")
    reason: Text200 | Absent = Field(default=None, description="Reason code.")
    law: Literal["CODE", "APPCL"] | Absent = Field(default=None, description="Law by the date of the act.")
    from_day: Day | Absent = Field(default=None, alias="from", description="Acts from this local day on.")
    to_day: Day | Absent = Field(default=None, alias="to", description="Acts up to and including this local day.")
    truck: Id32 | Absent = Field(default=None, description="Id of the truck.")
    machine: Id32 | Absent = Field(default=None, description="Id of the machine.")
    sort: Sort | Absent = Field(default=None, description="Order; - for the other direction.")


class Violation(Out):
    """A visit that a rule forbids: a lead until an officer confirms it."""

    number: str = Field(description="Its number.", examples=["V20261124-000017"])
    status: Status = Field(description="State.")
    first_at: datetime = Field(description="First forbidden fix.")
    last_at: datetime = Field(description="Last forbidden fix.")
    dwell_s: int = Field(description="Between them, seconds.", examples=[600])
    division: str = Field(description="Area code.", examples=["211302"])
    law: str = Field(description="Law by the date of the act.", examples=["CODE"])
    reason_codes: list[str] = Field(description="Why, as codes.", examples=[["stage_too_low"]])
    lon: float = Field(description="First forbidden fix, degrees WGS-84.")
    lat: float = Field(description="First forbidden fix, degrees WGS-84.")
    terminal_id: int = Field(description="The terminal that reported.")
    device: str | None = Field(default=None, description="Its device name.")
    truck_id: int | None = Field(description="The truck.")
    plate: str | None = Field(description="Its plate.")
    plate_colour: str | None = Field(description="Its colour.")
    machine_id: int | None = Field(description="The machine.")
    machine_number: str | None = Field(description="Its number.")
    zone_id: int = Field(description="The zone.")
    zone_zh: str | None = Field(description="Its name in Chinese.")
    zone_en: str | None = Field(description="Its name in English.")
    flagged_at: datetime = Field(description="When the platform flagged it.")
    decided_at: datetime | None = Field(description="When an officer decided.")


class ViolationPage(PageOf):
    """A page of violations."""

    items: list[Violation] = Field(description="The rows of the page.")


class PacketOut(Out):
    """A packet of the evidence."""

    measured_at: datetime = Field(description="Its first sample.")
    last_at: datetime = Field(description="Its last sample.")
    received_at: datetime = Field(description="When it was received.")
    serial: int = Field(description="Its serial number; -1 where it has none.")
    samples_n: int = Field(description="Samples in it.")
    bytes: int = Field(description="Its length, bytes.")
    sha256: str = Field(description="SHA-256 of the bytes as they came.")


class ViolationDetail(Violation):
    """One violation with all that its page says."""

    verdict: dict[str, Any] = Field(description="Sentences, reasons, segments, rule rows: as it was judged.")
    zone_version: int = Field(description="Number of the zone's version in force at the act.")
    zone_version_id: int = Field(description="Id of that version.")
    decision_reason: str | None = Field(description="The officer's reason, as a code.")
    decision_note: str | None = Field(description="The officer's note.")
    decider: str | None = Field(description="Who decided.")
    evidence: dict[str, Any] | None = Field(description="The manifest sealed by a confirmation.")
    evidence_holds: bool | None = Field(description="Whether the sealed manifest still gives its hash.")
    packets: list[PacketOut] | None = Field(
        description=f"Packets from 15 minutes before to 15 after, the first {MOST_PACKETS}; null without the "
        "permission `violations.evidence`."
    )


class DecisionIn(In):
    """What the officer says."""

    status: Literal["confirmed", "dismissed"] = Field(description="Confirm or dismiss.")
    reason: REASON = Field(
        description=f"For confirmed: {', '.join(CONFIRM_REASONS)}; for dismissed: {', '.join(DISMISS_REASONS)}."
    )
    note: Annotated[str, StringConstraints(min_length=4, max_length=2000, pattern=NO_NUL)] = Field(
        description="In the officer's words."
    )


@operation(
    blueprint, "GET", "", allow="violations.read", asks=ViolationFilters, gives=ViolationPage,
    summary="List violations",    about="An enterprise sees its own confirmed ones.",
)  # fmt: skip
def index(query: ViolationFilters) -> ViolationPage:
    """A page of violations."""
    with work() as connection:
        found = violations.find(connection, current_scope(), query.query("first_at"))
    items = [Violation.model_validate(row) for row in found.rows]
    return ViolationPage(items=items, **page_values(query, found))


def _id_of(number: str) -> int:
    with transaction(engine()) as connection:
        found = violations.find_id(connection, number) if "\0" not in number else None
    if found is None:
        raise NotFound
    return found


def _detail(number: str) -> ViolationDetail:
    violation_id = _id_of(number)
    with work() as connection:
        row = violations.find_one(connection, current_scope(), violation_id)
    if row is None:
        raise NotFound
    with transaction(engine()) as connection:  # the scope has let it through: what belongs to it may be read
        decider = violations.decider(connection, row["decided_by"]) if row["decided_by"] else None
        packets = None
        if may("violations.evidence"):
            window = (row["terminal_id"], row["first_at"], row["last_at"])
            packets = violations.packets(connection, *window, Query(page=1, size=MOST_PACKETS)).rows
    holds = decide_violation.manifest_holds(row["evidence"], row["verdict"]) if row["evidence"] else None
    return ViolationDetail.model_validate({**row, "decider": decider, "packets": packets, "evidence_holds": holds})


@operation(
    blueprint, "GET", "/<string:violation>", allow="violations.read", gives=ViolationDetail, summary="One violation",
    about="With the verdict as it was judged, and the evidence.",
)  # fmt: skip
def show(violation: str) -> ViolationDetail:
    """One violation."""
    return _detail(violation)


@operation(
    blueprint, "POST", "/<string:violation>/decision", allow="violations.decide", takes=DecisionIn,
    gives=ViolationDetail, refuses=(409,), summary="Confirm or dismiss a violation",
    about="It is decided once: the second officer gets 409 with who was first and when. A confirmation seals the "
    "evidence; 409 `evidence_broken` says that a packet no longer gives the hash it was kept with.",
    examples={"body": {"status": "confirmed", "reason": "track_clear", "note": "核对轨迹，确在区内"}},
)  # fmt: skip
def decide(body: DecisionIn, violation: str) -> ViolationDetail:
    """Decide."""
    decision = Decision(body.status, body.reason, body.note.strip())
    faults = decide_violation.faults(decision)
    if faults:
        raise invalid([Fault(path=f"body.{f.field}", code="refused", message_zh=f.zh, message_en=f.en) for f in faults])
    violation_id = _id_of(violation)
    try:
        with work() as connection:
            before = decide_violation.decide(connection, current_actor(), current_scope(), violation_id, decision)
    except LookupError:
        raise NotFound from None
    except EvidenceBroken as broken:
        zh, en = "有数据包与其存证哈希不符，未作任何更改。", "A packet no longer gives its hash; nothing was changed."
        raise Refused(409, error_of(409, ("evidence_broken", zh, en))) from broken
    if before is not None:
        raise _taken(before)
    return _detail(violation)


def _taken(before: TakenBefore) -> Refused:
    who, when = before.decider or "platform", before.decided_at.isoformat() if before.decided_at else "-"
    zh = f"已由 {who} 于 {when} 处理（{before.status}），未作任何更改。"
    en = f"Decided already by {who} at {when} ({before.status}); nothing was changed."
    return Refused(409, error_of(409, ("decided_before", zh, en)))
