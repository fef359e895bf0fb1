"""Trucks and machines that an assignment names: typed or pasted one a line, or taken from the watch list."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from enforcement.registry.plates import COLOUR_WORDS, PlateColour
from server.flows import inspection_subjects
from server.flows.inspection_subjects import SubjectGiven, plain
from server.flows.refusals import Fault, Refused
from server.store import watch_entries

MOST = 200  # lines; more is a register, not a day's work
WHY_MOST = 200
_SIGNS = re.compile(r"[\t,，;；]+|\s+")
_COLOURS = {
    word: colour
    for colour, (zh, en) in COLOUR_WORDS.items()
    for word in (zh, zh.removesuffix("牌"), en, en.removesuffix(" plate"), colour.value)
}


@dataclass(frozen=True, slots=True)
class NamedSubject:
    """A plate or machine number, its colour where given, and why it is named (words, or watch-list codes)."""

    text: str
    colour: str = ""
    why: str = ""

    @property
    def line(self) -> str:
        """As it is typed."""
        colour = COLOUR_WORDS[PlateColour(self.colour)][0] if self.colour in tuple(PlateColour) else ""
        return " ".join(part for part in (self.text, colour, self.why) if part)


def read_lines(given: str) -> tuple[NamedSubject, ...]:
    """One subject a line: its number, perhaps the colour of its plate, perhaps why; empty lines are left out."""
    return tuple(_line(line) for line in given.splitlines() if line.strip())


def _line(line: str) -> NamedSubject:
    number, _, rest = _SIGNS.sub(" ", line.strip()).partition(" ")
    first, _, others = rest.partition(" ")
    colour = _COLOURS.get(first.lower())
    return NamedSubject(number, str(colour) if colour else "", others if colour else rest)


def resolved(connection: Connection, given: Iterable[NamedSubject]) -> tuple[list[dict[str, Any]], list[Fault]]:
    """The rows of assignment_subjects, each subject once, and what is wrong, named by its line."""
    lines = list(given)
    if len(lines) > MOST:
        return [], [Fault("subjects", f"最多 {MOST} 行", f"At most {MOST} lines")]
    rows: dict[str, dict[str, Any]] = {}
    faults = []
    for place, one in enumerate(lines, 1):
        try:
            row = _row(connection, one)
            rows.setdefault(row["subject_text"], row)
        except Refused as refused:
            zh, en = refused.faults[0].zh, refused.faults[0].en
            faults.append(
                Fault("subjects", f"第 {place} 行（{one.text[:40]}）：{zh}", f"Line {place} ({one.text[:40]}): {en}")
            )
    return list(rows.values()), faults[:5]


def _row(connection: Connection, one: NamedSubject) -> dict[str, Any]:
    if len(one.why) > WHY_MOST:
        raise Refused([Fault("subjects", f"说明最多 {WHY_MOST} 字", f"At most {WHY_MOST} characters say why")])
    kind = subject_kind(one.text, one.colour)
    found = inspection_subjects.find(connection, SubjectGiven(one.text, one.colour, kind))
    known = watch_entries.identity_of(connection, found.truck_id, found.machine_id)
    return {
        "truck_id": found.truck_id, "machine_id": found.machine_id, "subject_text": known["text"] or found.text,
        "plate_colour": known["colour"] or one.colour or None, "why": one.why,
    }  # fmt: skip


def subject_kind(text: str, colour: str | None) -> str:
    """What a number that no register may hold is: plates begin with a province, machine numbers never do."""
    number = plain(text)
    return "truck" if colour or (number and not number[0].isascii()) else "machine"


def of_watched(rows: Sequence[dict[str, Any]], chosen: Iterable[str]) -> tuple[NamedSubject, ...]:
    """What was ticked on the watch list; each row has key, text, colour and reasons."""
    ticked = set(chosen)
    return tuple(
        NamedSubject(row["text"], row["colour"] or "", ",".join(row["reasons"])) for row in rows if row["key"] in ticked
    )
