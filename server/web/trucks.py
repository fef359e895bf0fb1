"""Trucks: list, export, the page of one, registering and changing."""

from typing import Any

from flask import Blueprint, abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.flows.registry_nouns import TRUCKS
from server.flows.save_truck import save_truck
from server.store import captures, trucks
from server.web import capture_words  # noqa: F401 - its words join at import
from server.web import registry_pages as pages
from server.web.access import allow, current_scope, may, work
from server.web.filter_choices import areas_of_city, yes_no
from server.web.listing import Column, Filter
from server.web.register_views import RegisterList, add_forms, show_subject

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
LIST = RegisterList(TRUCKS, FILTERS, COLUMNS, "plate", WORDS_OF, trucks.find, trucks.stream)


@blueprint.get("/")
@allow("registry.read")
def index() -> ResponseReturnValue:
    """The list, or the same list as a file."""
    return LIST.answer(_("Trucks"))


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return trucks.find_one(connection, number, current_scope()) or abort(404)


@blueprint.get("/<int:number>")
@allow("registry.read")
def show(number: int) -> str:
    """One truck."""
    row = _get(number)
    with work() as connection:
        same_vin = trucks.same_vin(connection, row["vin"], number) if row["vin"] else []
        captured = captures.of_truck(connection, current_scope(), number) if may("captures.read") else None
    new_terminal = url_for("terminals.new", truck=pages.truck_wording(row), device=row["vin"])
    return show_subject(TRUCKS, row, new_terminal, same_vin=same_vin, captured=captured)


add_forms(blueprint, "registry.edit", TRUCKS, save_truck, _get)
