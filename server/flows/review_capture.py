"""A person reviews a capture; the second decides, or a third where two differ. A verdict is never taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.captures.records import hit_window, neighbour_m, pass_window
from enforcement.captures.reviews import (
    OF_THE_IMAGES,
    WAITING,
    RejectReason,
    Result,
    Review,
    Status,
    fault_of,
    level_of_next,
    refusal,
    status_of,
)
from enforcement.registry.plates import PlateColour, normalise_plate
from enforcement.rules.book import RuleBook
from enforcement.sentences import Sentence
from server.flows import capture_standing
from server.flows.refusals import Fault, Refused
from server.store import audit, capture_devices, capture_queue, capture_rows, captures
from server.store.audit import Actor
from server.store.scopes import Scope

NOTE_MOST = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the reviewer says; plate and colour as corrected, `version` of the capture as it was looked at."""

    result: str
    version: int
    reason: str | None = None
    note: str = ""
    plate: str = ""
    plate_colour: str = ""
    ringelmann: float | None = None


class ReviewRefused(Exception):
    """This person may not review this capture now; nothing was changed."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(why.en)
        self.why = why


def review(
    connection: Connection,
    actor: Actor,
    scope: Scope,
    rules: RuleBook,
    capture_id: int,
    verdict: Verdict,
    now: datetime,
) -> Status:
    """Keep a verdict; the status after it. Raises LookupError, Refused by field, or ReviewRefused."""
    if actor.user_id is None:
        raise LookupError(capture_id)
    said = _said(verdict, actor.user_id)
    found = captures.find_one(connection, scope, capture_id)
    if found is None:
        raise LookupError(capture_id)
    capture_rows.lock_plates(connection, [(found["plate"], found["plate_colour"]), (said.plate, said.colour)])
    row = capture_rows.lock(connection, scope, capture_id)
    if row is None:
        raise LookupError(capture_id)
    past = [_past(one) for one in captures.reviews(connection, capture_id)]
    _refuse(connection, row, past, actor.user_id, verdict, now)
    level = level_of_next(past)
    capture_rows.add_review(connection, capture_id, level, actor.user_id, _kept(said, verdict))
    status = status_of([*past, said])
    final = _settle(connection, rules, row, said, status)
    detail = {"number": row["number"], "level": level, "result": said.result, "reason": said.reason, "status": final}
    if said.plate and said.plate != row["plate"]:
        detail |= {"plate": said.plate, "plate_before": row["plate"]}
    audit.append(connection, actor, "capture.review", "capture", capture_id, detail)
    return final


def _said(verdict: Verdict, user_id: int) -> Review:
    """The verdict as a review; raises Refused where a field is missing or wrong."""
    if verdict.result not in set(Result):
        raise Refused([Fault("result", "请选择“黑烟”或排除原因。", "Choose smoke or a reason to reject.")])
    if verdict.reason and verdict.reason not in set(RejectReason):
        raise Refused([Fault("reason", "没有这个排除原因。", "There is no such reason.")])
    if len(verdict.note) > NOTE_MOST:
        raise Refused([Fault("note", f"最多{NOTE_MOST}字。", f"At most {NOTE_MOST} characters.")])
    smoke = verdict.result == Result.SMOKE
    said = Review(
        user_id,
        Result(verdict.result),
        None if smoke or not verdict.reason else RejectReason(verdict.reason),
        (normalise_plate(verdict.plate)[:20] or None) if smoke else None,
        _colour(verdict.plate_colour) if smoke else None,
    )
    fault = fault_of(said)
    if fault is not None:
        raise Refused([Fault(fault[0], fault[1].zh, fault[1].en)])
    return said


def _colour(text: str) -> str | None:
    """A colour of the list; none and what is no colour at all are none."""
    return text if text in set(PlateColour) - {PlateColour.NONE} else None


def _past(row: Mapping[str, Any]) -> Review:
    reason = RejectReason(row["reason"]) if row["reason"] else None
    return Review(row["by_user"], Result(row["result"]), reason, row["plate"], row["plate_colour"])


def _kept(said: Review, verdict: Verdict) -> dict[str, Any]:
    return {
        "result": said.result,
        "reason": said.reason,
        "note": verdict.note.strip() or None,
        "plate": said.plate,
        "colour": said.colour,
        "ringelmann": verdict.ringelmann,
    }


def _refuse(
    connection: Connection,
    row: Mapping[str, Any],
    past: Sequence[Review],
    user_id: int,
    verdict: Verdict,
    now: datetime,
) -> None:
    if row["status"] not in WAITING:
        zh, en = (
            "该抓拍已审结或并入同一次通过。",
            "The capture is decided, or counted under another record of the pass.",
        )
        raise ReviewRefused(Sentence("decided", zh, en))
    why = refusal(past, user_id)
    if why is not None:
        raise ReviewRefused(why)
    if row["held_by"] not in (None, user_id) and row["held_until"] >= now:
        name = capture_queue.holder(connection, row["held_by"])
        zh, en = f"{name}正在审核该抓拍。", f"{name} is reviewing this capture."
        raise ReviewRefused(Sentence("held", zh, en))
    if row["version"] != verdict.version:
        zh, en = "该抓拍刚有变动（新增材料或审核），请重新查看。", "The capture has changed since: look at it again."
        raise ReviewRefused(Sentence("changed", zh, en))


def _settle(connection: Connection, rules: RuleBook, row: Mapping[str, Any], said: Review, status: Status) -> Status:
    """Move the capture on; a decision fixes its standing, its vehicle and its pass."""
    if status in WAITING:
        capture_rows.set_status(connection, row["id"], status, decided=False)
        return status
    capture_standing.judge(connection, rules, row)
    if status is Status.REJECTED:
        capture_rows.set_status(connection, row["id"], status, decided=True, reject_reason=said.reason)
        if said.reason in OF_THE_IMAGES:
            capture_rows.release_pass(connection, row["id"])
        return status
    return _confirm(connection, rules, row, said.plate or "", said.colour or "")


def _confirm(connection: Connection, rules: RuleBook, row: Mapping[str, Any], plate: str, colour: str) -> Status:
    at, area = row["captured_at"], row["division"]
    devices = capture_devices.neighbours(connection, row["device_id"], neighbour_m(rules, at, area))
    first = capture_rows.find_pass(
        connection, (plate, colour), devices, pass_window(rules, at, area), ["confirmed"], row["id"]
    )
    own = next((one for one in captures.register_of(connection, plate) if one["plate_colour"] == colour), None)
    status = Status.CONFIRMED if first is None else Status.DUPLICATE
    capture_rows.set_status(
        connection,
        row["id"],
        status,
        decided=True,
        plate=plate,
        plate_colour=colour,
        truck_id=own and own["id"],
        enterprise_id=own and own["enterprise_id"],
        same_pass_as=first,
    )
    capture_rows.count_hits(connection, plate, colour, at, hit_window(rules, at, area))
    return status
