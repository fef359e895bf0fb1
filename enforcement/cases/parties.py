"""Whom a case is against: a person or a unit, how they appear in public lists, and where a plate is at home.

A truck with a trailer shows two plates; a trailer has no engine and never gets the fine (enforcement.md 10.1, 11.7).
Public lists mask names, identity numbers, phones and plates (PIPL 28, 51; enforcement.md 9.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enforcement.registry.categories import TruckCategory
from enforcement.registry.plates import home_of, normalise_plate
from enforcement.registry.resident_ids import masked as masked_id
from enforcement.rules.book import RuleBook, get_rule
from enforcement.sentences import Sentence

_SIGN = "*"


class PartyKind(StrEnum):
    """A natural person, or a company or other organisation."""

    PERSON = "person"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Party:
    """Who answers for the act. `code`: identity number of a person, unified social credit code of a unit."""

    kind: PartyKind
    name: str
    code: str | None = None
    phone: str | None = None

    @property
    def is_person(self) -> bool:
        return self.kind is PartyKind.PERSON


def masked(party: Party) -> Party:
    """The party as a public list shows it: units by name and code, persons by family name alone; never a phone."""
    if not party.is_person:
        return Party(party.kind, party.name, party.code)
    name = party.name[:1] + _SIGN * (len(party.name) - 1)
    return Party(party.kind, name, None if party.code is None else masked_id(party.code))


def masked_plate(plate: str) -> str:
    """A plate as a public list shows it: province and letter, the middle hidden, the last character."""
    return plate[:2] + _SIGN * max(0, len(plate) - 3) + plate[2:][-1:]


def is_trailer(plate: str, category: str | None = None) -> bool:
    """Whether the plate or the category of the register says trailer."""
    return category == TruckCategory.TRAILER or normalise_plate(plate).endswith("挂")


def fine_refusal(plate: str, category: str | None = None) -> Sentence | None:
    """Why nobody is fined for this vehicle: it is a trailer; None otherwise."""
    if not is_trailer(plate, category):
        return None
    return Sentence(
        "trailer",
        f"{plate}是挂车，不能作为处罚对象；请查明牵引车号牌并以牵引车立案。",
        f"{plate} is a trailer and gets no fine: find the plate of the tractor and open the case on it.",
    )


def home_city(rules: RuleBook, plate: str, at: datetime) -> str | None:
    """First four digits of the area a plate belongs to, by its first two characters; None where the table is silent."""
    table = dict(entry.split("=", 1) for entry in get_rule(rules, "plate.home_city", at).words)
    return table.get(home_of(normalise_plate(plate)))


def is_foreign(rules: RuleBook, plate: str, own_city: str, at: datetime) -> bool | None:
    """Whether a plate is of another city than this (four digits or more); None where it is not known."""
    home = home_city(rules, plate, at)
    return None if home is None else home != own_city[:4]
