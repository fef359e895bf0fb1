"""The rule book that captures are judged by."""

from functools import cache

from enforcement import rules
from enforcement.rules import RuleBook


@cache
def book() -> RuleBook:
    """The rows as they ship."""
    return rules.load()
