"""Ledger B: vehicles that work inside a plant. The list, one vehicle, entering by hand, correcting, striking out."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from server.store import plant_vehicles
from server.web import evidence_owners, ledger_records
from server.web.access import allow, current_scope, may, work
from server.web.exports import export, head_of, kind_asked
from server.web.filter_choices import areas_of_scope, yes_no
from server.web.ledger_forms import named
from server.web.ledger_records import Ledger
from server.web.listing import Column, Filter, read, whole
from server.web.words import choices, word

blueprint = Blueprint("plant_vehicles", __name__, url_prefix="/plant-vehicles")
LEDGER = Ledger("B", "plant_vehicle", "plant_vehicles", "truck_stage", plant_vehicles.find_one)

FILTERS = (
    Filter("q", _l("Number in the plant, plate, VIN"), wide=True),
    Filter("enterprise", _l("Enterprise"), "choice", ledger_records.enterprises),
    Filter("stage", _l("Stage"), "choice", lambda: choices("truck_stage")),
    Filter("fuel", _l("Fuel"), "choice", lambda: choices("fuel")),
    Filter("gone", _l("Scrapped or transferred"), "choice", yes_no),
    Filter("state", _l("State"), "choice", lambda: choices("passage_state", "taken", "void")),
    Filter("doubts", _l("With doubts"), "choice", yes_no),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("batch", "", "number"),
)
COLUMNS = (
    Column("internal_no", _l("Number in the plant"), sort=True),
    Column("plate", _l("Plate")),
    Column("enterprise", _l("Enterprise")),
    Column("stage", _l("Stage"), sort=True),
    Column("fuel", _l("Fuel")),
    Column("networked", _l("Networked"), wide=True),
    Column("gone", _l("Scrapped or transferred"), wide=True),
    Column("state", _l("State")),
    Column("doubts", _l("Doubts")),
    Column("vin", "VIN", extra=True),
    Column("model", _l("Model"), extra=True),
    Column("owner", _l("Owner"), extra=True),
    Column("received_at", _l("Received"), sort=True, extra=True),
)


@blueprint.get("/")
@allow("ledgers.read")
def index() -> ResponseReturnValue:
    """Vehicles of the scope, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="received_at")
    with work() as connection:
        found = plant_vehicles.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        return export("ledger-b", head_of(COLUMNS), lines, query, "ledger.export", ("plant_vehicle", "list"))
    return render_template(
        "ledgers/list.html", ledger=LEDGER, view=ledger_records.view_of(query, found, FILTERS, COLUMNS), named=named,
        empty=_("No vehicle of a plant is on file yet."),
    )  # fmt: skip


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    gone = f"{row['gone_on']} {word('gone_how', row['gone_how'])}" if row["gone_on"] else ""
    networked = {True: _("yes"), False: _("no")}.get(row["networked"], "")
    return [
        row["internal_no"], row["plate"], row["enterprise"], word("truck_stage", row["stage"]),
        word("fuel", row["fuel"]), str(networked), gone, word("passage_state", row["state"]),
        "; ".join(word("ledger_doubt", code) for code in row["doubts"]), row["vin"], row["model"], row["owner"],
        row["received_at"].isoformat(" ", "seconds"),
    ]  # fmt: skip


@blueprint.get("/<int:number>")
@allow("ledgers.read")
def show(number: int) -> ResponseReturnValue:
    """One vehicle."""
    return ledger_records.page(LEDGER, number, {})


@blueprint.get("/new")
@allow("ledgers.record")
def new() -> ResponseReturnValue:
    """The form of a vehicle."""
    return ledger_records.new(LEDGER, {})


@blueprint.post("/new")
@allow("ledgers.record")
def add() -> ResponseReturnValue:
    """Enter a vehicle by hand."""
    return ledger_records.add(LEDGER)


@blueprint.get("/<int:number>/edit")
@allow("ledgers.record")
def edit(number: int) -> ResponseReturnValue:
    """The form of a correction."""
    return ledger_records.edit(LEDGER, number)


@blueprint.post("/<int:number>/edit")
@allow("ledgers.record")
def correct(number: int) -> ResponseReturnValue:
    """Correct a vehicle."""
    return ledger_records.correct(LEDGER, number)


@blueprint.post("/<int:number>/strike")
@allow("ledgers.record")
def strike(number: int) -> ResponseReturnValue:
    """Strike a vehicle out."""
    return ledger_records.strike(LEDGER, number)


def _readable(connection: Connection, number: int) -> bool:
    return may("ledgers.read") and plant_vehicles.find_one(connection, current_scope(), number) is not None


evidence_owners.register("plant_vehicle", _readable)
