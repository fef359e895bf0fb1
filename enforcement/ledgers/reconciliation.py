"""Where a ledger contradicts the register, a track or a capture: what becomes a lead, and in which words.

A contradiction is no violation: either side may be wrong. What the register does not hold is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from enforcement.registry.doubts import half_width
from enforcement.registry.stages import TRUCK_NAMES, Stage
from enforcement.rules.book import BEIJING, RuleBook, get_rule
from enforcement.sentences import Sentence

_SIX = frozenset({Stage.VI, Stage.VI_A, Stage.VI_B})


class Contradiction(StrEnum):
    """Kinds of leads that a ledger gives."""

    STAGE = "stage_differs"
    FUEL = "fuel_differs"
    VIN = "vin_differs"
    TRACK = "track_without_passage"
    PASSAGE = "passage_without_track"
    CAPTURE = "capture_without_passage"


CONTRADICTION_WORDS: dict[Contradiction, tuple[str, str]] = {
    Contradiction.STAGE: ("台账排放阶段与登记不符", "stage in the ledger differs from the register"),
    Contradiction.FUEL: ("台账燃料与登记不符", "fuel in the ledger differs from the register"),
    Contradiction.VIN: ("台账 VIN 与登记不符", "VIN in the ledger differs from the register"),
    Contradiction.TRACK: ("有轨迹无台账", "track without passage"),
    Contradiction.PASSAGE: ("有台账无轨迹", "passage without track"),
    Contradiction.CAPTURE: ("有抓拍无台账", "capture without passage"),
}


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """The numbers of a review, with the keys of their rows."""

    tolerance: timedelta
    wait: timedelta
    elsewhere_km: float
    fix_age: timedelta
    capture_radius_m: float
    late: timedelta
    rules: tuple[str, ...] = ()


def review_terms(rules: RuleBook, at: datetime, area: str = "") -> ReviewTerms:
    """The numbers in force on a day."""
    names = ("visit_tolerance_min", "wait_h", "elsewhere_km", "fix_age_min", "capture_radius_m", "late_h")
    rows = [get_rule(rules, f"review.{name}", at, area) for name in names]
    tolerance, wait, elsewhere, age, radius, late = (row.number for row in rows)
    return ReviewTerms(
        timedelta(minutes=tolerance), timedelta(hours=wait), elsewhere, timedelta(minutes=age), radius,
        timedelta(hours=late), tuple(row.key for row in rows),
    )  # fmt: skip


def stages_agree(said: str, registered: str | None) -> bool | None:
    """None: one side does not know. 6, 6a and 6b agree with 6: a ledger has one digit for them."""
    if registered in (None, "", Stage.UNKNOWN) or said in ("", Stage.UNKNOWN):
        return None
    return said == registered or (said in _SIX and registered in _SIX and Stage.VI in (said, registered))


def fuels_agree(said: str, registered: str | None) -> bool | None:
    """None: one side does not know."""
    if registered in (None, "", "unknown", "none") or said in ("", "unknown", "none"):
        return None
    return said == registered


def vins_agree(said: str | None, registered: str | None) -> bool | None:
    """None: one side has none."""
    if not said or not registered:
        return None
    return half_width(said) == half_width(registered)


def differences(said: Mapping[str, str | None], registered: Mapping[str, str | None]) -> list[Contradiction]:
    """What the ledger says of a truck and the register denies; both by stage, fuel and vin."""
    compared = (
        (Contradiction.STAGE, stages_agree(said.get("stage") or "", registered.get("stage"))),
        (Contradiction.FUEL, fuels_agree(said.get("fuel") or "", registered.get("fuel"))),
        (Contradiction.VIN, vins_agree(said.get("vin"), registered.get("vin"))),
    )
    return [kind for kind, agree in compared if agree is False]


def difference_sentence(kind: Contradiction, plate: str, said: str, registered: str) -> Sentence:
    """What the lead says of a value that differs."""
    said_zh, said_en = _named(kind, said)
    known_zh, known_en = _named(kind, registered)
    what_zh, what_en = {
        Contradiction.STAGE: ("排放阶段", "stage"), Contradiction.FUEL: ("燃料", "fuel"),
        Contradiction.VIN: ("VIN", "VIN"),
    }[kind]  # fmt: skip
    return Sentence(
        kind,
        f"{plate} 在台账中的{what_zh}为{said_zh}，车辆登记为{known_zh}，请核实哪一方有误。",
        f"The ledger gives {what_en} {said_en} for {plate}, the register {known_en}: check which one is wrong.",
    )


def _named(kind: Contradiction, value: str) -> tuple[str, str]:
    if kind is Contradiction.STAGE and value in {stage.value for stage in Stage}:
        return TRUCK_NAMES[Stage(value)]
    return (f" {value} ", value.replace("_", " "))


def track_sentence(plate: str, enterprise: str, first_at: datetime, last_at: datetime) -> Sentence:
    """What the lead says of a visit that the ledger does not know."""
    first, last = _local(first_at), _local(last_at)
    return Sentence(
        Contradiction.TRACK,
        f"{plate} 的终端在 {first} 至 {last} 位于{enterprise}厂区内，台账没有相应的进出厂记录。",
        f"The terminal of {plate} was on the site of {enterprise} from {first} to {last}; the ledger has no passage.",
    )


def passage_sentence(plate: str, enterprise: str, at: datetime, km: float) -> Sentence:
    """What the lead says of a passage while the truck was elsewhere."""
    return Sentence(
        Contradiction.PASSAGE,
        f"{enterprise}台账记载 {plate} 于 {_local(at)} 通过，而该车终端当时在 {km:.1f} km 之外：是否套牌或登记有误？",
        f"The ledger of {enterprise} has {plate} at {_local(at)}; its terminal was {km:.1f} km away then: a cloned "
        "plate, or a wrong entry?",
    )


def capture_sentence(plate: str, enterprise: str, number: str, at: datetime) -> Sentence:
    """What the lead says of a capture at the gate that the ledger does not know."""
    return Sentence(
        Contradiction.CAPTURE,
        f"抓拍 {number} 于 {_local(at)} 在{enterprise}门口拍到 {plate}，台账没有相应的进出厂记录。",
        f"Capture {number} shows {plate} at the gate of {enterprise} at {_local(at)}; the ledger has no passage.",
    )


def _local(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
