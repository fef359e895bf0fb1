"""How a violation moves: flagged until an officer confirms or dismisses it with a coded reason."""

from __future__ import annotations

from enum import StrEnum

from enforcement.sentences import Sentence


class Status(StrEnum):
    """Where a violation stands."""

    FLAGGED = "flagged"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    SUPERSEDED = "superseded"  # late fixes changed the visit; the new record names this one


MOVES: dict[Status, frozenset[Status]] = {
    Status.FLAGGED: frozenset({Status.CONFIRMED, Status.DISMISSED, Status.SUPERSEDED}),
    Status.CONFIRMED: frozenset(),
    Status.DISMISSED: frozenset(),
    Status.SUPERSEDED: frozenset(),
}


class ConfirmReason(StrEnum):
    """Why an officer confirms."""

    ON_SITE = "on_site"
    VIDEO = "video"
    ADMITTED = "admitted"
    RECORDS = "records"
    OTHER = "other"


class DismissReason(StrEnum):
    """Why an officer dismisses."""

    POSITION_FAULT = "position_fault"
    WRONG_SUBJECT = "wrong_subject"
    STAGE_CORRECTED = "stage_corrected"
    WHITELISTED = "whitelisted"
    EMERGENCY = "emergency"
    DEVICE_MOVED = "device_moved"
    TRANSPORTED = "transported"
    ZONE_FAULT = "zone_fault"
    DOUBLE = "double"
    MINOR = "minor"
    OTHER = "other"


REASON_WORDS: dict[ConfirmReason | DismissReason, Sentence] = {
    code: Sentence(str(code), zh, en)
    for code, zh, en in (
        (ConfirmReason.ON_SITE, "现场核查属实", "Confirmed by an on-site check"),
        (ConfirmReason.VIDEO, "视频或照片证实", "Confirmed by video or photographs"),
        (ConfirmReason.ADMITTED, "当事人承认", "Admitted by the party"),
        (ConfirmReason.RECORDS, "进出场等记录证实", "Confirmed by entry or site records"),
        (DismissReason.POSITION_FAULT, "定位漂移或错误", "The position was wrong"),
        (DismissReason.WRONG_SUBJECT, "车辆或机械身份错误", "The wrong truck or machine"),
        (
            DismissReason.STAGE_CORRECTED,
            "排放阶段已更正，符合要求",
            "The stage was corrected and is high enough",
        ),
        (DismissReason.WHITELISTED, "持有有效通行许可", "Valid leave existed"),
        (DismissReason.EMERGENCY, "应急抢险", "Emergency or rescue work"),
        (DismissReason.DEVICE_MOVED, "终端已拆装至他处", "The device sat on something else"),
        (DismissReason.TRANSPORTED, "被运输途中，未作业", "Carried through on a trailer, not at work"),
        (DismissReason.ZONE_FAULT, "区域边界或规定录入有误", "The zone was entered wrongly"),
        (DismissReason.DOUBLE, "重复记录", "A double record"),
        (DismissReason.MINOR, "情节轻微，不予处罚", "Minor: no penalty"),
        (ConfirmReason.OTHER, "其他（须说明）", "Other (a note is needed)"),
        (DismissReason.OTHER, "其他（须说明）", "Other (a note is needed)"),
    )
}
_REASONS_FOR = {Status.CONFIRMED: ConfirmReason, Status.DISMISSED: DismissReason}


def move_refusal(old: Status, new: Status, reason: str = "", note: str = "") -> Sentence | None:
    """Why a violation may not move so; None if it may."""
    if new not in MOVES[old]:
        zh, en = f"状态不能由“{old}”变为“{new}”。", f"A violation cannot go from {old} to {new}."
        return Sentence("no_such_move", zh, en)
    reasons = _REASONS_FOR.get(new)
    if reasons is not None and reason not in tuple(reasons):
        zh, en = "请选择列表中的理由。", f"Choose a reason: {', '.join(reasons)}."
        return Sentence("reason_needed", zh, en)
    if reason == "other" and not note.strip():
        return Sentence("note_needed", "选择“其他”时须填写说明。", "The reason 'other' needs a note.")
    return None
