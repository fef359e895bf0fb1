"""The rule book of a request: read once for it, however many rows its page asks for."""

from typing import cast

from flask import g

from enforcement.rules.book import RuleBook
from server.db import transaction
from server.flows import rule_book
from server.web.access import engine


def book() -> RuleBook:
    """The rows that hold now, the bureau's own among them; a fenced account is judged by the same."""
    if "rule_book" not in g:
        with transaction(engine()) as connection:
            g.rule_book = rule_book.current(connection)
    return cast(RuleBook, g.rule_book)
