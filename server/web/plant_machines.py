"""Ledger C: machines that work inside a plant. The list, one machine, entering by hand, correcting, striking out."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from server.store import plant_machines
from server.web import evidence_owners, ledger_records
from server.web.access import allow, current_scope, may, work
from server.web.exports import export, head_of, kind_asked
from server.web.filter_choices import areas_of_scope, yes_no
from server.web.ledger_forms import named
from server.web.ledger_records import Ledger
from server.web.listing import Column, Filter, read, whole
from server.web.words import choices, word

blueprint = Blueprint("plant_machines", __name__, url_prefix="/plant-machines")
LEDGER = Ledger("C", "plant_machine", "plant_machines", "machine_stage", plant_machines.find_one)

FILTERS = (
    Filter("q", _l("Number of the machine or engine, plate"), wide=True),
    Filter("enterprise", _l("Enterprise"), "choice", ledger_records.enterprises),
    Filter("stage", _l("Stage"), "choice", lambda: choices("machine_stage")),
    Filter("fuel", _l("Fuel"), "choice", lambda: choices("fuel")),
    Filter("present", _l("In the plant now"), "choice", yes_no),
    Filter("category", _l("Kind of machine"), "choice", lambda: choices("machine_category")),
    Filter("state", _l("State"), "choice", lambda: choices("passage_state", "taken", "void")),
    Filter("doubts", _l("With doubts"), "choice", yes_no),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("batch", "", "number"),
)
COLUMNS = (
    Column("machine_number", _l("Machine number")),
    Column("category", _l("Kind of machine")),
    Column("enterprise", _l("Enterprise")),
    Column("stage", _l("Stage"), sort=True),
    Column("fuel", _l("Fuel")),
    Column("power_kw", _l("Power, kW"), numeric=True, wide=True),
    Column("entered_on", _l("Entered on"), sort=True),
    Column("left_on", _l("Left on")),
    Column("state", _l("State")),
    Column("doubts", _l("Doubts")),
    Column("plate", _l("Plate"), extra=True),
    Column("model", _l("Model"), extra=True),
    Column("engine_number", _l("Engine number"), extra=True),
    Column("owner", _l("Owner"), extra=True),
    Column("received_at", _l("Received"), sort=True, extra=True),
)


@blueprint.get("/")
@allow("ledgers.read")
def index() -> ResponseReturnValue:
    """Machines of the scope, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="received_at")
    with work() as connection:
        found = plant_machines.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        return export("ledger-c", head_of(COLUMNS), lines, query, "ledger.export", ("plant_machine", "list"))
    return render_template(
        "ledgers/list.html", ledger=LEDGER, view=ledger_records.view_of(query, found, FILTERS, COLUMNS), named=named,
        empty=_("No machine of a plant is on file yet."),
    )  # fmt: skip


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    days = [row[name].isoformat() if row[name] else "" for name in ("entered_on", "left_on")]
    return [
        row["machine_number"], word("machine_category", row["category"]), row["enterprise"],
        word("machine_stage", row["stage"]), word("fuel", row["fuel"]),
        None if row["power_kw"] is None else float(row["power_kw"]), *days, word("passage_state", row["state"]),
        "; ".join(word("ledger_doubt", code) for code in row["doubts"]), row["plate"], row["model"],
        row["engine_number"], row["owner"], row["received_at"].isoformat(" ", "seconds"),
    ]  # fmt: skip


@blueprint.get("/<int:number>")
@allow("ledgers.read")
def show(number: int) -> ResponseReturnValue:
    """One machine."""
    return ledger_records.page(LEDGER, number, {})


@blueprint.get("/new")
@allow("ledgers.record")
def new() -> ResponseReturnValue:
    """The form of a machine."""
    return ledger_records.new(LEDGER, {})


@blueprint.post("/new")
@allow("ledgers.record")
def add() -> ResponseReturnValue:
    """Enter a machine by hand."""
    return ledger_records.add(LEDGER)


@blueprint.get("/<int:number>/edit")
@allow("ledgers.record")
def edit(number: int) -> ResponseReturnValue:
    """The form of a correction."""
    return ledger_records.edit(LEDGER, number)


@blueprint.post("/<int:number>/edit")
@allow("ledgers.record")
def correct(number: int) -> ResponseReturnValue:
    """Correct a machine."""
    return ledger_records.correct(LEDGER, number)


@blueprint.post("/<int:number>/strike")
@allow("ledgers.record")
def strike(number: int) -> ResponseReturnValue:
    """Strike a machine out."""
    return ledger_records.strike(LEDGER, number)


def _readable(connection: Connection, number: int) -> bool:
    return may("ledgers.read") and plant_machines.find_one(connection, current_scope(), number) is not None


evidence_owners.register("plant_machine", _readable)
