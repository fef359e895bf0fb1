"""The rule book: every number of law is a row with a validity, read by the date of the act.

A *rule* is a question with an id; its rows answer it for one stretch of days each. Days are those of Beijing
time, `valid_to` is the first day on which the row no longer holds. Rows lie in `rulebook/*.yaml`, never in
Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991
RULEBOOK = Path(__file__).parents[1] / "rulebook"

Value = int | float | str | bool | tuple[str, ...] | None


class Certainty(StrEnum):
    """Whether the number was read in the law, or recalled and to be confirmed by the bureau."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"


class RuleMissing(LookupError):
    """No row of this rule was in force on the day of the act."""


class RuleBookFault(ValueError):
    """A row of the rule book is not usable; the message names the file, the row and the cause."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what the rule said from `valid_from` up to, not including, `valid_to`."""

    id: str
    value: Value
    unit: str
    valid_from: date
    valid_to: date | None
    legal_basis: str
    certainty: Certainty
    source: str
    zh: str
    en: str
    area: str = ""  # prefix of a GB/T 2260 code; empty: the whole country
    revision: int = 1  # of the row: what an administrator put in its place counts on from the shipped 1

    @property
    def key(self) -> str:
        """What a decision stores: the rule, which of its rows, for which area, in which revision."""
        area = f"~{self.area}" if self.area else ""
        revision = f"#{self.revision}" if self.revision > 1 else ""
        return f"{self.id}@{self.valid_from.isoformat()}{area}{revision}"

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    @property
    def number(self) -> float:
        """The value of a rule that must be a number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise RuleBookFault(f"rule {self.key}: {self.value!r} is not a number")
        return float(self.value)

    @property
    def words(self) -> tuple[str, ...]:
        """The value of a rule that must be a list."""
        if not isinstance(self.value, tuple):
            raise RuleBookFault(f"rule {self.key}: {self.value!r} is not a list")
        return self.value


@dataclass(frozen=True)
class RuleBook:
    """All rows. Built by `load` or, in a test, from rows."""

    rows: tuple[Rule, ...]

    @cached_property
    def by_id(self) -> Mapping[str, tuple[Rule, ...]]:
        found: dict[str, list[Rule]] = {}
        for row in self.rows:
            found.setdefault(row.id, []).append(row)
        return {name: tuple(sorted(rows, key=lambda row: row.valid_from)) for name, rows in found.items()}


def day_of(at: datetime) -> date:
    """The Beijing day of a moment."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; a date of an act must be aware")
    return at.astimezone(BEIJING).date()


def moment(at_us: int) -> datetime:
    """Microseconds since 1970 UTC as an aware moment."""
    return datetime.fromtimestamp(0, tz=BEIJING) + timedelta(microseconds=at_us)


def in_force(rules: RuleBook, at: datetime) -> tuple[Rule, ...]:
    """Every row that held on the day of the act."""
    day = day_of(at)
    return tuple(row for row in rules.rows if row.holds_on(day))


def find_rule(rules: RuleBook, rule_id: str, at: datetime, area: str = "") -> Rule | None:
    """The row of a rule that held on the day of the act, if there was one.

    `area` is the GB/T 2260 code of the place: a narrower row goes before a wider one.
    """
    day = day_of(at)
    held = [row for row in rules.by_id.get(rule_id, ()) if row.holds_on(day) and area.startswith(row.area)]
    return max(held, key=lambda row: len(row.area), default=None)


def get_rule(rules: RuleBook, rule_id: str, at: datetime, area: str = "") -> Rule:
    """The row of a rule that held on the day of the act, the one of the narrowest area (`find_rule`)."""
    row = find_rule(rules, rule_id, at, area)
    if row is not None:
        return row
    rows = [row for row in rules.by_id.get(rule_id, ()) if area.startswith(row.area)]
    if not rows:
        raise RuleMissing(f"no rule {rule_id!r} in the rule book")
    spans = ", ".join(f"{row.valid_from} to {row.valid_to or 'now'}" for row in rows)
    raise RuleMissing(f"rule {rule_id!r} had no row in force on {day_of(at)}; its rows hold {spans}")


def load(folder: Path = RULEBOOK) -> RuleBook:
    """Read every YAML file of the folder; a fault names the file and the row."""
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise RuleBookFault(f"no rule book in {folder}")
    rows = tuple(row for path in paths for row in _read(path))
    return checked(rows)


def checked(rows: Sequence[Rule]) -> RuleBook:
    """The book of these rows; RuleBookFault where two rows of one rule and area overlap."""
    book = RuleBook(tuple(rows))
    for rule_id, versions in book.by_id.items():
        for area in {row.area for row in versions}:
            _check_no_overlap(rule_id, [row for row in versions if row.area == area])
    return book


def _read(path: Path) -> list[Rule]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise RuleBookFault(f"{path.name}: {fault}") from fault
    if not isinstance(content, list):
        raise RuleBookFault(f"{path.name}: must be a list of rules")
    return [_rule(row, f"{path.name}, rule {number}") for number, row in enumerate(content, 1)]


def _rule(row: Any, place: str) -> Rule:
    if not isinstance(row, dict):
        raise RuleBookFault(f"{place}: must be a mapping")
    place = f"{place} ({row.get('id')})"
    known = {item.name for item in fields(Rule)}
    wrong = sorted(set(row) ^ known - ({"valid_to", "area", "revision"} - set(row)))
    if wrong:
        raise RuleBookFault(f"{place}: missing or unknown: {', '.join(map(str, wrong))}")
    value = tuple(map(str, row["value"])) if isinstance(row["value"], list) else row["value"]
    try:
        certainty = Certainty(row["certainty"])
    except ValueError as fault:
        raise RuleBookFault(f"{place}: certainty must be confirmed or unconfirmed") from fault
    _check_days(row, place)
    return Rule(**{**row, "value": value, "certainty": certainty, "valid_to": row.get("valid_to")})


def _check_days(row: Mapping[str, Any], place: str) -> None:
    first, last = row["valid_from"], row.get("valid_to")
    if type(first) is not date or (last is not None and type(last) is not date):
        raise RuleBookFault(f"{place}: valid_from and valid_to must be days, like 2026-08-15")
    if last is not None and last <= first:
        raise RuleBookFault(f"{place}: valid_to {last} must come after valid_from {first}")


def _check_no_overlap(rule_id: str, rows: Sequence[Rule]) -> None:
    for earlier, later in pairwise(rows):
        if earlier.valid_to is None or earlier.valid_to > later.valid_from:
            raise RuleBookFault(f"rule {rule_id}: the rows of {earlier.valid_from} and {later.valid_from} overlap")
