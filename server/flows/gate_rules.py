"""The settings of the bureau that gates go by, as they stand in the rule book at a moment."""

from datetime import datetime

from sqlalchemy import Connection

from enforcement.rules.book import RuleBook, get_rule
from server.flows import rule_book


def seconds(rules: RuleBook, name: str, at: datetime) -> float:
    """A number of the rule book by its short name."""
    return get_rule(rules, f"gates.{name}", at).number


def offline_s(connection: Connection, now: datetime) -> float:
    """A gate or device that was not heard of for so long is off-line."""
    return seconds(rule_book.current(connection), "offline_after_s", now)
