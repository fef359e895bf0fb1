"""The first page: what waits for me, then the map."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from enforcement.rules.book import day_of
from server.flows import rule_book
from server.flows import settle_alarm as flow
from server.store import (
    assignments,
    calendar_days,
    capture_queue,
    deadlines,
    leads,
    pleas,
    positions,
    referrals,
    tasks,
    violations,
    whitelist,
)  # fmt: skip
from server.store.scopes import Scope
from server.web import assignment_words, portal
from server.web import map as map_page
from server.web.access import SIGNED_IN, allow, current_account, current_actor, current_scope, may, work
from server.web.clock_lines import left, pace_of, soon_of

blueprint = Blueprint("home", __name__)
MOST_WAITING = 12


@blueprint.get("/")
@allow(SIGNED_IN)
def show() -> str:
    """What waits for this account, oldest first, then the map."""
    with work() as connection:
        todo = _waiting(connection, current_scope())
    map_data = map_page.page_data() if may("map.read") else None
    shown = {"portal": portal.page_of(current_scope()), "progress": assignment_words.progress}
    return render_template("home.html", todo=todo, map_data=map_data, **shown)


def _waiting(connection: Connection, scope: Scope) -> dict[str, Any]:
    todo: dict[str, Any] = {}
    for permission, found in WAITING:
        todo |= found(connection, scope) if may(permission) else {}
    if may("leads.read"):
        todo["leads"] = leads.open_count(connection, scope)
    if may("deadlines.read"):
        todo |= _cases(connection, scope)
    if may("quarantine.read"):
        todo["held"] = tasks.held_frames(connection)
    if may("alarms.read"):
        todo["alarms"] = tasks.open_alarms(connection)
    if may("map.read"):
        todo["terminals"] = positions.counts(connection, scope)
    return todo


def _violations(connection: Connection, scope: Scope) -> dict[str, Any]:
    waiting = violations.waiting(connection, scope, MOST_WAITING)
    return {"ages": violations.ages(connection, scope), "violations": waiting}


def _captures(connection: Connection, scope: Scope) -> dict[str, Any]:
    """What this person may review: not what others hold, nor what it has reviewed already."""
    return {"captures": capture_queue.waiting(connection, scope, current_account().id, datetime.now(UTC))}


def _work(connection: Connection, scope: Scope) -> dict[str, Any]:
    """What this person is to do today."""
    today = day_of(datetime.now(UTC))
    return {"work": assignments.of_person(connection, current_account().id, today, today)}


def _pleas(connection: Connection, scope: Scope) -> dict[str, Any]:
    """Pleas that nobody has answered."""
    return {"pleas": pleas.waiting(connection, scope)}


def _leave_to_review(connection: Connection, scope: Scope) -> dict[str, Any]:
    return {"leave_review": whitelist.count_waiting(connection, scope, "requested")}


def _leave_to_decide(connection: Connection, scope: Scope) -> dict[str, Any]:
    return {"leave": whitelist.count_waiting(connection, scope, "reviewed")}


WAITING = (
    ("violations.decide", _violations),
    ("captures.review", _captures),
    ("assignments.read", _work),
    ("pleas.answer", _pleas),
    ("whitelist.review", _leave_to_review),
    ("whitelist.approve", _leave_to_decide),
)


def _cases(connection: Connection, scope: Scope) -> dict[str, Any]:
    """What is due in cases, what was reminded of, and referrals that wait for this body."""
    today = deadlines.today(connection)
    rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    soon = soon_of(rules, calendar, today)
    rows = deadlines.reminders(connection, scope, MOST_WAITING)
    for row in rows:
        row |= {"pace": pace_of(row, today, soon), "left": left(calendar, row, today)}
    own = scope.organisation_id or 0
    return {
        "due": deadlines.counts(connection, scope, today, soon),
        "soon": soon,
        "today": today,
        "reminders": rows,
        "referrals": referrals.waiting(connection, own),
    }


@blueprint.post("/alarms/<int:number>/seen")
@allow("alarms.settle")
def settle_alarm(number: int) -> ResponseReturnValue:
    """Somebody has seen to an alarm."""
    with work() as connection:
        flow.settle_alarm(connection, current_actor(), number)
    flash(_("The alarm is settled."), "good")
    return redirect(url_for("home.show"), 303)
