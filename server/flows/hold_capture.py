"""The review desk hands out captures: each to one person at a time, never again to who has reviewed it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from enforcement.rules.book import RuleBook, get_rule
from server.store import capture_queue
from server.store.scopes import Scope


def hold_next(
    connection: Connection, scope: Scope, rules: RuleBook, user_id: int, without: Sequence[int], now: datetime
) -> int | None:
    """Hold the next capture for this person; None when nothing waits."""
    return capture_queue.take_next(connection, scope, user_id, now, _until(rules, now), without)


def hold_one(
    connection: Connection, scope: Scope, rules: RuleBook, user_id: int, capture_id: int, now: datetime
) -> bool:
    """Hold one capture for this person; whether it could be."""
    return capture_queue.hold(connection, scope, user_id, capture_id, now, _until(rules, now))


def _until(rules: RuleBook, now: datetime) -> datetime:
    return now + timedelta(seconds=get_rule(rules, "capture.hold_s", now).number)
