"""Machines: list, export, the page of one, registering and changing."""

from typing import Any

from flask import Blueprint, abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.flows.registry_nouns import MACHINES
from server.flows.save_machine import save_machine
from server.store import machines
from server.web import registry_pages as pages
from server.web.access import allow, current_scope, work
from server.web.filter_choices import areas_of_city, yes_no
from server.web.listing import Column, Filter
from server.web.register_views import RegisterList, add_forms, show_subject

blueprint = Blueprint("machines", __name__, url_prefix="/machines")

FILTERS = (
    Filter("q", _l("Registration number, PIN, machine code or engine number"), wide=True),
    Filter("category", _l("Category"), "choice", pages.of("machine_category")),
    Filter("fuel", _l("Fuel"), "choice", pages.of("fuel")),
    Filter("stage", _l("Emission stage"), "choice", pages.of("machine_stage")),
    Filter("division", _l("Area"), "choice", areas_of_city),
    Filter("owner", _l("Owner")),
    Filter("terminal", _l("Has a terminal"), "choice", yes_no),
    Filter("state", _l("State"), "choice", pages.of("machine_state")),
    Filter("enterprise_id", "", "number"),
)
COLUMNS = (
    Column("registration_number", _l("Number"), sort=True),
    Column("category", _l("Category")),
    Column("fuel", _l("Fuel"), wide=True),
    Column("stage", _l("Emission stage"), sort=True),
    Column("power_kw", _l("Power"), sort=True, numeric=True, wide=True),
    Column("owner", _l("Owner")),
    Column("division", _l("Area"), sort=True, wide=True),
    Column("seen_at", _l("Last packet")),
    Column("state", _l("State")),
    Column("pin", _l("PIN"), extra=True),
    Column("machine_code", _l("Machine code"), extra=True),
    Column("engine_number", _l("Engine number"), extra=True),
    Column("maker", _l("Maker"), extra=True),
    Column("model", _l("Model"), extra=True),
    Column("stage_basis", _l("Basis of the stage"), extra=True),
    Column("usual_place", _l("Usual place"), extra=True),
    Column("built_on", _l("Built"), sort=True, extra=True),
    Column("updated_at", _l("Changed"), sort=True, extra=True),
)
WORDS_OF = {
    "category": "machine_category",
    "fuel": "fuel",
    "stage": "machine_stage",
    "stage_basis": "stage_basis",
    "after_treatment": "after_treatment",
}
LIST = RegisterList(MACHINES, FILTERS, COLUMNS, "registration_number", WORDS_OF, machines.find, machines.stream)


@blueprint.get("/")
@allow("registry.read")
def index() -> ResponseReturnValue:
    """The list, or the same list as a file."""
    return LIST.answer(_("Machines"))


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return machines.find_one(connection, number, current_scope()) or abort(404)


@blueprint.get("/<int:number>")
@allow("registry.read")
def show(number: int) -> str:
    """One machine."""
    row = _get(number)
    new_terminal = url_for("terminals.new", machine=pages.machine_wording(row), device=row["machine_code"])
    return show_subject(MACHINES, row, new_terminal, same_vin=[], captured=None)


add_forms(blueprint, "registry.edit", MACHINES, save_machine, _get)
