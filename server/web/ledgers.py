"""Ledger A: vehicles that enter and leave. The list, a passage, entering by hand, correcting, striking out."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from enforcement.registry.plates import normalise_plate
from server.store import ledger_passages
from server.store.paging import Query
from server.web import evidence_owners, ledger_records
from server.web.access import allow, current_scope, may, work
from server.web.exports import export, head_of, kind_asked
from server.web.filter_choices import areas_of_scope, yes_no
from server.web.frame import local
from server.web.ledger_forms import named
from server.web.ledger_records import Ledger
from server.web.listing import Column, Filter, read, whole
from server.web.words import choices, word

blueprint = Blueprint("ledgers", __name__, url_prefix="/ledgers")
LEDGER = Ledger("A", "passage", "ledgers", "truck_stage", ledger_passages.find_one)
STAGES = ("0", "1", "2", "3", "4", "5", "6", "6a", "6b", "D", "X")

FILTERS = (
    Filter("plate", _l("Plate"), wide=True),
    Filter("enterprise", _l("Enterprise"), "choice", ledger_records.enterprises),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("to"), "date"),
    Filter("direction", _l("Direction"), "choice", lambda: choices("passage_direction")),
    Filter("stage", _l("Stage"), "choice", lambda: choices("truck_stage", *STAGES)),
    Filter("fuel", _l("Fuel"), "choice", lambda: choices("fuel")),
    Filter("state", _l("State"), "choice", lambda: choices("passage_state")),
    Filter("source", _l("Came from"), "choice", lambda: choices("ledger_source")),
    Filter("doubts", _l("With doubts"), "choice", yes_no),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("truck", "", "number"),
    Filter("batch", "", "number"),
)
COLUMNS = (
    Column("plate", _l("Plate")),
    Column("passed_at", _l("Time"), sort=True),
    Column("direction", _l("Direction")),
    Column("enterprise", _l("Enterprise")),
    Column("gate", _l("Gate"), wide=True),
    Column("stage", _l("Stage")),
    Column("fuel", _l("Fuel"), wide=True),
    Column("cargo", _l("Cargo"), wide=True),
    Column("tonnes", _l("Tonnes"), numeric=True),
    Column("state", _l("State")),
    Column("doubts", _l("Doubts")),
    Column("vehicle_type", _l("Vehicle type"), extra=True),
    Column("source", _l("Came from"), extra=True),
    Column("control_result", _l("Answer of the gate"), extra=True),
    Column("vin", "VIN", extra=True),
    Column("owner", _l("Owner"), extra=True),
    Column("fleet", _l("Fleet"), extra=True),
    Column("received_at", _l("Received"), extra=True),
)


_EMPTY = _l("No passage is on file yet. Gate systems send them, sheets bring them, and rows can be entered by hand.")


@blueprint.get("/")
@allow("ledgers.read")
def index() -> ResponseReturnValue:
    """Passages of the scope, newest first, or the same as a file."""
    query = _asked()
    with work() as connection:
        found = ledger_passages.find(connection, current_scope(), whole(query) if kind_asked() else query)
        waiting = _waiting(connection)
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        head = [*head_of(COLUMNS), _("Plate colour")]
        return export("ledger-a", head, lines, query, "ledger.export", ("passage", "list"))
    return render_template(
        "ledgers/list.html", ledger=LEDGER, view=ledger_records.view_of(query, found, FILTERS, COLUMNS), named=named,
        waiting=waiting, empty=_EMPTY,
    )  # fmt: skip


def _asked() -> Query:
    """The list that the address asks for; a plate is looked for as it is kept."""
    query = read(request.args, FILTERS, COLUMNS, sort="passed_at")
    plate = normalise_plate(query.values.get("plate", ""))
    return replace(query, values={**query.values, "plate": plate}) if plate else query


def _waiting(connection: Connection) -> int:
    if not may("ledgers.record"):
        return 0
    return ledger_passages.find(connection, current_scope(), Query({"state": "pending"}, "passed_at", size=1)).total


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        row["plate"], local(row["passed_at"]), word("passage_direction", row["direction"]), row["enterprise"],
        f"{row['entrance_no']}-{row['barrier_no']}", word("truck_stage", row["stage"]), word("fuel", row["fuel"]),
        named("cargo", row["cargo"]), None if row["tonnes"] is None else float(row["tonnes"]),
        word("passage_state", row["state"]), "; ".join(word("ledger_doubt", code) for code in row["doubts"]),
        named("vehicle_type", row["vehicle_type"]), word("ledger_source", row["source"]),
        word("control_result", row["control_result"]) if row["control_result"] else "", row["vin"], row["owner"],
        row["fleet"], local(row["received_at"]), word("plate_colour", row["plate_colour"]),
    ]  # fmt: skip


@blueprint.get("/<int:number>")
@allow("ledgers.read")
def show(number: int) -> ResponseReturnValue:
    """One passage."""
    return ledger_records.page(LEDGER, number, {})


@blueprint.get("/new")
@allow("ledgers.record")
def new() -> ResponseReturnValue:
    """The form of a passage."""
    return ledger_records.new(LEDGER, {"passed_at": local(ledger_records.now())})


@blueprint.post("/new")
@allow("ledgers.record")
def add() -> ResponseReturnValue:
    """Enter a passage by hand."""
    return ledger_records.add(LEDGER)


@blueprint.get("/<int:number>/edit")
@allow("ledgers.record")
def edit(number: int) -> ResponseReturnValue:
    """The form of a correction."""
    return ledger_records.edit(LEDGER, number)


@blueprint.post("/<int:number>/edit")
@allow("ledgers.record")
def correct(number: int) -> ResponseReturnValue:
    """Correct a passage."""
    return ledger_records.correct(LEDGER, number)


@blueprint.post("/<int:number>/strike")
@allow("ledgers.record")
def strike(number: int) -> ResponseReturnValue:
    """Strike a passage out."""
    return ledger_records.strike(LEDGER, number)


def _readable(connection: Connection, number: int) -> bool:
    return may("ledgers.read") and ledger_passages.find_one(connection, current_scope(), number) is not None


evidence_owners.register("passage", _readable)
