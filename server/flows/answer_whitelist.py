"""The public's question about one plate: is there leave now, for what, until when, up to which alert.

Nothing of the owner, and the same form of answer for a plate that nobody knows. Questions are counted by address.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from enforcement.registry.plates import PlateColour
from enforcement.rules.book import get_rule
from server.db import transaction
from server.flows import rule_book
from server.store import api_calls, whitelist

LONGEST = 12


class TooManyError(Exception):
    """The address has asked too often in this minute; `seconds_left` until it may again."""

    def __init__(self, seconds_left: int) -> None:
        super().__init__(f"again in {seconds_left} s")
        self.seconds_left = seconds_left


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave that holds now. `place`: zone, city or gates; `level_to` None: in every level of alert."""

    purpose: str
    until: datetime
    level_to: str | None
    place: str


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """What anybody may know of a plate."""

    plate: str
    plate_colour: str
    valid: bool
    asked_at: datetime
    leave: tuple[Leave, ...] = ()


def plain(plate: str) -> str:
    """A plate as it is kept: no spaces and dots, capital letters."""
    kept = "".join(sign for sign in plate if sign.isalnum())
    return kept.upper()[:LONGEST]


def answer(engine: Engine, address: str, plate: str, colour: str, now: datetime) -> PublicAnswer:
    """Answer a question from an address. Raises TooManyError; the count stands whatever becomes of the answer."""
    with transaction(engine) as connection:
        most = get_rule(rule_book.current(connection), "whitelist.public_answers", now).number
        counted = api_calls.count(connection, f"whitelist:{address}")
    if counted.calls > most:
        raise TooManyError(counted.seconds_left)
    asked = plain(plate)
    with transaction(engine) as connection:
        rows = whitelist.leave_now(connection, asked, PlateColour(colour), now)
    leave = tuple(Leave(row["purpose"], row["until"], row["level_to"], row["place"]) for row in rows)
    return PublicAnswer(asked, colour, bool(leave), now, leave)
