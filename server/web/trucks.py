"""Trucks: list, export, the page of one, registering and changing."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.flows.registry_nouns import TRUCKS
from server.flows.save_truck import save_truck
from server.store import captures, terminals, trucks
from server.web import capture_words  # noqa: F401 - its words join at import
from server.web import registry_pages as pages
from server.web.access import allow, current_scope, may, work
from server.web.exports import KINDS, kind_asked
from server.web.filter_choices import areas_of_city, yes_no
from server.web.inspected_subjects import of_subject
from server.web.listing import Column, Filter, read, view
from server.web.terminal_lines import small_map

blueprint = Blueprint("trucks", __name__, url_prefix="/trucks")

FILTERS = (
    Filter("q", _l("Plate or VIN"), wide=True),
    Filter("plate_colour", _l("Plate colour"), "choice", pages.of("plate_colour")),
    Filter("category", _l("Category"), "choice", pages.of("truck_category")),
    Filter("fuel", _l("Fuel"), "choice", pages.of("fuel")),
    Filter("stage", _l("Emission stage"), "choice", pages.of("truck_stage")),
    Filter("division", _l("Area"), "choice", areas_of_city),
    Filter("owner", _l("Owner")),
    Filter("terminal", _l("Has a terminal"), "choice", yes_no),
    Filter("state", _l("State"), "choice", pages.of("truck_state")),
    Filter("enterprise_id", "", "number"),
)
COLUMNS = (
    Column("plate", _l("Plate"), sort=True),
    Column("category", _l("Category")),
    Column("fuel", _l("Fuel"), wide=True),
    Column("stage", _l("Emission stage"), sort=True),
    Column("gross_mass_kg", _l("Gross mass"), sort=True, numeric=True, wide=True),
    Column("owner", _l("Owner")),
    Column("division", _l("Area"), sort=True, wide=True),
    Column("seen_at", _l("Last packet")),
    Column("state", _l("State")),
    Column("vin", _l("VIN"), extra=True),
    Column("stage_basis", _l("Basis of the stage"), extra=True),
    Column("after_treatment", _l("After-treatment"), extra=True),
    Column("first_registered_on", _l("First registered"), sort=True, extra=True),
    Column("terminal_device", _l("Device"), extra=True),
    Column("updated_at", _l("Changed"), sort=True, extra=True),
)
WORDS_OF = {
    "category": "truck_category",
    "fuel": "fuel",
    "stage": "truck_stage",
    "stage_basis": "stage_basis",
    "after_treatment": "after_treatment",
}


@blueprint.get("/")
@allow("registry.read")
def index() -> ResponseReturnValue:
    """The list, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="plate", descending=False)
    if kind := kind_asked():
        return pages.export(TRUCKS, query, trucks.stream, kind)
    with work() as connection:
        found = trucks.find(connection, query, current_scope())
    shown = view(query, found, FILTERS, COLUMNS, KINDS)
    return pages.show_list(TRUCKS, shown, _("Trucks"), WORDS_OF)


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return trucks.find_one(connection, number, current_scope()) or abort(404)


@blueprint.get("/<int:number>")
@allow("registry.read")
def show(number: int) -> str:
    """One truck."""
    row = _get(number)
    with work() as connection:
        bound = terminals.of_subject(connection, truck_id=number)
        same_vin = trucks.same_vin(connection, row["vin"], number) if row["vin"] else []
        captured = captures.of_truck(connection, current_scope(), number) if may("captures.read") else None
    return render_template(
        "trucks/show.html",
        row=row,
        facts=pages.facts(TRUCKS, row),
        doubts=pages.doubts(TRUCKS, row),
        terminals=bound,
        same_vin=same_vin,
        records=pages.records(truck_id=number),
        captured=captured,
        inspected=of_subject(truck_id=number),
        timeline=pages.timeline(TRUCKS, number),
        map_data=small_map(row),
        new_terminal=url_for("terminals.new", truck=pages.truck_wording(row), device=row["vin"]),
    )


@blueprint.get("/new")
@allow("registry.edit")
def new() -> str:
    """The empty form."""
    return pages.ask(TRUCKS)


@blueprint.post("/new")
@allow("registry.edit")
def add() -> ResponseReturnValue:
    """Register a truck."""
    return pages.answer(TRUCKS, save_truck)


@blueprint.get("/<int:number>/edit")
@allow("registry.edit")
def edit(number: int) -> str:
    """The form of a truck on file."""
    return pages.ask(TRUCKS, _get(number))


@blueprint.post("/<int:number>/edit")
@allow("registry.edit")
def change(number: int) -> ResponseReturnValue:
    """Change a truck."""
    return pages.answer(TRUCKS, save_truck, _get(number))
