"""The rule rows that pages of telemetry go by, in force at a moment."""

from datetime import datetime
from functools import cache

from enforcement.rules import RuleBook, get_rule, load


@cache
def book() -> RuleBook:
    """The rule book, read once."""
    return load()


def number(name: str, at: datetime) -> float:
    """A row of telemetry.yaml."""
    return get_rule(book(), f"telemetry.{name}", at).number
