"""Rows of the ledgers that were not taken: what they said, what is wrong, and what becomes of them."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.db import transaction
from server.flows import settle_refusal
from server.flows.refusals import Refused
from server.store import audit, ledger_refusals, people
from server.store.paging import Query
from server.web import form_values as form
from server.web import ledger_records, ledger_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, current_scope, engine, work
from server.web.exports import export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import yes_no
from server.web.frame import local
from server.web.language import pick
from server.web.ledger_forms import label
from server.web.listing import Column, Filter, read, whole
from server.web.words import choices, word

blueprint = Blueprint("ledger_refusals", __name__, url_prefix="/ledger-refusals")
NEW_PAGES = {"A": "ledgers.new", "B": "plant_vehicles.new", "C": "plant_machines.new"}

FILTERS = (
    Filter("q", _l("Plate or number at the source"), wide=True),
    Filter("enterprise", _l("Enterprise"), "choice", ledger_records.enterprises),
    Filter("open", _l("Still open"), "choice", yes_no),
    Filter("ledger", _l("Ledger"), "choice", lambda: choices("ledger")),
    Filter("source", _l("Came from"), "choice", lambda: choices("ledger_source")),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("to"), "date"),
    Filter("batch", "", "number"),
)
COLUMNS = (
    Column("last_at", _l("Came last"), sort=True),
    Column("enterprise", _l("Enterprise")),
    Column("ledger", _l("Ledger"), wide=True),
    Column("plate", _l("Plate as sent")),
    Column("passed_at", _l("Time as sent"), wide=True),
    Column("faults", _l("Why it was refused")),
    Column("times", _l("Times"), numeric=True),
    Column("settled", _l("State")),
    Column("source", _l("Came from"), extra=True),
    Column("position", _l("Place in the batch"), numeric=True, extra=True),
)


@blueprint.get("/")
@allow("ledgers.read")
def index() -> ResponseReturnValue:
    """Refused rows, the newest first; without filters the open ones."""
    query = read(request.args, FILTERS, COLUMNS, sort="last_at")
    if not request.args:
        query = Query({"open": "yes"}, query.sort, query.descending, query.page, query.size)
    with work() as connection:
        found = ledger_refusals.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        return export("refused", head_of(COLUMNS), lines, query, "ledger.export", ("ledger_refusal", "list"))
    shown = ledger_records.view_of(query, found, FILTERS, COLUMNS)
    return render_template("ledger_refusals/list.html", view=shown, said=said)


def said(row: dict[str, Any], fault: dict[str, Any]) -> str:
    """A fault of a row in one line, with the name of its field."""
    text = str(pick(fault.get("zh"), fault.get("en")))
    name = label(row["ledger"], fault.get("field") or "")
    return text if not name or text.startswith(name) else f"{name}{pick('：', ': ')}{text}"


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        local(row["last_at"]), row["enterprise"], word("ledger", row["ledger"]), row["plate"], row["passed_at"],
        "; ".join(said(row, one) for one in row["faults"]), row["times"],
        word("refusal_settled", row["settled_how"]) if row["settled_at"] else word("refusal_settled", "open"),
        word("ledger_source", row["source"]), row["position"],
    ]  # fmt: skip


@blueprint.get("/<int:number>")
@allow("ledgers.read")
def show(number: int) -> ResponseReturnValue:
    """One refused row as it came."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        row = ledger_refusals.find_one(connection, current_scope(), number) or abort(404)
        timeline = audit.of_subject(connection, "ledger_refusal", number) if current_scope().fence is None else []
    with transaction(engine()) as connection:  # the fence has let the row through
        settler = people.names_of(connection, [row["settled_by"]]).get(row["settled_by"])
    wrong = {one.get("field") for one in row["faults"]}
    payload = [
        (label(row["ledger"], str(name)), str(value)[:300], name in wrong) for name, value in row["payload"].items()
    ]
    own = current_scope().enterprise_id == row["enterprise_id"]
    page = render_template(
        "ledger_refusals/show.html", row=row, payload=payload, timeline=timeline, faults=faults, said=said,
        settler=settler,
        by_hand=url_for(NEW_PAGES[row["ledger"]], refusal=number) if own and row["settled_at"] is None else "",
    )  # fmt: skip
    return page, code


@blueprint.post("/<int:number>/drop")
@allow("ledgers.record")
def drop(number: int) -> ResponseReturnValue:
    """It stays out of the ledger, with the reason."""
    try:
        with work() as connection:
            settle_refusal.drop(
                connection, current_actor(), current_scope(), number, form.text("reason"), datetime.now(UTC)
            )
    except LookupError:
        abort(404)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    flash(_("The row is settled."), "good")
    return redirect(url_for("ledger_refusals.show", number=number), 303)
