"""Stations: the list, one station, its form."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.db import transaction
from server.flows import save_station
from server.flows.refusals import Refused
from server.store import audit, stations
from server.web import repair_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, current_scope, engine, work
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_city
from server.web.language import pick
from server.web.listing import Column, Filter, read, view
from server.web.words import choices

blueprint = Blueprint("stations", __name__, url_prefix="/stations")
FILTERS = (
    Filter("q", _l("Name, code, address"), wide=True),
    Filter("kind", _l("Kind"), "choice", lambda: choices("station_kind")),
    Filter("state", _l("State"), "choice", lambda: choices("station_state")),
    Filter("division", _l("Area"), "choice", areas_of_city),
)
COLUMNS = (
    Column("name", _l("Name"), sort=True),
    Column("kind", _l("Kind")),
    Column("code", _l("Code"), sort=True),
    Column("division", _l("Area"), sort=True),
    Column("state", _l("State")),
    Column("phone", _l("Phone"), wide=True),
    Column("licence_valid_to", _l("Licence until"), sort=True, wide=True),
    Column("organisation", _l("Account of"), extra=True),
)


@blueprint.get("/")
@allow("stations.read")
def index() -> str:
    """The list."""
    query = read(request.args, FILTERS, COLUMNS, sort="name", descending=False)
    with work() as connection:
        found = stations.find(connection, current_scope(), query)
    return render_template("stations/list.html", view=view(query, found, FILTERS, COLUMNS))


@blueprint.get("/<int:number>")
@allow("stations.read")
def show(number: int) -> str:
    """One station."""
    with work() as connection:
        found = stations.find_one(connection, current_scope(), number) or abort(404)
    with transaction(engine()) as connection:
        timeline = audit.of_subject(connection, "station", number)
    return render_template("stations/show.html", s=found, timeline=timeline)


@blueprint.get("/new")
@allow("stations.edit")
def new() -> str:
    """An empty form."""
    return _form(None, {"state": "active"}, {})


@blueprint.get("/<int:number>/edit")
@allow("stations.edit")
def edit(number: int) -> str:
    """The form of one on file."""
    with work() as connection:
        found = stations.find_one(connection, current_scope(), number) or abort(404)
    return _form(number, found, {})


def _form(number: int | None, draft: Any, faults: dict[str, str]) -> str:
    with work() as connection:
        bodies = stations.organisations_of_stations(connection)
    named = [(one["id"], pick(one["name_zh"], one["name_en"])) for one in bodies]
    return render_template(
        "stations/form.html", number=number, draft=draft, faults=faults, bodies=named, areas=areas_of_city()
    )


@blueprint.post("/new")
@allow("stations.edit")
def add() -> ResponseReturnValue:
    """Put one on file."""
    return _save(None)


@blueprint.post("/<int:number>/edit")
@allow("stations.edit")
def change(number: int) -> ResponseReturnValue:
    """Change one."""
    return _save(number)


def _save(number: int | None) -> ResponseReturnValue:
    try:
        with work() as connection:
            kept = save_station.save(connection, current_actor(), current_scope(), number, request.form)
    except LookupError:
        abort(404)
    except Refused as refused:
        return _form(number, request.form, by_field(refused.faults)), 422
    flash(_("The station is kept."), "good")
    return redirect(url_for("stations.show", number=kept), 303)
