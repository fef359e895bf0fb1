"""The QR code of a gate: a sheet to print and hang up, and a new code when the old one was misused."""

import io

import segno
from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server.flows import renew_gate_code
from server.flows.refusals import Refused
from server.store import driver_gates
from server.web import form_values as form
from server.web import ledger_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, current_scope, work
from server.web.field_faults import by_field

blueprint = Blueprint("gate_codes", __name__, url_prefix="/gate-codes")


def _drawn(driver_code: str) -> segno.QRCode:
    return segno.make_qr(url_for("driver_form.show", driver_code=driver_code, _external=True), error="m")


@blueprint.get("/")
@allow("ledgers.record")
def index() -> str:
    """The gates of the enterprise, each with its sheet."""
    with work() as connection:
        rows = driver_gates.in_scope(connection, current_scope())
    return render_template("gate_codes/list.html", rows=rows)


@blueprint.get("/<int:number>")
@allow("ledgers.record")
def show(number: int) -> ResponseReturnValue:
    """The sheet of one gate."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        gate = driver_gates.find_one(connection, current_scope(), number) or abort(404)
    if gate["state"] != "active":
        abort(404)
    address = url_for("driver_form.show", driver_code=gate["driver_code"], _external=True)
    return render_template("gate_codes/show.html", gate=gate, address=address, faults=faults), code


@blueprint.get("/<int:number>/code.svg")
@allow("ledgers.record")
def drawing(number: int) -> Response:
    """The code alone: the picture on the sheet, and a file for a sign maker."""
    with work() as connection:
        gate = driver_gates.find_one(connection, current_scope(), number) or abort(404)
    if gate["state"] != "active":
        abort(404)
    out = io.BytesIO()
    _drawn(gate["driver_code"]).save(out, kind="svg", scale=8, border=4, light="#fff", svgclass=None, lineclass=None)
    return Response(out.getvalue(), mimetype="image/svg+xml")


@blueprint.post("/<int:number>/renew")
@allow("ledgers.record")
def renew(number: int) -> ResponseReturnValue:
    """Another code; the sheet that hangs at the gate leads nowhere from now on."""
    try:
        with work() as connection:
            renew_gate_code.renew(connection, current_actor(), current_scope(), number, form.text("reason"))
    except LookupError:
        abort(404)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    flash(_("The gate has a new code. Print the sheet and hang it up in place of the old one."), "good")
    return redirect(url_for("gate_codes.show", number=number), 303)
