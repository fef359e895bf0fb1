"""One subject, one file: doubts about a record, and the record it would double (enforcement.md 4.1, 10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from enforcement.registry.credit_codes import check_credit_code
from enforcement.registry.doubts import Warning_
from enforcement.registry.machine_numbers import check_machine_number
from enforcement.registry.plates import check_plate
from enforcement.registry.resident_ids import is_resident_id
from enforcement.registry.stages import Stage, StageBasis
from enforcement.registry.subjects import Enterprise, Machine, Subject, Terminal, Truck
from enforcement.registry.vins import check_vin
from enforcement.sentences import Sentence

Key = tuple[str, str]

_KEY_WORDS = {
    "plate": ("号牌号码和颜色", "plate and plate colour"),
    "vin": ("车辆识别代号", "VIN"),
    "pin": ("产品识别码", "product identification number"),
    "machine_code": ("机械环保代码", "environmental machine code"),
    "engine": ("发动机号和制造商", "engine number and maker"),
    "registration_no": ("环保登记号码", "registration number"),
    "credit_code": ("统一社会信用代码", "unified social credit code"),
    "device": ("终端编号", "device number"),
}


Registered = Truck | Machine | Enterprise | Terminal


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The record that a new one would double, the key they share, and the keys in which they differ."""

    first: Registered
    key: Key
    apart: tuple[str, ...]
    sentence: Sentence

    @property
    def column(self) -> str:
        return _KEY_WORDS[self.key[0]][0]


def match_keys(subject: Registered) -> tuple[Key, ...]:
    """What a record may be known by, strongest first; empty values are left out."""
    pairs = [(name, value) for name, value in _all_keys(subject) if value]
    return tuple(pairs)


def _all_keys(subject: Registered) -> tuple[Key, ...]:
    match subject:
        case Truck():
            plate = f"{subject.plate} {subject.plate_colour}" if subject.plate else ""
            return (("plate", plate), ("vin", subject.vin))
        case Machine():
            engine = f"{subject.engine_no} {subject.engine_maker}"
            return (
                ("pin", subject.pin),
                ("machine_code", subject.machine_code),
                ("engine", engine if subject.engine_no and subject.engine_maker else ""),
                ("registration_no", subject.registration_no),
            )
        case Enterprise():
            return (("credit_code", subject.credit_code),)
        case Terminal():
            return (("device", f"{subject.kind} {subject.device}"),)


def known_by(existing: Iterable[Registered]) -> dict[Key, Registered]:
    """Records by each of their keys; the first to claim a key keeps it."""
    known: dict[Key, Registered] = {}
    for subject in existing:
        for key in match_keys(subject):
            known.setdefault(key, subject)
    return known


def duplicate_of(new: Registered, existing: Iterable[Registered] | Mapping[Key, Registered]) -> Duplicate | None:
    """The first record with the strongest key in common; give `known_by(...)` to ask many times."""
    known = existing if isinstance(existing, Mapping) else known_by(existing)
    for key in match_keys(new):
        first = known.get(key)
        if first is not None:
            return _duplicate(new, first, key)
    return None


def _duplicate(new: Registered, first: Registered, key: Key) -> Duplicate:
    mine, theirs = dict(match_keys(new)), dict(match_keys(first))
    apart = tuple(name for name in mine if name in theirs and mine[name] != theirs[name])
    zh, en = _KEY_WORDS[key[0]]
    more = _apart(apart)
    named = name_of(first)
    return Duplicate(
        first,
        key,
        apart,
        Sentence(
            "duplicate",
            f"已登记：{zh}（{key[1]}）与“{named}”相同，不能重复登记。{more.zh}",
            f"Already registered: the {en} ({key[1]}) is that of {named!r}. {more.en}".strip(),
        ),
    )


def _apart(names: tuple[str, ...]) -> Sentence:
    if not names:
        return Sentence("apart", "", "")
    zh = "、".join(_KEY_WORDS[name][0] for name in names)
    en = ", ".join(_KEY_WORDS[name][1] for name in names)
    return Sentence("apart", f"但{zh}不同，请核对是否套用号码。", f"But the {en} differ: check for a copied number.")


def name_of(subject: Registered) -> str:
    """What a page calls a record."""
    return subject.device if isinstance(subject, Terminal) else subject.name


def check_subject(subject: Registered) -> tuple[Warning_, ...]:
    """All doubts about a record; none of them blocks."""
    match subject:
        case Truck():
            return (*check_plate(subject.plate, subject.plate_colour), *_vin(subject.vin), *_common(subject))
        case Machine():
            number = subject.registration_no
            doubts = check_machine_number(number, subject.stage) if number else ()
            return (*doubts, *_common(subject))
        case Enterprise():
            return _credit(subject.credit_code)
        case Terminal():
            return _vin(subject.vin)


def _vin(vin: str) -> tuple[Warning_, ...]:
    return check_vin(vin) if vin else ()


def _credit(code: str) -> tuple[Warning_, ...]:
    return check_credit_code(code) if code else ()


def _common(subject: Subject) -> tuple[Warning_, ...]:
    owner = () if is_resident_id(subject.owner_code) else _credit(subject.owner_code)
    return (*owner, *_stage_doubts(subject))


def _stage_doubts(subject: Subject) -> tuple[Warning_, ...]:
    if subject.stage is Stage.UNKNOWN:
        zh, en = "排放阶段未知，只能生成线索。", "The emission stage is unknown: only leads can be made."
        return (Warning_("stage", "stage_unknown", zh, en),)
    if subject.stage_basis is StageBasis.DATE:
        zh = "排放阶段由日期推断，旧库存车可能按下一阶段登记，请以随车清单或铭牌为准。"
        en = "The stage was inferred from a date; old stock was sold into the next stage. Check the nameplate."
        return (Warning_("stage_basis", "stage_inferred", zh, en),)
    return ()
