"""Devices of gates: which are on line, which fell silent; their forms."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.flows import gate_rules, save_gate_device
from server.flows.refusals import Refused
from server.store import gate_devices, gates
from server.web import gate_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, current_scope, work
from server.web.field_faults import by_field
from server.web.listing import Column, Filter, read, view
from server.web.words import choices

blueprint = Blueprint("gate_devices", __name__, url_prefix="/gates/devices")
FILTERS = (
    Filter("q", _l("Number, gate, enterprise"), wide=True),
    Filter("kind", _l("Kind"), "choice", lambda: choices("gate_device_kind")),
    Filter("online", _l("On line"), "choice", lambda: choices("gate_line")),
    Filter("state", _l("State"), "choice", lambda: choices("gate_device_state")),
    Filter("gate", _l("Gate"), "number"),
)
COLUMNS = (
    Column("number", _l("Device"), sort=True),
    Column("kind", _l("Kind")),
    Column("gate", _l("Gate")),
    Column("enterprise", _l("Enterprise"), sort=True),
    Column("online", _l("On line")),
    Column("last_seen_at", _l("Last heard of"), wide=True),
    Column("state", _l("State"), wide=True),
    Column("installed_on", _l("Installed"), extra=True),
)
NAMES = ("kind", "number", "name", "address", "live_url", "replay_url", "installed_on", "state")


@blueprint.get("/")
@allow("gates.read")
def index() -> str:
    """Devices of the scope."""
    query = read(request.args, FILTERS, COLUMNS, sort="enterprise", descending=False)
    with work() as connection:
        late = gate_rules.offline_s(connection, datetime.now(UTC))
        found = gate_devices.find(connection, current_scope(), query, late)
    return render_template("gates/devices.html", view=view(query, found, FILTERS, COLUMNS))


def _form(gate: dict[str, Any], number: int | None, draft: Any, faults: dict[str, str], code: int = 200) -> Any:
    shown = render_template("gates/device_form.html", gate=gate, number=number, draft=draft, faults=faults)
    return shown, code


def _gate(number: int) -> dict[str, Any]:
    with work() as connection:
        return gates.find_one(connection, current_scope(), number) or abort(404)


def _device(number: int) -> dict[str, Any]:
    with work() as connection:
        return gate_devices.find_one(connection, current_scope(), number) or abort(404)


@blueprint.get("/new")
@allow("gates.edit")
def new() -> ResponseReturnValue:
    """An empty form for the gate that the address names."""
    return _form(_gate(_asked_gate()), None, {"state": "active"}, {})  # type: ignore[no-any-return]


def _asked_gate() -> int:
    asked = request.values.get("gate", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else abort(404)


@blueprint.post("/new")
@allow("gates.edit")
def add() -> ResponseReturnValue:
    """Put one on file."""
    gate = _gate(_asked_gate())
    try:
        with work() as connection:
            save_gate_device.add(connection, current_actor(), current_scope(), gate["id"], request.form)
    except Refused as refused:
        return _form(gate, None, request.form, by_field(refused.faults), 422)  # type: ignore[no-any-return]
    flash(_("The device is kept."), "good")
    return redirect(url_for("gates.show", number=gate["id"]), 303)


@blueprint.get("/<int:number>/edit")
@allow("gates.edit")
def edit(number: int) -> ResponseReturnValue:
    """The form of one on file."""
    row = _device(number)
    draft = {name: "" if row[name] is None else str(row[name]) for name in NAMES}
    return _form(_gate(row["gate_id"]), number, draft, {})  # type: ignore[no-any-return]


@blueprint.post("/<int:number>/edit")
@allow("gates.edit")
def change(number: int) -> ResponseReturnValue:
    """Change one."""
    row = _device(number)
    try:
        with work() as connection:
            save_gate_device.change(connection, current_actor(), current_scope(), number, request.form)
    except Refused as refused:
        gate = _gate(row["gate_id"])
        return _form(gate, number, request.form, by_field(refused.faults), 422)  # type: ignore[no-any-return]
    flash(_("The device is kept."), "good")
    return redirect(url_for("gates.show", number=row["gate_id"]), 303)
