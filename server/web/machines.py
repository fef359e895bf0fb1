"""Machines: list, export, the page of one, registering and changing."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.flows.registry_nouns import MACHINES
from server.flows.save_machine import save_machine
from server.store import machines, terminals
from server.web import registry_pages as pages
from server.web.access import allow, current_scope, work
from server.web.exports import KINDS, kind_asked
from server.web.filter_choices import areas_of_city, yes_no
from server.web.inspected_subjects import of_subject
from server.web.listing import Column, Filter, read, view
from server.web.terminal_lines import small_map

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


@blueprint.get("/")
@allow("registry.read")
def index() -> ResponseReturnValue:
    """The list, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="registration_number", descending=False)
    if kind := kind_asked():
        return pages.export(MACHINES, query, machines.stream, kind)
    with work() as connection:
        found = machines.find(connection, query, current_scope())
    shown = view(query, found, FILTERS, COLUMNS, KINDS)
    return pages.show_list(MACHINES, shown, _("Machines"), WORDS_OF)


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return machines.find_one(connection, number, current_scope()) or abort(404)


@blueprint.get("/<int:number>")
@allow("registry.read")
def show(number: int) -> str:
    """One machine."""
    row = _get(number)
    with work() as connection:
        bound = terminals.of_subject(connection, machine_id=number)
    return render_template(
        "machines/show.html",
        row=row,
        facts=pages.facts(MACHINES, row),
        doubts=pages.doubts(MACHINES, row),
        terminals=bound,
        records=pages.records(machine_id=number),
        inspected=of_subject(machine_id=number),
        timeline=pages.timeline(MACHINES, number),
        map_data=small_map(row),
        new_terminal=url_for("terminals.new", machine=pages.machine_wording(row), device=row["machine_code"]),
    )


@blueprint.get("/new")
@allow("registry.edit")
def new() -> str:
    """The empty form."""
    return pages.ask(MACHINES)


@blueprint.post("/new")
@allow("registry.edit")
def add() -> ResponseReturnValue:
    """Register a machine."""
    return pages.answer(MACHINES, save_machine)


@blueprint.get("/<int:number>/edit")
@allow("registry.edit")
def edit(number: int) -> str:
    """The form of a machine on file."""
    return pages.ask(MACHINES, _get(number))


@blueprint.post("/<int:number>/edit")
@allow("registry.edit")
def change(number: int) -> ResponseReturnValue:
    """Change a machine."""
    return pages.answer(MACHINES, save_machine, _get(number))
