"""Quarantine: frames that could not be taken, by cause; one with its bytes; replay after a mend, setting aside."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from server.db import transaction
from server.flows.replay_quarantine import replay
from server.flows.set_aside import set_aside
from server.store import audit, quarantine
from server.store.paging import Query
from server.web import registry_pages as pages
from server.web.access import allow, current_actor, engine, work
from server.web.hex_dump import attempt, lines
from server.web.listing import Column, Filter, read, view

blueprint = Blueprint("quarantine", __name__, url_prefix="/quarantine")
MOST_AT_ONCE = 5_000
OUTSIDE = frozenset(
    {"topic", "qos", "retained", "unknown_device", "device_suspended"}
)  # causes with no place in the frame

FILTERS = (
    Filter("code", _l("Cause"), "choice", pages.of("quarantine_code")),
    Filter("kind", _l("Kind"), "choice", pages.of("terminal_kind")),
    Filter("device", _l("Device")),
    Filter("state", _l("State"), "choice", pages.of("quarantine_state")),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("sha256", "SHA-256"),
)
COLUMNS = (
    Column("id", _l("No."), sort=True, numeric=True),
    Column("device", _l("Device"), sort=True),
    Column("kind", _l("Kind")),
    Column("code", _l("Cause")),
    Column("at_byte", _l("At byte"), numeric=True),
    Column("last_received_at", _l("Last received"), sort=True),
    Column("times", _l("Times"), sort=True, numeric=True),
    Column("length", _l("Bytes"), numeric=True),
    Column("state", _l("State")),
    Column("received_at", _l("First received"), extra=True),
    Column("detail", _l("Detail"), extra=True),
    Column("sha256", "SHA-256", extra=True),
)


@blueprint.get("/")
@allow("quarantine.read")
def index() -> str:
    """The list with the counts by cause above it."""
    query = read(request.args, FILTERS, COLUMNS, sort="id")
    with work() as connection:
        found, counts = quarantine.find(connection, query), quarantine.counts(connection)
    return render_template("quarantine/list.html", view=view(query, found, FILTERS, COLUMNS), counts=counts)


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return quarantine.find_one(connection, number) or abort(404)


@blueprint.get("/<int:number>")
@allow("quarantine.read")
def show(number: int) -> str:
    """One frame: cause and place, bytes, what the decoder makes of it now."""
    row = _get(number)
    with transaction(engine()) as connection:
        trail = audit.of_subject(connection, "quarantine", number)
    return render_template(
        "quarantine/show.html",
        row=row,
        inside=row["code"] not in OUTSIDE,
        hex=lines(row["raw"], row["at_byte"] if row["code"] not in OUTSIDE else None),
        said=attempt(row["raw"], row["kind"], None),
        trail=trail,
    )


@blueprint.get("/<int:number>/raw")
@allow("quarantine.read")
def raw(number: int) -> Response:
    """The bytes as they came."""
    answer = Response(_get(number)["raw"], mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=f"quarantine-{number}.bin")
    return answer


def _chosen() -> list[int]:
    """The ticked frames, or (`all`) every held frame that the filters of the address find."""
    if request.form.get("which") != "all":
        return [int(text) for text in request.form.getlist("id") if text.isascii() and text.isdigit()][:MOST_AT_ONCE]
    values = {f.name: request.form.get(f.name, "")[:200] for f in FILTERS if request.form.get(f.name)}
    with work() as connection:
        return quarantine.matching(connection, Query(values), MOST_AT_ONCE)


def _back() -> ResponseReturnValue:
    kept = {f.name: request.form[f.name] for f in FILTERS if request.form.get(f.name)}
    return redirect(url_for("quarantine.index") + ("?" + urlencode(kept) if kept else ""), 303)


@blueprint.post("/replay")
@allow("quarantine.settle")
def replay_frames() -> ResponseReturnValue:
    """Take held frames again, as if they had just come."""
    chosen = _chosen()
    if not chosen:
        flash(_("No held frame was chosen. Nothing was done."), "due")
        return _back()
    stored = replay(engine(), chosen, current_actor())
    text = ngettext("%(num)d frame was tried again", "%(num)d frames were tried again", len(chosen))
    flash(text + _("; %(stored)s stored, the rest stays held.", stored=stored), "good" if stored else "due")
    return _back()


@blueprint.post("/set-aside")
@allow("quarantine.settle")
def set_frames_aside() -> ResponseReturnValue:
    """Settle held frames without taking them; the bytes stay."""
    chosen, reason = _chosen(), " ".join(request.form.get("reason", "").split())
    if not chosen or not reason:
        flash(_("Choose frames and give a reason. Nothing was done."), "over")
        return _back()
    with transaction(engine()) as connection:
        done = set_aside(connection, current_actor(), chosen, reason[:500])
    flash(ngettext("%(num)d frame was set aside.", "%(num)d frames were set aside.", len(done)), "good")
    return _back()
