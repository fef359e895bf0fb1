"""Organisations: bureaus, county branches, enterprises, inspection and maintenance bodies, partner cities."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.store import organisation_list
from server.web import registry_pages as pages
from server.web.access import allow, current_scope, work
from server.web.filter_choices import areas_of_city, yes_no
from server.web.listing import Column, Filter, read, view

blueprint = Blueprint("organisations", __name__, url_prefix="/organisations")

FILTERS = (
    Filter("q", _l("Name or code"), wide=True),
    Filter("kind", _l("Kind"), "choice", pages.of("organisation_kind")),
    Filter("division", _l("Area"), "choice", areas_of_city),
    Filter("active", _l("In use"), "choice", yes_no),
)
COLUMNS = (
    Column("name_zh", _l("Name"), sort=True),
    Column("kind", _l("Kind"), sort=True),
    Column("level", _l("Level"), sort=True),
    Column("parent", _l("Belongs to"), wide=True),
    Column("division", _l("Area"), sort=True),
    Column("code", _l("Code"), sort=True, wide=True),
    Column("users_n", _l("Accounts"), numeric=True),
    Column("active", _l("In use")),
)


@blueprint.get("/")
@allow("registry.read")
def index() -> str:
    """The list."""
    query = read(request.args, FILTERS, COLUMNS, sort="division", descending=False)
    with work() as connection:
        found = organisation_list.find(connection, query, current_scope())
    return render_template(
        "organisations/list.html", view=view(query, found, FILTERS, COLUMNS), title=_("Organisations")
    )
