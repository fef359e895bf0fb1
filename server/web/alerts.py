"""Alerts: the list, one alert, and entering, changing its level, lifting, withdrawing it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from enforcement.alerts.measures import in_force
from server.flows import alert_standing, announce_alert
from server.flows.announce_alert import AlertDraft, StaleAlert
from server.flows.refusals import Refused
from server.store import alerts, audit
from server.store.scopes import division_prefix
from server.web import alert_words  # noqa: F401 - its words join at import
from server.web import form_values as form
from server.web.access import allow, current_account, current_actor, current_scope, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")

FILTERS = (
    Filter("q", _l("Document or authority"), wide=True),
    Filter("level", _l("Level"), "choice", lambda: choices("alert_level")),
    Filter("standing", _l("State"), "choice", lambda: choices("alert_standing")),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
)
COLUMNS = (
    Column("level", _l("Level"), sort=True),
    Column("division", _l("Area")),
    Column("standing", _l("State")),
    Column("from_at", _l("Begins"), sort=True),
    Column("to_at", _l("Lifted from")),
    Column("document", _l("Document")),
    Column("authority", _l("Issued by"), wide=True),
    Column("planned_to_at", _l("Planned end"), extra=True),
    Column("entered_at", _l("Entered"), extra=True),
)


@blueprint.get("/")
@allow("alerts.read")
def index() -> ResponseReturnValue:
    """Every alert of the area, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="from_at")
    with work() as connection:
        found = alerts.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        return export("alerts", head_of(COLUMNS), lines, query, "alert.export", ("alert", "list"))
    return render_template("alerts/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _line(row: dict[str, Any]) -> list[Any]:
    return [
        word("alert_level", row["level"]), pick(row["division_zh"], row["division_en"]) or row["division"],
        word("alert_standing", row["standing"]), local(row["from_at"]), local(row["to_at"]), row["document"],
        row["authority"], local(row["planned_to_at"]), local(row["entered_at"]),
    ]  # fmt: skip


def _draft() -> AlertDraft:
    return AlertDraft(
        form.text("level", 20), form.text("division", 6), form.moment("from_at"), form.text("document", 200),
        form.text("authority", 200), form.day("issued_on"), form.moment("planned_to_at"), form.text("note", 2000),
    )  # fmt: skip


@blueprint.get("/new")
@allow("alerts.edit")
def new() -> str:
    """The form of a new alert."""
    return _form({"division": current_account().division}, {})


def _form(draft: Any, faults: dict[str, str], row: dict[str, Any] | None = None) -> str:
    return render_template(
        "alerts/form.html", draft=draft, faults=faults, row=row, areas=areas_of_scope(), levels=choices("alert_level")
    )


@blueprint.post("/new")
@allow("alerts.edit")
def enter() -> ResponseReturnValue:
    """Enter it."""
    try:
        with work() as connection:
            number = announce_alert.enter(connection, current_actor(), current_scope(), _draft(), datetime.now(UTC))
    except Refused as refused:
        return _form(request.form, by_field(refused.faults)), 422
    flash(_("The alert is entered. Gates answer by it from now on."), "good")
    return redirect(url_for("alerts.show", number=number), 303)


@blueprint.get("/<int:number>")
@allow("alerts.read")
def show(number: int) -> ResponseReturnValue:
    """One alert with the measures that follow from it."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    scope, now = current_scope(), datetime.now(UTC)
    with work() as connection:
        row = alerts.find_one(connection, scope, number) or abort(404)
        standing = alert_standing.current(connection)
        at = min(max(row["from_at"], now), row["to_at"] or now)
        measures = [
            one
            for one in in_force(standing.measures, max(at, row["from_at"]), division_prefix(row["division"]))
            if row["level"] in one.levels
        ]
        mine = _own_measures(connection, row, at) if scope.enterprise_id else None
        timeline = audit.of_subject(connection, "alert", number) if scope.fence is None else []
    editable = scope.covers(row["division"]) and scope.fence is None
    page = render_template(
        "alerts/show.html", row=row, measures=measures, mine=mine, timeline=timeline, faults=faults, draft=request.form,
        editable=editable,
    )  # fmt: skip
    return page, code


def _own_measures(connection: Connection, row: dict[str, Any], at: datetime) -> list[Any]:
    """What the alert means for the enterprise that looks."""
    try:
        place = alert_standing.place_of(connection, current_account().enterprise_id or 0, at)
    except LookupError:
        return []
    standing = alert_standing.current(connection)
    alone = alert_standing.only(standing, row["id"])
    return list(alert_standing.bound_there(alone, place, max(at, row["from_at"])))


@blueprint.get("/<int:number>/level")
@allow("alerts.edit")
def level_form(number: int) -> str:
    """The form of another level."""
    with work() as connection:
        row = alerts.find_one(connection, current_scope(), number) or abort(404)
    if not current_scope().covers(row["division"]):
        abort(404)
    draft = {"division": row["division"], "authority": row["authority"], "version": row["version"]}
    return _form(draft, {}, row)


@blueprint.post("/<int:number>/level")
@allow("alerts.edit")
def change(number: int) -> ResponseReturnValue:
    """Another level from a moment on: a new alert that follows this one."""
    try:
        with work() as connection:
            following = announce_alert.change(
                connection, current_actor(), current_scope(), number, _version(), _draft(), datetime.now(UTC)
            )
    except Refused as refused:
        with work() as connection:
            row = alerts.find_one(connection, current_scope(), number) or abort(404)
        return _form(request.form, by_field(refused.faults), row), 422
    except LookupError:
        abort(404)
    except StaleAlert:
        return _page(number, {"stale": _stale()}, 409)
    flash(_("The level is changed: this is the alert that follows."), "good")
    return redirect(url_for("alerts.show", number=following), 303)


def _version() -> int:
    text = form.text("version", 20)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _stale() -> str:
    return str(_("Somebody else has changed it meanwhile. Look at it again."))


def _write(number: int, write: Callable[[Connection], Any], told: str) -> ResponseReturnValue:
    try:
        with work() as connection:
            write(connection)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except StaleAlert:
        return _page(number, {"stale": _stale()}, 409)
    flash(told, "good")
    return redirect(url_for("alerts.show", number=number), 303)


@blueprint.post("/<int:number>/lift")
@allow("alerts.edit")
def lift(number: int) -> ResponseReturnValue:
    """Lift it, with the document."""

    def write(connection: Connection) -> None:
        announce_alert.lift(
            connection, current_actor(), current_scope(), number, _version(), form.moment("to_at"),
            form.text("document", 200), datetime.now(UTC),
        )  # fmt: skip

    return _write(number, write, _("The alert is lifted. Gates follow."))


@blueprint.post("/<int:number>/withdraw")
@allow("alerts.edit")
def withdraw(number: int) -> ResponseReturnValue:
    """Take back a mistaken entry, with the reason."""

    def write(connection: Connection) -> None:
        announce_alert.withdraw(
            connection, current_actor(), current_scope(), number, _version(), form.text("reason")
        )  # fmt: skip

    return _write(number, write, _("The entry is withdrawn: it counts for nothing any more."))
