"""Black-smoke captures: when a camera's record is evidence, what its plates say, how often a vehicle was seen.

APL 41: a record is evidence only where the device passed legal and technical review, its place is marked and
published and the record is true and clear; who reviews it is in `reviews.py`. Numbers are rows of
`rulebook/captures.yaml` of the day of the capture (enforcement.md 2.1 to 2.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from enforcement.registry.plates import bears_fines
from enforcement.rules.book import Rule, RuleBook, day_of, get_rule
from enforcement.sentences import Sentence


class Ground(StrEnum):
    """What a device needs for its records to be evidence."""

    LEGAL_REVIEW = "legal_review"
    TECHNICAL_REVIEW = "technical_review"
    SITE_PUBLISHED = "site_published"
    SIGN_SET_UP = "sign_set_up"


GROUND_WORDS: dict[Ground, tuple[str, str]] = {
    Ground.LEGAL_REVIEW: ("法制审核", "legal review"),
    Ground.TECHNICAL_REVIEW: ("技术审核", "technical review"),
    Ground.SITE_PUBLISHED: ("设置地点公布", "publication of the site"),
    Ground.SIGN_SET_UP: ("标志设置", "sign at the site"),
}


@dataclass(frozen=True, slots=True)
class GroundRecord:
    """One ground with its document; it holds from the first to the last day, both included."""

    kind: Ground
    document: str
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Standing(StrEnum):
    """Whether a capture may prove an act."""

    EVIDENCE = "evidence"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Assessment:
    """The standing of a capture, with every reason against it and the rows that say so."""

    standing: Standing
    reasons: tuple[Sentence, ...]
    rules: tuple[Rule, ...]


def assess(
    rules: RuleBook,
    grounds: Sequence[GroundRecord],
    captured_at: datetime,
    images: int,
    clock_drift_s: float | None,
    area: str = "",
) -> Assessment:
    """The standing on the day of the capture. Raises RuleMissing for a day before the rule book begins."""
    names = ("capture.grounds", "capture.max_clock_drift_s", "capture.drift_must_be_known", "capture.min_images")
    rows = tuple(get_rule(rules, name, captured_at, area) for name in names)
    needed, drift, known, least = rows
    reasons = [_lacks(kind, day_of(captured_at)) for kind in missing(needed, grounds, day_of(captured_at))]
    reasons += _clock(clock_drift_s, drift, bool(known.value))
    if images < least.number:
        reasons.append(_few_images(images, least))
    return Assessment(Standing.VOID if reasons else Standing.EVIDENCE, tuple(reasons), rows)


def missing(needed: Rule, grounds: Iterable[GroundRecord], day: date) -> tuple[Ground, ...]:
    """The grounds that none of the records gives on the day."""
    held = {ground.kind for ground in grounds if ground.holds_on(day)}
    return tuple(Ground(kind) for kind in needed.words if Ground(kind) not in held)


def _lacks(kind: Ground, day: date) -> Sentence:
    zh, en = GROUND_WORDS[kind]
    return Sentence(
        f"no_{kind}",
        f"{day}当日设备没有有效的“{zh}”记录，依《行政处罚法》第41条不得作为证据。",
        f"On {day} the device had no record of {en} in force; under APL 41 the record is no evidence.",
    )


def _clock(drift_s: float | None, limit: Rule, must_be_known: bool) -> list[Sentence]:
    if drift_s is None and must_be_known:
        zh, en = "设备未上报时钟偏差，拍摄时间无法核验。", "The device did not report the drift of its clock."
        return [Sentence("clock_unknown", zh, en)]
    if drift_s is None or abs(drift_s) <= limit.number:
        return []
    zh = f"设备时钟偏差{drift_s:g}秒，超过允许的{limit.number:g}秒。"
    en = f"The device's clock was off by {drift_s:g} s; {limit.number:g} s are allowed."
    return [Sentence("clock_drift", zh, en)]


def _few_images(images: int, least: Rule) -> Sentence:
    zh = f"现有图片{images}张，少于要求的{least.number:g}张。"
    return Sentence("too_few_images", zh, f"There are {images} images; {least.number:g} are needed.")


# --- grounds of a device ---


@dataclass(frozen=True, slots=True)
class GroundState:
    """A ground of a device today: held until when (None: no end), missing, or soon to run out."""

    kind: Ground
    held: bool
    until: date | None
    runs_out: bool


def ground_states(
    rules: RuleBook, grounds: Sequence[GroundRecord], now: datetime, area: str = ""
) -> tuple[GroundState, ...]:
    """Each ground that is needed now, in the order of the rule."""
    day = day_of(now)
    warning = timedelta(days=get_rule(rules, "capture.ground_warning_d", now, area).number)
    needed = get_rule(rules, "capture.grounds", now, area)
    return tuple(_ground_state(Ground(kind), grounds, day, warning) for kind in needed.words)


def _ground_state(kind: Ground, grounds: Sequence[GroundRecord], day: date, warning: timedelta) -> GroundState:
    own = [ground for ground in grounds if ground.kind is kind]
    until: date | None = day
    if not any(ground.holds_on(day) for ground in own):
        return GroundState(kind, held=False, until=None, runs_out=False)
    while until is not None and (holding := [ground for ground in own if ground.holds_on(until)]):
        ends = [ground.valid_to for ground in holding]
        until = None if None in ends else max(end for end in ends if end is not None) + timedelta(days=1)
    last = until - timedelta(days=1) if until is not None else None
    return GroundState(kind, held=True, until=last, runs_out=last is not None and last - day < warning)


# --- plates ---


@dataclass(frozen=True, slots=True)
class Plates:
    """The tractor's plate, which bears what follows, and the trailer's, which never does (GA 36-2018)."""

    plate: str | None
    colour: str | None
    trailer: str | None


def sort_plates(plate: str | None, colour: str | None, trailer: str | None) -> Plates:
    """Put a trailer's plate where it belongs, whatever field the camera gave it in; plates are normalised."""
    if plate and not bears_fines(plate):
        other = trailer if trailer and bears_fines(trailer) else None
        return Plates(other, None, plate)
    return Plates(plate or None, (colour or None) if plate else None, trailer or None)


