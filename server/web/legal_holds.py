"""Legal holds: days of a ledger that retention leaves alone; setting one, releasing it, what was removed lately."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from server.flows import hold_ledgers
from server.flows.hold_ledgers import HoldDraft
from server.flows.refusals import Refused
from server.store import audit, enterprises, ledger_retention, legal_holds
from server.store.paging import Query
from server.web import form_values as form
from server.web import legal_hold_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_account, current_actor, current_scope, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_city
from server.web.frame import local
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("legal_holds", __name__, url_prefix="/legal-holds")
RUNS = 10

FILTERS = (
    Filter("q", _l("Enterprise"), wide=True),
    Filter("state", _l("State"), "choice", lambda: choices("hold_state")),
    Filter("division", _l("Area"), "choice", areas_of_city),
    Filter("enterprise", "", "number"),
)
COLUMNS = (
    Column("enterprise", _l("Enterprise")),
    Column("state", _l("State")),
    Column("from_on", _l("From"), sort=True),
    Column("to_on", _l("Last day"), sort=True),
    Column("reason", _l("Reason"), wide=True),
    Column("set_by_name", _l("Set by"), wide=True),
    Column("set_at", _l("Set"), sort=True),
)


@blueprint.get("/")
@allow("legal_holds.edit")
def index() -> ResponseReturnValue:
    """The list, or the same as a file; and what retention has removed lately."""
    query = read(request.args, FILTERS, COLUMNS, sort="set_at")
    with work() as connection:
        found = legal_holds.find(connection, current_scope(), whole(query) if kind_asked() else query)
        runs = ledger_retention.last_runs(connection, RUNS)
    if kind_asked():
        return _export([_line(row) for row in found.rows], query)
    shown = view(query, found, FILTERS, COLUMNS, exports=KINDS)
    return render_template("legal_holds/list.html", view=shown, runs=runs)


def _export(lines: list[list[Any]], query: Query) -> Response:
    return export("legal-holds", head_of(COLUMNS), lines, query, "legal_hold.export", ("legal_hold", "list"))


def _line(row: dict[str, Any]) -> list[Any]:
    return [
        row["enterprise"], word("hold_state", row["state"]), row["from_on"].isoformat(), row["to_on"].isoformat(),
        row["reason"], row["set_by_name"], local(row["set_at"]),
    ]  # fmt: skip


@blueprint.get("/new")
@allow("legal_holds.edit")
def new() -> ResponseReturnValue:
    """The form, with the enterprise that the address names."""
    number = request.args.get("enterprise", "")
    draft: MultiDict[str, str] = MultiDict()
    if number.isascii() and number.isdigit() and len(number) < 10:
        with work() as connection:
            row = enterprises.find_one(connection, int(number), current_scope())
        draft = MultiDict({"enterprise": (row["credit_code"] or row["name"]) if row else ""})
    return render_template("legal_holds/form.html", draft=draft, faults={})


@blueprint.post("/new")
@allow("legal_holds.edit")
def add() -> ResponseReturnValue:
    """Set a hold."""
    draft = HoldDraft(form.text("enterprise", 200), form.day("from_on"), form.day("to_on"), form.text("reason"))
    try:
        with work() as connection:
            number = hold_ledgers.hold(
                connection, current_actor(), current_scope(), current_account().division, draft
            )  # fmt: skip
    except Refused as refused:
        return render_template("legal_holds/form.html", draft=request.form, faults=by_field(refused.faults)), 422
    flash(_("The days are held: retention leaves them alone."), "good")
    return redirect(url_for("legal_holds.show", number=number), 303)


@blueprint.get("/<int:number>")
@allow("legal_holds.edit")
def show(number: int) -> ResponseReturnValue:
    """One hold."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        row = legal_holds.find_one(connection, current_scope(), number) or abort(404)
        rows = legal_holds.rows_under(connection, number)
        timeline = audit.of_subject(connection, "legal_hold", number)
    page = render_template(
        "legal_holds/show.html", row=row, rows=rows, timeline=timeline, faults=faults, draft=request.form
    )
    return page, code


@blueprint.post("/<int:number>/release")
@allow("legal_holds.edit")
def release(number: int) -> ResponseReturnValue:
    """End a hold."""
    try:
        with work() as connection:
            hold_ledgers.release(connection, current_actor(), current_scope(), number, form.text("reason"))
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    flash(_("The hold is released: retention may remove the days when their time has come."), "good")
    return redirect(url_for("legal_holds.show", number=number), 303)
