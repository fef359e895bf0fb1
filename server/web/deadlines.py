"""The queue of what is due: overdue, due soon, running, paused; per body and person."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from enforcement.rules.calendar import Calendar
from server.db import transaction
from server.flows import rule_book
from server.store import calendar_days, deadlines
from server.store.paging import Query
from server.web.access import allow, current_account, current_scope, engine, may, work
from server.web.clock_lines import left, pace_of, soon_of
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("deadlines", __name__, url_prefix="/deadlines")


def _persons() -> list[tuple[str, str]]:
    with work() as connection:
        found = deadlines.persons(connection, current_scope())
    return [("0", word("due_person", "none")), *((str(one["id"]), one["name"]) for one in found)]


def _bodies() -> list[tuple[str, str]]:
    with work() as connection:
        found = deadlines.bodies(connection, current_scope())
    return [(str(one["id"]), str(pick(one["name_zh"], one["name_en"]))) for one in found]


FILTERS = (
    Filter("q", _l("Plate, machine number, case number"), wide=True),
    Filter("due", _l("State"), "choice", lambda: choices("due", *deadlines.DUE)),
    Filter("kind", _l("Step"), "choice", lambda: choices("clock")),
    Filter("organisation", _l("Body"), "choice", _bodies),
    Filter("person", _l("Officer"), "choice", _persons),
    Filter("from", _l("Due from"), "date"),
    Filter("to", _l("Due to"), "date"),
)
COLUMNS = (
    Column("due_on", _l("Due"), sort=True),
    Column("left", _l("Time left")),
    Column("kind", _l("Step")),
    Column("subject", _l("Subject")),
    Column("case", _l("Case")),
    Column("organisation", _l("Body"), wide=True),
    Column("person", _l("Officer"), wide=True),
    Column("counted", _l("Counted"), wide=True),
    Column("state", _l("State")),
    Column("reminded_at", _l("Reminded"), extra=True),
)


@blueprint.get("/")
@allow("deadlines.read")
def index() -> ResponseReturnValue:
    """What is due, the first due first."""
    query = read(request.args, FILTERS, COLUMNS, sort="due_on", descending=False)
    due = query.values.get("due") or "running"
    with transaction(engine()) as connection:
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
        today = deadlines.today(connection)
    soon = soon_of(rules, calendar, today)
    if kind_asked():
        return _export(query, due, calendar, today, soon) if may("cases.export") else abort(403)
    with work() as connection:
        found = deadlines.find(connection, current_scope(), query, due, today, soon)
        counts = deadlines.counts(connection, current_scope(), today, soon)
    for row in found.rows:
        row |= {"pace": pace_of(row, today, soon), "left": left(calendar, row, today)}
    exports = KINDS if may("cases.export") else ()
    return render_template(
        "deadlines/list.html", view=view(query, found, FILTERS, COLUMNS, exports), counts=counts, soon=soon,
        me=current_account().id, today=today,
    )  # fmt: skip


def _export(query: Query, due: str, calendar: Calendar, today: date, soon: date) -> Response:
    with work() as connection:
        rows = deadlines.find(connection, current_scope(), whole(query), due, today, soon).rows
    lines = [_line(row, calendar, today, soon) for row in rows]
    return export("deadlines", head_of(COLUMNS), lines, query, "deadline.export", ("case", "deadlines"))


def _line(row: dict[str, Any], calendar: Calendar, today: date, soon: date) -> list[str | int | float | None]:
    return [
        row["due_on"].isoformat(),
        left(calendar, row, today),
        word("clock", row["kind"]),
        row["plate"] or row["machine_number"] or row["subject_text"],
        row["case_number"],
        pick(row["organisation_zh"], row["organisation_en"]),
        row["person"],
        f"{row['days']} {word('day_kind', row['day_kind'])}, {row['starts_on'].isoformat()}",
        word("due", pace_of(row, today, soon)),
        row["reminded_at"].isoformat() if row["reminded_at"] else None,
    ]
