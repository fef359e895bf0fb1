"""The platform reminds of deadlines that are near or over: each once, again when its last day has moved.

A chore of the ingest workers, between batches; whichever comes first marks a deadline, the others skip it. The first
page shows what was marked to whom it concerns.
"""

from datetime import UTC, datetime

import psycopg

from enforcement.cases.clocks import soon_until
from enforcement.rules.book import RuleBook, day_of
from enforcement.rules.calendar import Calendar
from server.store import deadlines

MOST_AT_ONCE = 1000


def remind(connection: psycopg.Connection, rules: RuleBook, calendar: Calendar, now: datetime | None = None) -> int:
    """Mark what is due soon or overdue and was not reminded of; how many."""
    at = now or datetime.now(UTC)
    return deadlines.remind(connection, soon_until(rules, calendar, day_of(at), at), MOST_AT_ONCE)
