"""Assignments: the list by day, state and person, the week, one with what was done for it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from enforcement.rules.book import day_of
from server.store import assignments, audit, cases
from server.store.paging import Query
from server.web import assignment_words, inspection_words  # noqa: F401 - their words join at import
from server.web.access import allow, current_account, current_scope, work
from server.web.assignment_words import progress, why_text
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.filter_choices import areas_of_scope
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.map import control_words
from server.web.words import choices, word

blueprint = Blueprint("assignments", __name__, url_prefix="/assignments")
WEEK = 7
KINDS_OF_CHECK = ("roadside", "on_site", "machine_spot")


def colleagues() -> list[tuple[str, str]]:
    """(id, name) of the account's own organisation."""
    with work() as connection:
        rows = cases.colleagues(connection, current_account().organisation_id)
    return [(str(row["id"]), row["name"]) for row in rows]


FILTERS = (
    Filter("q", _l("Title or place"), wide=True),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("state", _l("State"), "choice", lambda: choices("assignment_state")),
    Filter("person", _l("Person"), "choice", colleagues),
    Filter("kind", _l("Kind"), "choice", lambda: choices("inspection_kind", *KINDS_OF_CHECK)),
    Filter("division", _l("Area"), "choice", areas_of_scope),
)
COLUMNS = (
    Column("day", _l("Day"), sort=True),
    Column("title", _l("Title"), sort=True),
    Column("kind", _l("Kind"), wide=True),
    Column("place", _l("Place"), wide=True),
    Column("people", _l("People")),
    Column("progress", _l("Checks done"), numeric=True),
    Column("state", _l("State")),
    Column("organisation", _l("Planned by"), extra=True),
    Column("division", _l("Area"), extra=True),
)


@blueprint.get("/")
@allow("assignments.read")
def index() -> ResponseReturnValue:
    """Assignments of the scope, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="day")
    with work() as connection:
        found = assignments.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        return _export(query, found.rows)
    shown = view(query, found, FILTERS, COLUMNS, exports=KINDS)
    return render_template("assignments/list.html", view=shown, progress=progress, today=day_of(datetime.now(UTC)))


def _export(query: Query, rows: list[dict[str, Any]]) -> Response:
    lines = [
        [
            row["day"].isoformat(), row["title"], word("inspection_kind", row["kind"]), row["place"],
            ", ".join(row["people"]), progress(row), word("assignment_state", row["state"]),
            pick(row["organisation_zh"], row["organisation_en"]),
            pick(row["division_zh"], row["division_en"]) or row["division"],
        ]
        for row in rows
    ]  # fmt: skip
    return export("assignments", head_of(COLUMNS), lines, query, "assignment.export", ("assignment", "list"))


@blueprint.get("/week")
@allow("assignments.read")
def week() -> str:
    """Monday to Sunday of the week that the address names, else of this one."""
    today = day_of(datetime.now(UTC))
    try:
        asked = date.fromisoformat(request.args.get("day", ""))
        asked = asked if 2000 <= asked.year <= 2200 else today
    except ValueError:
        asked = today
    first = asked - timedelta(days=asked.weekday())
    days = [first + timedelta(days=n) for n in range(WEEK)]
    with work() as connection:
        rows = assignments.between(connection, current_scope(), days[0], days[-1])
    of_day = [(day, [row for row in rows if row["day"] == day]) for day in days]
    return render_template(
        "assignments/week.html", days=of_day, today=today, before=first - timedelta(days=WEEK),
        after=first + timedelta(days=WEEK), progress=progress,
    )  # fmt: skip


@blueprint.get("/<int:number>")
@allow("assignments.read")
def show(number: int) -> ResponseReturnValue:
    """One assignment."""
    return page(number, {})


def page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    """The page of an assignment; `faults` belong to closing and calling off."""
    with work() as connection:
        row = assignments.find_one(connection, current_scope(), number) or abort(404)
        named = assignments.subjects(connection, [number])
        checks = assignments.checks(connection, number)
        people = assignments.people(connection, number)
        timeline = audit.of_subject(connection, "assignment", number)
    account = current_account()
    shown = render_template(
        "assignments/show.html", row=row, subjects=named, checks=checks, people=people, timeline=timeline,
        faults=faults, draft=request.form, progress=progress, why_text=why_text,
        own=row["organisation_id"] == account.organisation_id, map_words=control_words,
    )  # fmt: skip
    return shown, code
