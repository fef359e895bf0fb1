"""Enterprises: list, export, the page of one, registering and changing."""

from typing import Any

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.flows.registry_nouns import ENTERPRISES
from server.flows.save_enterprise import save_enterprise
from server.store import enterprises
from server.web import registry_pages as pages
from server.web.access import allow, current_scope, work
from server.web.filter_choices import areas_of_city
from server.web.listing import Column, Filter
from server.web.register_views import RegisterList, add_forms

blueprint = Blueprint("enterprises", __name__, url_prefix="/enterprises")

FILTERS = (
    Filter("q", _l("Name or credit code"), wide=True),
    Filter("industry", _l("Industry"), "choice", pages.of("industry")),
    Filter("division", _l("Area"), "choice", areas_of_city),
    Filter("state", _l("State"), "choice", pages.of("enterprise_state")),
)
COLUMNS = (
    Column("name", _l("Name"), sort=True),
    Column("credit_code", _l("Credit code")),
    Column("industry", _l("Industry"), wide=True),
    Column("division", _l("Area"), sort=True),
    Column("trucks_n", _l("Trucks"), numeric=True),
    Column("machines_n", _l("Machines"), numeric=True),
    Column("state", _l("State")),
    Column("address", _l("Address"), extra=True),
    Column("contact", _l("Contact"), extra=True),
    Column("phone", _l("Phone"), extra=True),
    Column("updated_at", _l("Changed"), sort=True, extra=True),
)
WORDS_OF = {"industry": "industry"}
LIST = RegisterList(ENTERPRISES, FILTERS, COLUMNS, "name", WORDS_OF, enterprises.find, enterprises.stream)


@blueprint.get("/")
@allow("registry.read")
def index() -> ResponseReturnValue:
    """The list, or the same list as a file."""
    return LIST.answer(_("Enterprises"))


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return enterprises.find_one(connection, number, current_scope()) or abort(404)


@blueprint.get("/<int:number>")
@allow("registry.read")
def show(number: int) -> str:
    """One enterprise."""
    row = _get(number)
    return render_template(
        "enterprises/show.html",
        row=row,
        facts=pages.facts(ENTERPRISES, row),
        doubts=pages.doubts(ENTERPRISES, row),
        timeline=pages.timeline(ENTERPRISES, number),
    )


add_forms(blueprint, "registry.edit", ENTERPRISES, save_enterprise, _get)
