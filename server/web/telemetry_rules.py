"""The rule rows that pages of telemetry go by, in force at a moment."""

from datetime import datetime

from enforcement.rules.book import get_rule
from server.web.rule_book import book


def number(name: str, at: datetime) -> float:
    """A row of telemetry.yaml."""
    return get_rule(book(), f"telemetry.{name}", at).number
