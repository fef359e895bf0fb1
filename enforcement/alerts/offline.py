"""The list that a gate holds for when it is cut off: every answer until the list ends, worked out beforehand.

Nothing is judged at the gate. For each truck the list holds spans of time with the answer in and out; they change where
an alert, a measure or leave begins or ends, and at midnight. Whoever is not on the list is answered as a truck that
nobody knows. The list is one canonical text with an Ed25519 signature; one that is forged or has ended is refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from enforcement.alerts import ed25519
from enforcement.alerts.answers import GateAnswer, Place, answer
from enforcement.alerts.directions import Way, towards
from enforcement.alerts.levels import Alert
from enforcement.alerts.measures import Measure
from enforcement.registry.plates import PlateColour
from enforcement.registry.subjects import Truck
from enforcement.rules.book import BEIJING, RuleBook, moment
from enforcement.zones.whitelist import WhitelistEntry

FORM = "gate-list/1"
PLATE = "{plate}"  # stands for the plate in a sentence that many trucks share
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Json = dict[str, Any]


class ListRefused(ValueError):
    """The list gives no answer: `code` is forged, not_yet, expired or unreadable."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Listed:
    """A truck of the list with its leave."""

    truck: Truck
    leave: tuple[WhitelistEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Law:
    """What is asked: rules, measures, alerts, and the plant as it stands from each moment on."""

    rules: RuleBook
    measures: tuple[Measure, ...]
    alerts: tuple[Alert, ...]
    places: tuple[tuple[datetime, Place], ...]

    def place_at(self, at: datetime) -> Place:
        found = [place for since, place in self.places if since <= at]
        return found[-1] if found else self.places[0][1]


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """What the list says of a truck; `is_listed` False: it says so of every truck that it does not name."""

    answer: str
    code: str
    zh: str
    en: str
    measures: tuple[str, ...]
    alert_id: int | None
    whitelist_id: int | None
    valid_until: datetime
    is_listed: bool


def micros(at: datetime) -> int:
    """Whole microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def make_list(law: Law, trucks: Iterable[Listed], head: Mapping[str, Any], made_at: datetime, until: datetime) -> Json:
    """The content of a list: [made_at, until); `head` is what else it says of itself."""
    answers: dict[str, int] = {}
    spans: dict[str, int] = {}
    known: dict[object, int] = {}
    rows = []
    for one in trucks:
        key = _key(one)
        if key not in known:
            known[key] = _number(spans, list(_spans(law, one, made_at, until, answers)))
        truck = one.truck
        rows.append([truck.plate, str(truck.plate_colour), str(truck.stage), str(truck.fuel), known[key]])
    others = _number(spans, list(_spans(law, Listed(Truck(PLATE, PlateColour.OTHER)), made_at, until, answers)))
    return {
        **head, "form": FORM, "from_us": micros(made_at), "until_us": micros(until), "trucks": sorted(rows),
        "others": others, "spans": [json.loads(one) for one in spans], "answers": [json.loads(one) for one in answers],
    }  # fmt: skip


def _key(one: Listed) -> object:
    """Trucks that are answered alike, their names apart: by facts, last digit, and each by itself that has leave."""
    truck = one.truck
    digit = next((sign for sign in reversed(truck.plate) if sign in "0123456789"), "")
    return (truck.stage, truck.fuel, truck.category, digit, (truck.plate, truck.plate_colour) if one.leave else None)


def _spans(law: Law, one: Listed, made_at: datetime, until: datetime, answers: dict[str, int]) -> Iterator[list[int]]:
    before: list[int] = []
    for at in _edges(law, one.leave, made_at, until):
        given = answer(law.rules, law.measures, law.alerts, law.place_at(at), one.truck, one.leave, at)
        both = [_number(answers, _told(towards(way, given), one.truck.plate)) for way in (Way.IN, Way.OUT)]
        if both != before:
            yield [micros(at), *both]
        before = both


def _edges(law: Law, leave: Sequence[WhitelistEntry], made_at: datetime, until: datetime) -> list[datetime]:
    """The moments at which an answer may change."""
    found = {since for since, _ in law.places} | {at for one in law.alerts for at in (one.from_at, one.to_at) if at}
    found |= {at for one in law.measures for at in (one.valid_from, one.valid_to) if at}
    found |= {moment(us) for one in leave for us in (one.valid_from_us, one.valid_to_us)}
    return [made_at, *sorted(at for at in found | set(midnights(made_at, until)) if made_at < at < until)]


def midnights(made_at: datetime, until: datetime) -> Iterator[datetime]:
    """Beijing midnights between the two."""
    at = made_at.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    while (at := at + timedelta(days=1)) < until:
        yield at


def _told(given: GateAnswer, plate: str) -> Json:
    return {
        "answer": str(given.answer), "code": given.reason.code, "zh": given.reason.zh.replace(plate, PLATE),
        "en": given.reason.en.replace(plate, PLATE), "measures": list(given.measures),
        "alert": given.alert.id if given.alert else None, "whitelist": given.whitelist_id,
    }  # fmt: skip


def _number(table: dict[str, int], value: object) -> int:
    return table.setdefault(canonical(value), len(table))


def canonical(content: object) -> str:
    """One text for one content: sorted names, no blanks."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seal(content: Json, key: bytes) -> Json:
    """The list as it is handed out: its text, and the signature of the text."""
    text = canonical(content)
    signature = base64.b64encode(ed25519.sign(key, text.encode())).decode()
    return {"algorithm": "Ed25519", "key_id": key_id(ed25519.public_key(key)), "signature": signature, "content": text}


def key_id(public: bytes) -> str:
    """The name of a public key: the beginning of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class OfflineList:
    """A list whose signature was checked."""

    content: Json
    spans_of: Mapping[tuple[str, str], int]


def open_list(envelope: Mapping[str, Any], public: bytes) -> OfflineList:
    """The list of an envelope that the holder of this key signed. Raises ListRefused."""
    try:
        text, signature = envelope["content"], base64.b64decode(envelope["signature"], validate=True)
        if not ed25519.verify(public, text.encode(), signature):
            raise ListRefused("forged", "the signature is not that of the platform")
        content = json.loads(text)
        rows = {(row[0], row[1]): row[4] for row in content["trucks"]}
        if content["form"] != FORM:
            raise ListRefused("unreadable", f"a list of form {content['form']!r} is not known here")
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        if isinstance(fault, ListRefused):
            raise
        raise ListRefused("unreadable", "this is no list of a gate") from fault
    return OfflineList(content, rows)


def answer_from(held: OfflineList, plate: str, colour: str, direction: str, at: datetime) -> ListAnswer:
    """What the platform would answer at this moment, as far as it knew when the list was made. Raises ListRefused."""
    content, at_us = held.content, micros(at)
    if at_us < content["from_us"]:
        raise ListRefused("not_yet", "the list begins later")
    if at_us >= content["until_us"]:
        raise ListRefused("expired", "the list has ended: fetch a new one, or go by the policy")
    number = held.spans_of.get((plate, colour))
    spans = content["spans"][content["others"] if number is None else number]
    place = max(index for index, span in enumerate(spans) if span[0] <= at_us)
    told = content["answers"][spans[place][1 if direction == Way.IN else 2]]
    end_us = spans[place + 1][0] if place + 1 < len(spans) else content["until_us"]
    zh, en = (told[name].replace(PLATE, plate) for name in ("zh", "en"))
    return ListAnswer(
        told["answer"], told["code"], zh, en, tuple(told["measures"]), told["alert"], told["whitelist"],
        moment(end_us), number is not None,
    )  # fmt: skip
