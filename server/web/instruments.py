"""Instruments: the list with what is due soon, one with its verifications and checks, and what is recorded of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from server.flows import keep_instruments, rule_book
from server.flows.keep_instruments import Check, Draft, Verification
from server.flows.refusals import Refused
from server.store import audit, instruments
from server.store.paging import Query
from server.web import form_values as form
from server.web import instrument_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_account, current_actor, current_scope, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_city
from server.web.frame import local
from server.web.instrument_lines import told
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("instruments", __name__, url_prefix="/instruments")

VERIFICATIONS = ("verified", "due_soon", "expired", "never", "retired")
FILTERS = (
    Filter("q", _l("Serial number, maker or model"), wide=True),
    Filter("kind", _l("Kind"), "choice", lambda: choices("instrument_kind")),
    Filter("verification", _l("Verification"), "choice", lambda: choices("verification", *VERIFICATIONS)),
    Filter("division", _l("Area"), "choice", areas_of_city),
)
COLUMNS = (
    Column("serial", _l("Serial number"), sort=True),
    Column("kind", _l("Kind"), sort=True),
    Column("model", _l("Model"), sort=True),
    Column("verification", _l("Verification")),
    Column("valid_to", _l("Valid until"), sort=True),
    Column("checked_at", _l("Last check"), wide=True),
    Column("organisation", _l("Held by"), wide=True),
    Column("certificate", _l("Certificate"), extra=True),
    Column("maker", _l("Maker"), extra=True),
)


@blueprint.get("/")
@allow("instruments.read")
def index() -> ResponseReturnValue:
    """All instruments of the scope, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="valid_to", descending=False)
    if kind_asked():
        return _export(query)
    with work() as connection:
        found = instruments.find(connection, current_scope(), query)
        found = replace(found, rows=told(connection, found.rows))
        waiting = told(connection, instruments.due(connection, current_scope()))
        due = [row for row in waiting if row["verification"] != "not_needed"]
    shown = view(query, found, FILTERS, COLUMNS, exports=KINDS)
    return render_template("instruments/list.html", view=shown, due=due)


def _export(query: Query) -> Response:
    with work() as connection:
        rows = told(connection, instruments.find(connection, current_scope(), whole(query)).rows)
    lines = [_line(row) for row in rows]
    return export("instruments", head_of(COLUMNS), lines, query, "instrument.export", ("instrument", "list"))


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        row["serial"],
        word("instrument_kind", row["kind"]),
        row["model"],
        word("verification", row["verification"]),
        str(row["valid_to"] or ""),
        local(row["checked_at"]) if row["checked_at"] else "",
        pick(row["organisation_zh"], row["organisation_en"]),
        row["certificate"],
        row["maker"],
    ]


def _draft() -> Draft:
    names = ("kind", "maker", "model", "serial", "software_version", "note")
    return Draft(**{name: form.text(name, 600) for name in names})


@blueprint.get("/new")
@allow("instruments.edit")
def new() -> str:
    """The empty form."""
    return render_template("instruments/form.html", draft={}, faults={})


@blueprint.post("/new")
@allow("instruments.edit")
def add() -> ResponseReturnValue:
    """Register an instrument."""
    try:
        with work() as connection:
            division = current_account().division
            number = keep_instruments.register(connection, current_actor(), division, _draft())
    except Refused as refused:
        return render_template("instruments/form.html", draft=request.form, faults=by_field(refused.faults)), 422
    flash(_("The instrument is registered. Record its verification next."), "good")
    return redirect(url_for("instruments.show", number=number), 303)


@blueprint.get("/<int:number>")
@allow("instruments.read")
def show(number: int) -> ResponseReturnValue:
    """One instrument."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        row = told(connection, [instruments.find_one(connection, current_scope(), number) or abort(404)])[0]
        verified = instruments.verifications(connection, [number])
        checked = instruments.checks(connection, number)
        timeline = audit.of_subject(connection, "instrument", number)
    page = render_template(
        "instruments/show.html", row=row, verified=verified, checked=checked, timeline=timeline, faults=faults,
        draft=request.form,
    )  # fmt: skip
    return page, code


def _write(number: int, write: Callable[[Connection], Any], told: str) -> ResponseReturnValue:
    """Do one thing to an instrument, or give its page back with what is wrong."""
    try:
        with work() as connection:
            write(connection)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    flash(told, "good")
    return redirect(url_for("instruments.show", number=number), 303)


@blueprint.post("/<int:number>/edit")
@allow("instruments.edit")
def change(number: int) -> ResponseReturnValue:
    """Change model, software, note or state; kind, maker and serial number stay."""
    with work() as connection:
        row = instruments.find_one(connection, current_scope(), number) or abort(404)
    draft = Draft(
        row["kind"], row["maker"], form.text("model", 600), row["serial"], form.text("software_version", 600),
        form.text("note", 600), form.text("state"),
    )  # fmt: skip

    def write(connection: Connection) -> None:
        seen = form.text("updated_at")
        keep_instruments.change(connection, current_actor(), current_scope(), number, draft, seen)

    return _write(number, write, _("The instrument is changed."))


@blueprint.post("/<int:number>/verifications")
@allow("instruments.edit")
def verify(number: int) -> ResponseReturnValue:
    """Record a verification certificate."""
    given = Verification(
        form.text("certificate", 300), form.text("verified_by", 300), form.day("valid_from"), form.day("valid_to")
    )
    return _write(
        number,
        lambda connection: keep_instruments.verify(connection, current_actor(), current_scope(), number, given),
        _("The verification is recorded."),
    )


@blueprint.post("/<int:number>/checks")
@allow("instruments.edit")
def check(number: int) -> ResponseReturnValue:
    """Record a check; it is judged by the tolerance of its day."""
    given = Check(
        form.text("check"), form.moment("at"), form.number("expected"), form.number("measured"),
        form.yes_no("seen_passed"),
    )  # fmt: skip

    def write(connection: Connection) -> None:
        rules = rule_book.current(connection)
        now = datetime.now(UTC)
        keep_instruments.check(connection, current_actor(), current_scope(), rules, number, given, now)

    return _write(number, write, _("The check is recorded and judged by the tolerance of its day."))
