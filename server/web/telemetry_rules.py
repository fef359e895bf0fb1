"""The rule rows that pages of telemetry go by, in force at a moment."""

from datetime import datetime
from functools import cache

from enforcement.rules import RuleBook, get_rule, load
from server.store.terminals import Thresholds


@cache
def book() -> RuleBook:
    """The rule book, read once."""
    return load()


def number(name: str, at: datetime) -> float:
    """A row of telemetry.yaml."""
    return get_rule(book(), f"telemetry.{name}", at).number


def thresholds(at: datetime) -> Thresholds:
    """Seconds after which a terminal counts as late and as off-line."""
    return Thresholds(int(number("late_after_s", at)), int(number("offline_after_s", at)))
