"""The form behind the QR code of a gate: public, for drivers' phones. It tells nothing but the gate's name."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from server.db import transaction
from server.flows import keep_driver_photo
from server.flows.keep_evidence import UploadFault
from server.flows.refusals import Refused
from server.flows.take_driver_entry import FIELDS, take_entry
from server.store import api_calls, driver_gates
from server.web import form_values as form
from server.web import ledger_words, registry_words  # noqa: F401 - their words join at import
from server.web.access import PUBLIC, allow, engine
from server.web.evidence_uploads import evidence_store, uploads
from server.web.field_faults import by_field
from server.web.language import pick
from server.web.ledger_forms import units

blueprint = Blueprint("driver_form", __name__, url_prefix="/gate")
FUELS = ("diesel", "natural_gas", "electric", "petrol", "hybrid", "hydrogen", "methanol", "other")
STAGES = ("6", "5", "4", "3", "2", "1", "0", "D", "X")
CODE = re.compile(r"[0-9a-f]{64}")
KEY = re.compile(r"[0-9a-f]{32}")


def _gate(driver_code: str) -> dict[str, Any]:
    """The gate behind the code; an unknown, renewed or closed one is not there."""
    if not CODE.fullmatch(driver_code):
        abort(404)
    with transaction(engine()) as connection:
        return driver_gates.by_code(connection, driver_code) or abort(404)


@blueprint.get("/<string:driver_code>")
@allow(PUBLIC)
def show(driver_code: str) -> ResponseReturnValue:
    """The empty form."""
    _hold_back("look", current_app.extensions["settings"].api_calls_address)
    return _page(_gate(driver_code), {}, secrets.token_hex(16))


def _page(gate: dict[str, Any], faults: dict[str, str], form_key: str, code: int = 200) -> ResponseReturnValue:
    page = render_template(
        "driver/form.html", gate=gate, draft=request.form, faults=faults, fuels=FUELS, stages=STAGES, units=units(),
        form_key=form_key,
    )  # fmt: skip
    return page, code


def _hold_back(what: str, most: int, whose: str = "") -> None:
    """Refuse with 429 what comes too often: a minute, an address or a gate."""
    with transaction(engine()) as connection:
        counted = api_calls.count(connection, f"driver:{what}:{whose or request.remote_addr or '-'}")
    if counted.calls > most:
        answer = current_app.make_response((render_template("driver/slow.html", seconds=counted.seconds_left), 429))
        answer.headers["Retry-After"] = str(counted.seconds_left)
        abort(answer)


@blueprint.post("/<string:driver_code>")
@allow(PUBLIC)
def send(driver_code: str) -> ResponseReturnValue:
    """Take an entry; it waits for the gatekeeper."""
    settings = current_app.extensions["settings"]
    _hold_back("send", settings.driver_sends_address)
    gate = _gate(driver_code)
    _hold_back("gate", settings.driver_sends_gate, str(gate["id"]))
    form_key, now = form.text("form_key", 32), datetime.now(UTC)
    if not KEY.fullmatch(form_key):
        return _page(
            gate, {"form": _("The form was out of date. Check it and send it again.")}, secrets.token_hex(16), 422
        )
    given = {name: form.text(name, 200) for name in FIELDS}
    try:
        with transaction(engine()) as connection:  # nobody is signed in: the gate says whose ledger it is
            number = take_entry(connection, gate, given, form_key, request.remote_addr, now)
            _keep_photo(connection, gate, number)
    except Refused as refused:
        return _page(gate, _told(by_field(refused.faults)), form_key, 422)
    except UploadFault as fault:
        return _page(gate, {"list_photo": pick(fault.zh, fault.en)}, form_key, 422)
    sent = {"plate": given["plate"].upper(), "plate_colour": given["plate_colour"], "direction": given["direction"]}
    return render_template("driver/done.html", gate=gate, sent={**sent, "at": now}, driver_code=driver_code)


def _told(faults: dict[str, str]) -> dict[str, str]:
    """Faults of fields that the form does not show stand above it."""
    shown = {*FIELDS, "list_photo", "form"}
    others = [text for name, text in faults.items() if name not in shown]
    return {**faults, "form": " ".join(others)} if others else faults


def _keep_photo(connection: Connection, gate: dict[str, Any], number: int) -> None:
    files = uploads("list_photo", "vehicle_list")[:1]
    if files:
        keep_driver_photo.keep(connection, evidence_store(), gate, number, files, request.remote_addr)
