"""Cameras: the list, one with the grounds of its evidence, registering and changing, recording a ground."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from enforcement.captures.records import Ground, ground_states
from enforcement.rules.book import day_of, get_rule
from server.flows import rule_book, save_capture_device
from server.flows.refusals import Refused
from server.store import audit, capture_devices
from server.web import capture_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, current_scope, work
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope
from server.web.listing import Column, Filter, read, view
from server.web.words import choices

blueprint = Blueprint("capture_devices", __name__, url_prefix="/capture-devices")

FILTERS = (
    Filter("q", _l("Code, name or place"), wide=True),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("state", _l("State"), "choice", lambda: choices("capture_device_state")),
    Filter("grounds", _l("Grounds"), "choice", lambda: [("complete", _("complete")), ("missing", _("incomplete"))]),
)
COLUMNS = (
    Column("code", _l("Code"), sort=True),
    Column("name", _l("Name"), sort=True),
    Column("place", _l("Place"), wide=True),
    Column("division", _l("Area"), sort=True, wide=True),
    Column("grounds", _l("Grounds of evidence today")),
    Column("state", _l("State"), sort=True),
    Column("maker", _l("Maker"), extra=True),
    Column("serial", _l("Serial number"), extra=True),
)
FIELDS = (
    ("code", _l("Code"), "text", True),
    ("name", _l("Name"), "text", True),
    ("place", _l("Place"), "text", True),
    ("direction", _l("Direction watched"), "text", False),
    ("lon", _l("Longitude, degrees WGS-84"), "text", True),
    ("lat", _l("Latitude, degrees WGS-84"), "text", True),
    ("maker", _l("Maker"), "text", False),
    ("model", _l("Model"), "text", False),
    ("serial", _l("Serial number"), "text", False),
)


@blueprint.get("/")
@allow("capture_devices.read")
def index() -> str:
    """The cameras of the scope."""
    query, now = read(request.args, FILTERS, COLUMNS, sort="code", descending=False), datetime.now(UTC)
    with work() as connection:
        rules = rule_book.current(connection)
        needed = get_rule(rules, "capture.grounds", now).words
        found = capture_devices.find(connection, current_scope(), query, needed, day_of(now))
        grounds = capture_devices.grounds_of(connection, [row["id"] for row in found.rows])
    for row in found.rows:
        row["ground_states"] = ground_states(rules, grounds[row["id"]], now, row["division"])
    return render_template("capture_devices/list.html", view=view(query, found, FILTERS, COLUMNS))


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return capture_devices.find_one(connection, current_scope(), number) or abort(404)


@blueprint.get("/<int:number>")
@allow("capture_devices.read")
def show(number: int) -> str:
    """One camera."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str]) -> str:
    device, now = _get(number), datetime.now(UTC)
    with work() as connection:
        rows = capture_devices.ground_rows(connection, number)
        grounds = capture_devices.grounds_of(connection, [number])[number]
        states = ground_states(rule_book.current(connection), grounds, now, device["division"])
        timeline = audit.of_subject(connection, "capture_device", number)
    return render_template(
        "capture_devices/show.html",
        d=device,
        states=states,
        missing=[state for state in states if not state.held],
        ending=[state for state in states if state.runs_out],
        grounds=rows,
        timeline=timeline,
        faults=faults,
        kinds=choices("ground", *Ground),
        today=day_of(now),
    )


@blueprint.get("/new")
@allow("capture_devices.edit")
def new() -> str:
    """The empty form."""
    return _form({}, {}, None)


@blueprint.post("/new")
@allow("capture_devices.edit")
def add() -> ResponseReturnValue:
    """Register a camera."""
    return _save(None)


@blueprint.get("/<int:number>/edit")
@allow("capture_devices.edit")
def edit(number: int) -> str:
    """The form of a camera."""
    device = _get(number)
    return _form(device, {}, device)


@blueprint.post("/<int:number>/edit")
@allow("capture_devices.edit")
def change(number: int) -> ResponseReturnValue:
    """Change a camera."""
    return _save(_get(number))


def _form(values: Any, faults: dict[str, str], device: dict[str, Any] | None) -> str:
    return render_template(
        "capture_devices/form.html",
        values=values,
        faults=faults,
        d=device,
        fields=FIELDS,
        divisions=areas_of_scope(),
        states=choices("capture_device_state"),
    )


def _save(device: dict[str, Any] | None) -> ResponseReturnValue:
    try:
        with work() as connection:
            number = save_capture_device.save(connection, current_actor(), current_scope(), request.form, device)
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), device), 422
    flash(_("The camera is kept."), "good")
    return redirect(url_for("capture_devices.show", number=number), 303)


@blueprint.post("/<int:number>/grounds")
@allow("capture_devices.edit")
def record_ground(number: int) -> ResponseReturnValue:
    """Record a ground; captures that wait are judged anew."""
    device = _get(number)
    try:
        with work() as connection:
            rules = rule_book.current(connection)
            changed = save_capture_device.record_ground(connection, current_actor(), rules, device, request.form)
    except Refused as refused:
        return _page(number, by_field(refused.faults)), 422
    flash(_("Recorded. Standing changed for %(n)s captures that wait for review.", n=len(changed)), "good")
    return redirect(url_for("capture_devices.show", number=number), 303)
