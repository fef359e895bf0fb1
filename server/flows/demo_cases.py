"""Cases of the demonstration city: up to three, from its confirmed captures, each a step further; opened once."""

from datetime import datetime

from sqlalchemy import Connection

from enforcement.rules.book import RuleBook
from enforcement.rules.calendar import Calendar
from server.flows import rule_book
from server.flows.case_drafts import draft_of
from server.flows.case_work import Move
from server.flows.move_case import move
from server.flows.open_case import SameAct, open_case
from server.store import calendar_days, case_grounds, cases, users
from server.store.audit import Actor
from server.store.users import Account

OFFICER = "officer"
FURTHER: tuple[tuple[Move, ...], ...] = (
    (),
    (Move("main", "fail", 2), Move("main", "file", 3)),
    (
        Move("main", "fail", 2),
        Move("main", "file", 3),
        Move("objection", "object", 4, "denies_fact", "演示：称当日未上路"),
    ),
)
"""What is done in each case after it was opened (and verified by its opening)."""


def load_cases(connection: Connection, now: datetime) -> int:
    """Open cases where there is none yet; how many."""
    found = users.find_by_username(connection, OFFICER)
    if found is None or cases.any_case(connection):
        return 0
    book, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    free = case_grounds.free_captures(connection, found[0].scope, 12)
    added = 0
    for number in free:
        if added < len(FURTHER):
            added += _open(connection, found[0], book, calendar, number, FURTHER[added], now)
    return added


def _open(
    connection: Connection,
    officer: Account,
    book: RuleBook,
    calendar: Calendar,
    capture_id: int,
    steps: tuple[Move, ...],
    now: datetime,
) -> int:
    actor, scope = Actor(officer.id, officer.username, officer.organisation_id), officer.scope
    draft = draft_of(connection, scope, [("capture", capture_id)])
    try:
        case_id = open_case(connection, actor, officer, scope, book, calendar, draft, now=now)
    except SameAct:
        return 0  # the same truck, once more on that day
    for one in steps:
        move(connection, actor, officer, scope, book, calendar, case_id, one, now)
    return 1
