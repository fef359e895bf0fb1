"""Large truck users are entered, corrected, taken off the list, or come in by a sheet."""

from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from enforcement.rules.book import day_of
from server.documents import workbooks
from server.documents.sheets import FileRefusedError
from server.flows import import_large_users, keep_large_users
from server.flows.keep_evidence import Owner
from server.flows.keep_large_users import STAGES, StaleEntry
from server.flows.read_sheet import open_sheet
from server.flows.refusals import Refused
from server.store import enterprises, large_users
from server.web import evidence_owners, form_values
from server.web.access import allow, current_account, current_actor, current_scope, may, work
from server.web.field_faults import by_field
from server.web.language import pick
from server.web.large_users import blueprint, page
from server.web.zone_areas import uploaded

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/new")
@allow("large_users.edit")
def new() -> str:
    """The form; an enterprise named in the address stands in it with what its ledger says."""
    today = day_of(datetime.now(UTC))
    draft: dict[str, Any] = {"from_on": today.isoformat(), "list_version": str(today.year), "gate_state": "none"}
    asked = request.args.get("enterprise", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        with work() as connection:
            row = enterprises.find_one(connection, int(asked), current_scope())
        if row is not None:
            draft |= {"enterprise": row["credit_code"] or row["name"], "industry": row["industry"]}
            draft |= {"trips_normal": request.args.get("trips", "")[:10]}
    return _form(None, draft, {})


def _form(number: int | None, draft: Any, faults: dict[str, str], version: int = 0) -> str:
    return render_template(
        "large_users/form.html", number=number, draft=draft, faults=faults, stages=STAGES, version=version
    )


@blueprint.post("/new")
@allow("large_users.edit")
def add() -> ResponseReturnValue:
    """Put an enterprise on the list."""
    try:
        with work() as connection:
            number = keep_large_users.enter(connection, current_actor(), current_scope(), request.form)
    except Refused as refused:
        return _form(None, request.form, by_field(refused.faults)), 422
    flash(_("The enterprise stands on the list."), "good")
    return redirect(url_for("large_users.show", number=number), 303)


@blueprint.get("/<int:number>/edit")
@allow("large_users.edit")
def edit(number: int) -> str:
    """The form of one on file."""
    with work() as connection:
        row = large_users.find_one(connection, current_scope(), number) or abort(404)
    draft = {**row, **{f"fleet_{stage}": count for stage, count in row["fleet"].items()}}
    draft["people_supply"] = "yes" if row["people_supply"] else ""
    return _form(number, draft, {}, row["version"])


@blueprint.post("/<int:number>/edit")
@allow("large_users.edit")
def change(number: int) -> ResponseReturnValue:
    """Correct an entry, with the reason."""
    try:
        with work() as connection:
            keep_large_users.change(connection, current_actor(), current_scope(), number, _version(), request.form)
    except LookupError:
        abort(404)
    except StaleEntry:
        return _form(number, request.form, {"state": _stale()}, _version()), 409
    except Refused as refused:
        return _form(number, request.form, by_field(refused.faults), _version()), 422
    flash(_("The entry is corrected."), "good")
    return redirect(url_for("large_users.show", number=number), 303)


@blueprint.post("/<int:number>/off")
@allow("large_users.edit")
def take_off(number: int) -> ResponseReturnValue:
    """It leaves the list, with the reason."""
    day, reason = form_values.day("to_on"), form_values.text("reason", 500)
    try:
        with work() as connection:
            keep_large_users.take_off(connection, current_actor(), current_scope(), number, _version(), day, reason)
    except LookupError:
        abort(404)
    except StaleEntry:
        return page(number, {"state": _stale()}, 409)
    except Refused as refused:
        return page(number, by_field(refused.faults), 422)
    flash(_("It is taken off the list from that day on."), "good")
    return redirect(url_for("large_users.show", number=number), 303)


def _version() -> int:
    text = form_values.text("version", 10)
    return int(text) if text.isascii() and text.isdigit() else 0


def _stale() -> str:
    return str(_("Somebody else has changed it meanwhile. Look at it as it stands now; nothing was written."))


@blueprint.get("/template.xlsx")
@allow("large_users.edit")
def template() -> ResponseReturnValue:
    """An empty sheet with the headers."""
    name = {"Content-Type": XLSX, "Content-Disposition": 'attachment; filename="large-users-template.xlsx"'}
    return workbooks.write("用车大户", import_large_users.TITLES, ()), 200, name


@blueprint.get("/import")
@allow("large_users.edit")
def choose_file() -> str:
    """The form for a sheet."""
    return render_template("large_users/import.html", taken=0, faults=[], fault="")


@blueprint.post("/import")
@allow("large_users.edit")
def import_file() -> ResponseReturnValue:
    """Take a sheet whole, or not at all."""
    _name, data = uploaded()
    try:
        sheet = open_sheet(data)
        with work() as connection:
            taken, faults = import_large_users.import_sheet(connection, current_actor(), current_scope(), sheet)
    except FileRefusedError as refused:
        page_ = render_template("large_users/import.html", taken=0, faults=[], fault=pick(refused.zh, refused.en))
        return page_, 422
    return render_template("large_users/import.html", taken=taken, faults=faults, fault=""), 422 if faults else 200


def _readable(connection: Connection, number: int) -> bool:
    return may("large_users.read") and large_users.find_one(connection, current_scope(), number) is not None


def _writer(connection: Connection, number: int) -> Owner | None:
    row = large_users.find_one(connection, current_scope(), number) if may("large_users.edit") else None
    if row is None:
        return None
    return Owner("large_user", number, row["division"], row["enterprise_id"], current_account().organisation_id)


evidence_owners.register("large_user", _readable, _writer)
