"""The register of machines at sites: the list, one stay with what it said before, coming, leaving, corrections."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from server.flows import keep_stay
from server.flows.keep_stay import StaleStay, StayDraft
from server.flows.refusals import Refused
from server.store import audit, site_stays, sites
from server.web import form_values as form
from server.web import registry_words, site_words  # noqa: F401 - their words join at import
from server.web.access import allow, current_actor, current_scope, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import yes_no
from server.web.frame import local
from server.web.language import ZONE
from server.web.listing import Column, Filter, read, view, whole
from server.web.sites import now_utc
from server.web.words import word

blueprint = Blueprint("site_stays", __name__, url_prefix="/site-stays")

FILTERS = (
    Filter("q", _l("Machine number"), wide=True),
    Filter("present", _l("Present"), "choice", yes_no),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("site", "", "number"),
    Filter("enterprise", "", "number"),
    Filter("machine", "", "number"),
)
COLUMNS = (
    Column("machine", _l("Machine"), sort=True),
    Column("site", _l("Site")),
    Column("enterprise", _l("Enterprise"), wide=True),
    Column("category", _l("Kind"), wide=True),
    Column("stage", _l("Stage"), wide=True),
    Column("entered_at", _l("Came"), sort=True),
    Column("left_at", _l("Left the site"), sort=True),
    Column("person", _l("Person"), extra=True),
    Column("note", _l("Note"), extra=True),
)


@blueprint.get("/")
@allow("sites.read")
def index() -> ResponseReturnValue:
    """The register, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="entered_at")
    with work() as connection:
        found = site_stays.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        return export("site-stays", head_of(COLUMNS), lines, query, "site_stay.export", ("site_stay", "list"))
    return render_template("sites/stays.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        row["machine_text"], row["site"], row["enterprise"], word("machine_category", row["category"]),
        word("machine_stage", row["stage"]), local(row["entered_at"]), local(row["left_at"]) if row["left_at"] else "",
        row["person"], row["note"],
    ]  # fmt: skip


@blueprint.get("/new")
@allow("site_stays.record")
def new() -> ResponseReturnValue:
    """The form, with the site that the address names."""
    moment = now_utc().astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    return _form({"site": request.args.get("site", "")[:9], "entered_at": moment}, {})


def _form(draft: Any, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        found = sites.of_scope(connection, current_scope(), only_active=True)
    offered = [(str(one["id"]), f"{one['name']} · {one['enterprise']}") for one in found]
    return render_template("sites/stay_form.html", draft=draft, faults=faults, sites=offered), code


@blueprint.post("/new")
@allow("site_stays.record")
def enter() -> ResponseReturnValue:
    """A machine came."""
    try:
        with work() as connection:
            number = keep_stay.enter(connection, current_actor(), current_scope(), _asked(), now_utc())
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), 422)
    flash(_("The machine is registered as present."), "good")
    return redirect(url_for("site_stays.show", number=number), 303)


def _asked() -> StayDraft:
    site = form.text("site", 9)
    return StayDraft(
        int(site) if site.isascii() and site.isdigit() else None, form.text("machine", 100), form.moment("entered_at"),
        form.moment("left_at"), form.text("category", 40), form.text("stage", 40), form.text("fuel", 40),
        form.text("person", 200), form.text("note"),
    )  # fmt: skip


@blueprint.get("/<int:number>")
@allow("sites.read")
def show(number: int) -> ResponseReturnValue:
    """One stay."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        row = site_stays.find_one(connection, current_scope(), number) or abort(404)
        timeline = [] if current_scope().fence else audit.of_subject(connection, "site_stay", number)
    moment = now_utc().astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    shown = render_template(
        "sites/stay.html", row=row, timeline=timeline, faults=faults, draft=request.form, moment=moment
    )
    return shown, code


def _write(number: int, write: Callable[[Connection, int], None], told: str) -> ResponseReturnValue:
    version = form.text("version", 9)
    try:
        with work() as connection:
            write(connection, int(version) if version.isascii() and version.isdigit() else 0)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except StaleStay:
        return _page(number, {"reason": _("Somebody else has changed it meanwhile. Look at it again.")}, 409)
    flash(told, "good")
    return redirect(url_for("site_stays.show", number=number), 303)


@blueprint.post("/<int:number>/leave")
@allow("site_stays.record")
def leave(number: int) -> ResponseReturnValue:
    """It left."""

    def write(connection: Connection, version: int) -> None:
        keep_stay.leave(
            connection, current_actor(), current_scope(), number, version, form.moment("left_at"), now_utc()
        )

    return _write(number, write, _("The machine is registered as left."))


@blueprint.post("/<int:number>/correct")
@allow("site_stays.record")
def correct(number: int) -> ResponseReturnValue:
    """What was recorded was wrong, with the reason."""

    def write(connection: Connection, version: int) -> None:
        keep_stay.correct(
            connection, current_actor(), current_scope(), number, version, _asked(), form.text("reason", 600), now_utc()
        )

    return _write(number, write, _("The stay is corrected; what it said before stays on file."))
