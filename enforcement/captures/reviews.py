"""The review of captures: two different people, a third where they differ (APL 41; enforcement.md 2.2).

A verdict is final: nobody changes it, the third review decides. Reject reasons are coded (2.2, RTP 22).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from enforcement.registry.plates import bears_fines
from enforcement.sentences import Sentence


class Result(StrEnum):
    """What a reviewer sees."""

    SMOKE = "smoke"
    REJECTED = "rejected"


class Status(StrEnum):
    """Where a capture stands."""

    FIRST_REVIEW = "first_review"
    SECOND_REVIEW = "second_review"
    DISPUTED = "disputed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


WAITING = (Status.DISPUTED, Status.SECOND_REVIEW, Status.FIRST_REVIEW)
"""Statuses that wait for a reviewer, in the order in which the desk offers them."""


class RejectReason(StrEnum):
    """Why it is no capture of black smoke, in the order of the desk's number keys."""

    PLATE_UNCLEAR = "plate_unclear"
    NOT_EXHAUST = "not_exhaust"
    OCCLUSION = "occlusion"
    DUPLICATE = "duplicate"
    SPECIAL_VEHICLE = "special_vehicle"
    WRONG_VEHICLE = "wrong_vehicle"
    NIGHT_GLARE = "night_glare"
    CLONED_PLATE = "cloned_plate"
    HANDLED_ON_SPOT = "handled_on_spot"
    NO_SMOKE = "no_smoke"


OF_THE_IMAGES = frozenset({RejectReason.PLATE_UNCLEAR, RejectReason.OCCLUSION, RejectReason.NIGHT_GLARE})
"""Reasons that speak of the images, not of the pass: another record of the same pass may still show it."""


@dataclass(frozen=True, slots=True)
class Review:
    """One verdict; plate and colour are those the reviewer stands by."""

    by: int
    result: Result
    reason: RejectReason | None = None
    plate: str | None = None
    colour: str | None = None


def refusal(reviews: Sequence[Review], by: int) -> Sentence | None:
    """Why this person may not review: once is enough, and a decided capture stays decided."""
    if any(review.by == by for review in reviews):
        zh = "您已审核过该抓拍，须由另一人审核。"
        return Sentence("same_reviewer", zh, "You have reviewed this capture; another person must.")
    if status_of(reviews) not in WAITING:
        return Sentence("decided", "该抓拍已审结，不能再审核。", "The capture is decided and takes no more reviews.")
    return None


def level_of_next(reviews: Sequence[Review]) -> int:
    """1, 2 or 3."""
    return len(reviews) + 1


def fault_of(review: Review) -> tuple[str, Sentence] | None:
    """The field that is wrong and why."""
    if review.result is Result.REJECTED:
        if review.reason is None:
            return "reason", Sentence("reason", "请选择排除原因。", "Choose why it is rejected.")
        return None
    if not review.plate:
        zh, en = "确认黑烟须有号牌；看不清的请以“号牌不清”排除。", "Smoke needs a plate; if none is clear, reject it."
        return "plate", Sentence("plate", zh, en)
    if not bears_fines(review.plate):
        zh, en = "这是挂车号牌，不能作为当事车辆；请填写牵引车号牌。", "A trailer's plate: enter the tractor's."
        return "plate", Sentence("trailer", zh, en)
    if not review.colour:
        return "plate_colour", Sentence("colour", "请选择号牌颜色。", "Choose the colour of the plate.")
    return None


def _verdict(review: Review) -> tuple[str, ...]:
    if review.result is Result.REJECTED:
        return ("rejected",)  # two who reject agree, whatever their reasons
    return ("smoke", review.plate or "", review.colour or "")


def status_of(reviews: Sequence[Review]) -> Status:
    """The status after these reviews, in order of level."""
    if len(reviews) < 2:
        return (Status.FIRST_REVIEW, Status.SECOND_REVIEW)[len(reviews)]
    if len(reviews) == 2 and _verdict(reviews[0]) != _verdict(reviews[1]):
        return Status.DISPUTED
    return Status.CONFIRMED if reviews[-1].result is Result.SMOKE else Status.REJECTED


def may_open_case(status: str, standing: str) -> bool:
    """A case rests on a confirmed capture that is evidence."""
    return status == Status.CONFIRMED and standing == "evidence"
