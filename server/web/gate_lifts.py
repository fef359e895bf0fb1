"""Barriers lifted by hand: the list with who and why, one of them, and the form."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.db import transaction
from server.flows import record_lift
from server.flows.record_lift import Lift
from server.flows.refusals import Refused
from server.store import audit, gate_lifts, gates
from server.store.paging import Query
from server.web import form_values as form
from server.web import gate_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, current_scope, engine, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.frame import local
from server.web.language import ZONE
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("gate_lifts", __name__, url_prefix="/gates/lifts")
FILTERS = (
    Filter("q", _l("Plate or person"), wide=True),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("reason", _l("Reason"), "choice", lambda: choices("lift_reason")),
    Filter("gate", _l("Gate"), "number"),
    Filter("enterprise", _l("Enterprise"), "number"),
)
COLUMNS = (
    Column("at", _l("Lifted"), sort=True),
    Column("plate", _l("Plate")),
    Column("gate", _l("Gate")),
    Column("enterprise", _l("Enterprise"), wide=True),
    Column("direction", _l("Direction"), wide=True),
    Column("reason", _l("Reason")),
    Column("person", _l("Lifted by")),
    Column("note", _l("Note"), extra=True),
    Column("received_at", _l("Received"), extra=True),
)


@blueprint.get("/")
@allow("gates.read")
def index() -> ResponseReturnValue:
    """Lifts of the scope, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="at")
    with work() as connection:
        found = gate_lifts.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        return _export(query, found.rows)
    return render_template("gates/lifts.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _export(query: Query, rows: list[dict[str, Any]]) -> Response:
    lines = [
        [
            local(row["at"]), row["plate"], row["gate"], row["enterprise"], word("gate_direction", row["direction"]),
            word("lift_reason", row["reason"]), row["person"], row["note"], local(row["received_at"]),
        ]
        for row in rows
    ]  # fmt: skip
    return export("gate-lifts", head_of(COLUMNS), lines, query, "gate_lift.export", ("gate_lift", "list"))


@blueprint.get("/<int:number>")
@allow("gates.read")
def show(number: int) -> str:
    """One lift."""
    with work() as connection:
        row = gate_lifts.find_one(connection, current_scope(), number) or abort(404)
    with transaction(engine()) as connection:  # the scope has let it through
        timeline = audit.of_subject(connection, "gate_lift", number)
    return render_template("gates/lift.html", row=row, timeline=timeline)


def _form(draft: Any, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        rows = gates.choices(connection, current_scope())
    named = [(row["id"], f"{row['enterprise']} · {row['name']}") for row in rows]
    return render_template("gates/lift_form.html", draft=draft, faults=faults, gates=named), code


@blueprint.get("/new")
@allow("gates.edit")
def new() -> ResponseReturnValue:
    """An empty form, for now; the address may name the gate."""
    now = datetime.now(UTC).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    return _form({"at": now, "gate": request.args.get("gate", "")[:10], "direction": "in"}, {})


def _number(name: str) -> int | None:
    given = form.text(name, 20)
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


@blueprint.post("/new")
@allow("gates.edit")
def add() -> ResponseReturnValue:
    """Record one."""
    lift = Lift(
        _number("gate"), form.moment("at"), form.text("person", 200), form.text("reason", 40), form.text("plate", 60),
        form.text("plate_colour", 40), form.text("direction", 10), form.text("note"),
    )  # fmt: skip
    try:
        with work() as connection:
            number, _new = record_lift.record(connection, current_actor(), current_scope(), lift, datetime.now(UTC))
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), 422)
    flash(_("The lift is recorded."), "good")
    return redirect(url_for("gate_lifts.show", number=number), 303)
