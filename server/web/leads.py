"""Leads: the list, one lead, and what becomes of it."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.flows import decide_lead
from server.flows.decide_lead import Decision
from server.store import audit, leads, violations
from server.web import alert_words  # noqa: F401 - words of leads that rest on ledgers and alerts
from server.web.access import allow, current_actor, current_scope, work
from server.web.language import pick
from server.web.listing import Column, Filter, read, view
from server.web.words import WORDS, choices

blueprint = Blueprint("leads", __name__, url_prefix="/leads")


def zone_choices() -> list[tuple[str, str]]:
    """Zones of the scope, for a filter."""
    with work() as connection:
        rows = violations.zones(connection, current_scope())
    return [(str(row["id"]), pick(row["name_zh"], row["name_en"])) for row in rows]


FILTERS = (
    Filter("q", _l("Plate, number or device")),
    Filter("status", _l("State"), "choice", lambda: choices("status", "open", "settled", "dismissed")),
    Filter("kind", _l("Kind"), "choice", lambda: choices("lead_kind", *WORDS["lead_kind"])),
    Filter("zone", _l("Zone"), "choice", zone_choices),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("enterprise", "", "number"),
    Filter("alert", "", "number"),
    Filter("passage", "", "number"),
)
COLUMNS = (
    Column("device", _l("Subject")),
    Column("kind", _l("Kind")),
    Column("zone", _l("Where")),
    Column("division", _l("Area"), wide=True),
    Column("first_at", _l("First seen"), sort=True, wide=True),
    Column("last_at", _l("Last seen"), sort=True),
    Column("times", _l("Times"), sort=True, numeric=True),
    Column("status", _l("State")),
)


@blueprint.get("/")
@allow("leads.read")
def index() -> str:
    """All leads of the scope."""
    query = read(request.args, FILTERS, COLUMNS, sort="last_at")
    with work() as connection:
        found = leads.find(connection, current_scope(), query)
    return render_template("leads/list.html", view=view(query, found, FILTERS, COLUMNS))


@blueprint.get("/<int:number>")
@allow("leads.read")
def show(number: int) -> str:
    """One lead."""
    return _page(number, {})


def _page(number: int, faults: dict[str, Any]) -> str:
    with work() as connection:
        lead = leads.find_one(connection, current_scope(), number) or abort(404)
        timeline = audit.of_subject(connection, "lead", number)
    return render_template("leads/show.html", lead=lead, timeline=timeline, faults=faults, reasons=decide_lead.REASONS)


@blueprint.post("/<int:number>/decision")
@allow("leads.decide")
def decide(number: int) -> ResponseReturnValue:
    """Settle or dismiss it."""
    form = request.form
    decision = Decision(form.get("status", ""), form.get("reason", ""), form.get("note", "").strip())
    if decision.missing:
        return _page(number, {field: pick(*pair) for field, pair in decision.missing.items()}), 422
    try:
        with work() as connection:
            done = decide_lead.decide(connection, current_actor(), current_scope(), number, decision)
    except LookupError:
        abort(404)
    if done:
        flash(_("The lead is closed."), "good")
    else:
        flash(_("Somebody else has closed this lead before. Nothing was changed."), "due")
    return redirect(url_for("leads.show", number=number), 303)