# --- one pass, and how often ---


def pass_window(rules: RuleBook, at: datetime, area: str = "") -> tuple[datetime, datetime]:
    """From when until when, both included, a record of the same plate is the same pass."""
    span = timedelta(seconds=get_rule(rules, "capture.same_pass_s", at, area).number)
    return at - span, at + span


def neighbour_m(rules: RuleBook, at: datetime, area: str = "") -> float:
    """Up to which distance, included, another device is a neighbour."""
    return get_rule(rules, "capture.neighbour_m", at, area).number


def hit_window(rules: RuleBook, at: datetime, area: str = "") -> timedelta:
    """How far back confirmed captures count: later than `at` less this, up to `at`."""
    return timedelta(days=get_rule(rules, "capture.hit_window_d", at, area).number)


# --- what a reviewer should notice ---


@dataclass(frozen=True, slots=True)
class Seen:
    """What the camera read: vehicle type in the register's words where it could be told."""

    plate: str | None
    colour: str | None
    category: str | None = None
    ringelmann: float | None = None
    smoke_frames: int | None = None


@dataclass(frozen=True, slots=True)
class OnFile:
    """What the register says of the plate: the truck in this colour, or colours in which the characters exist."""

    category: str | None = None
    fuel: str | None = None
    state: str = "active"


SMOKELESS = frozenset({"electric", "hydrogen"})


def warnings(
    rules: RuleBook,
    seen: Seen,
    on_file: OnFile | None,
    other_colours: Sequence[str],
    at: datetime,
    area: str = "",
) -> tuple[Sentence, ...]:
    """What does not fit together, in plain words; codes go to the pages, which word colours and categories."""
    found = [_no_plate()] if not seen.plate else _register_doubts(seen, on_file, other_colours)
    level = get_rule(rules, "capture.min_ringelmann", at, area).number
    frames = get_rule(rules, "capture.min_smoke_frames", at, area).number
    if seen.ringelmann is not None and seen.ringelmann < level:
        zh = f"林格曼{seen.ringelmann:g}级，低于黑烟认定的{level:g}级。"
        found.append(Sentence("below_level", zh, f"Ringelmann {seen.ringelmann:g}, below the level {level:g}."))
    if seen.smoke_frames is not None and seen.smoke_frames < frames:
        zh = f"识别到黑烟的帧数{seen.smoke_frames}，少于{frames:g}帧。"
        found.append(Sentence("few_frames", zh, f"{seen.smoke_frames} frames with smoke, fewer than {frames:g}."))
    return tuple(found)


def _no_plate() -> Sentence:
    zh = "没有可承担责任的号牌：请填写车头（牵引车）号牌，或以“号牌不清”排除。"
    return Sentence("no_plate", zh, "No plate that can answer for it: enter the tractor's plate, or reject it.")


def _register_doubts(seen: Seen, on_file: OnFile | None, other_colours: Sequence[str]) -> list[Sentence]:
    if on_file is None and other_colours:
        zh = "该号牌登记的颜色与识别结果不同，可能误读或套牌。"
        en = "The plate is on file in another colour: misread, or a cloned plate."
        return [Sentence("colour_differs", zh, en)]
    if on_file is None:
        zh, en = "登记库中没有该号牌（外地车辆、未登记或误读）。", "The plate is not in the register."
        return [Sentence("not_registered", zh, en)]
    found = []
    if seen.category and on_file.category and seen.category != on_file.category:
        zh, en = "识别的车型与登记车型不同，可能误读或套牌。", "The vehicle type differs from the register's."
        found.append(Sentence("category_differs", zh, en))
    if on_file.fuel in SMOKELESS:
        zh, en = "登记为无尾气排放的车辆，不应有黑烟，可能误读或套牌。", "By the register it has no exhaust."
        found.append(Sentence("no_exhaust", zh, en))
    if on_file.state != "active":
        zh, en = "登记状态非在用。", "It is not in use by the register."
        found.append(Sentence("not_active", zh, en))
    return found
