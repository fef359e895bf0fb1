"""Days that differ from the published holiday calendar: a short list, edited in place."""

import datetime as dt

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server.flows import keep_calendar
from server.flows.refusals import Refused
from server.store import calendar_days
from server.web import words, zone_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, work
from server.web.field_faults import by_field
from server.web.language import ZONE

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")

words.add(
    "day_kind",
    {
        "workday": ("工作日（含调休上班）", "working day"),
        "rest": ("休息日", "day of rest"),
        "holiday": ("法定节假日", "public holiday"),
    },
)

words.add(
    "action",
    {
        "calendar.keep": ("维护日历", "calendar day kept"),
        "calendar.remove": ("恢复公布日历", "calendar day removed"),
    },
)


def _year() -> int:
    asked = request.args.get("year", "")
    this = dt.datetime.now(ZONE).year
    return int(asked) if asked.isascii() and asked.isdigit() and 2015 <= int(asked[:6]) <= 2100 else this


def _page(faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    year = _year()
    with work() as connection:
        days = calendar_days.list_calendar_days(connection, year)
    return render_template("calendar/days.html", year=year, days=days, faults=faults, draft=request.form), code


@blueprint.get("/")
@allow("zones.read")
def index() -> ResponseReturnValue:
    """The exceptions of one year."""
    return _page({})


@blueprint.post("/")
@allow("calendar.edit")
def keep() -> ResponseReturnValue:
    """Add or change one day."""
    try:
        day = dt.date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        day = None
    try:
        with work() as connection:
            keep_calendar.keep_day(
                connection, current_actor(), day, request.form.get("kind", ""), request.form.get("note", "")[:200]
            )
    except Refused as refused:
        return _page(by_field(refused.faults), 422)
    flash(_("The day is kept. Zone hours are judged by it from now on."), "good")
    return redirect(url_for("calendar.index", year=day.year if day else None), 303)


@blueprint.post("/remove")
@allow("calendar.edit")
def remove() -> ResponseReturnValue:
    """The published calendar holds again."""
    try:
        day = dt.date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        return _page({"day": _("Give a date, as 2027-02-14")}, 422)
    with work() as connection:
        keep_calendar.remove_day(connection, current_actor(), day)
    flash(_("The published calendar holds for %(day)s again.", day=day.isoformat()), "good")
    return redirect(url_for("calendar.index", year=day.year), 303)
