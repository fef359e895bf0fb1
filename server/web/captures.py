"""Captures: the list and its export, one with its files and reviews."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from enforcement.captures.reviews import WAITING, may_open_case
from server.db import transaction
from server.flows.add_capture_files import OPEN
from server.store import audit, capture_devices, captures
from server.store.paging import Query
from server.web.access import allow, current_account, current_scope, engine, may, work
from server.web.capture_facts import gather
from server.web.capture_words import local_plates
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.filter_choices import areas_of_scope, yes_no
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("captures", __name__, url_prefix="/captures")


def device_choices() -> list[tuple[str, str]]:
    """Cameras of the scope, for a filter or a form."""
    with work() as connection:
        return [(str(row["id"]), f"{row['code']} {row['name']}") for row in capture_devices.choices(
            connection, current_scope())]  # fmt: skip


def _steps(*values: float) -> list[tuple[str, str]]:
    return [(f"{value:g}", f"{value:g}") for value in values]


FILTERS = (
    Filter("q", _l("Plate or capture number"), wide=True),
    Filter("device", _l("Camera"), "choice", device_choices),
    Filter("status", _l("State"), "choice", lambda: choices("capture_status")),
    Filter("standing", _l("Standing"), "choice", lambda: choices("capture_standing")),
    Filter("reason", _l("Reject reason"), "choice", lambda: choices("reject_reason")),
    Filter("plate_colour", _l("Plate colour"), "choice", lambda: choices("plate_colour")),
    Filter("region", _l("Plate from"), "choice", lambda: choices("plate_region")),
    Filter("registered", _l("In the register"), "choice", yes_no),
    Filter("fuel", _l("Fuel"), "choice", lambda: choices("fuel")),
    Filter("ringelmann_from", _l("Ringelmann ≥"), "choice", lambda: _steps(0.5, 1, 1.5, 2, 2.5, 3, 4)),
    Filter("ringelmann_to", _l("Ringelmann ≤"), "choice", lambda: _steps(0.5, 1, 1.5, 2, 2.5, 3, 4)),
    Filter("confidence_from", _l("Confidence ≥"), "choice", lambda: _steps(0.5, 0.6, 0.7, 0.8, 0.9, 0.95)),
    Filter("hits_from", _l("Hits ≥"), "choice", lambda: _steps(1, 2, 3, 5, 10)),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("band", _l("Time of day"), "choice", lambda: choices("time_band")),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("truck", "", "number"),
)
COLUMNS = (
    Column("plate", _l("Plate")),
    Column("captured_at", _l("Captured"), sort=True),
    Column("device", _l("Camera")),
    Column("ringelmann", _l("Ringelmann"), sort=True, numeric=True),
    Column("hits", _l("Hits"), sort=True, numeric=True),
    Column("category", _l("Category"), wide=True),
    Column("standing", _l("Standing")),
    Column("status", _l("State")),
    Column("number", _l("Number"), wide=True),
    Column("trailer_plate", _l("Trailer"), extra=True),
    Column("fuel", _l("Fuel"), extra=True),
    Column("owner", _l("Owner"), extra=True),
    Column("confidence", _l("Confidence"), numeric=True, extra=True),
    Column("speed_kmh", _l("Speed, km/h"), numeric=True, extra=True),
    Column("lane", _l("Lane"), extra=True),
    Column("division", _l("Area"), extra=True),
    Column("reject_reason", _l("Reject reason"), extra=True),
    Column("law", _l("Law"), extra=True),
    Column("received_at", _l("Received"), extra=True),
)
WORDS_OF = {
    "status": "capture_status",
    "standing": "capture_standing",
    "category": "truck_category",
    "fuel": "fuel",
    "reject_reason": "reject_reason",
    "law": "law",
}


@blueprint.get("/")
@allow("captures.read")
def index() -> ResponseReturnValue:
    """The captures of the scope, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="captured_at")
    if kind_asked():
        return _export(query)
    with work() as connection:
        found = captures.find(connection, current_scope(), query, local_plates(connection))
    shown = view(query, found, FILTERS, COLUMNS, exports=KINDS)
    return render_template("captures/list.html", view=shown, words_of=WORDS_OF)


def _export(query: Query) -> Response:
    with work() as connection:
        rows = captures.find(connection, current_scope(), whole(query), local_plates(connection)).rows
    lines = [[_cell(row, column.name) for column in COLUMNS] for row in rows]
    return export("captures", head_of(COLUMNS), lines, query, "capture.export", ("capture", "list"))


def _cell(row: dict[str, Any], name: str) -> str | int | float | None:
    value = row[name]
    if value is None:
        return None
    if name in WORDS_OF:
        return word(WORDS_OF[name], value)
    if name.endswith("_at"):
        return local(value)
    if name == "division":
        return pick(row["division_zh"], row["division_en"]) or str(value)
    if name == "plate" and row["plate_colour"]:
        return f"{value} {word('plate_colour', row['plate_colour'])}"
    return value if isinstance(value, int | float) else str(value)


@blueprint.get("/<int:number>")
@allow("captures.read")
def show(number: int) -> str:
    """One capture."""
    return page(number, {})


def page(number: int, faults: dict[str, str]) -> str:
    """The page of a capture, with faults of the form on it."""
    with work() as connection:
        row = captures.find_one(connection, current_scope(), number) or abort(404)
    with transaction(engine()) as connection:  # the scope has let the capture through: what belongs to it may be read
        facts = gather(connection, current_scope(), row)
        reviews = captures.reviews(connection, number)
        same = captures.same_pass(connection, number)
        timeline = audit.of_subject(connection, "capture", number) if may("captures.review") else []
    own = current_account().id
    return render_template(
        "captures/show.html",
        c=row,
        f=facts,
        reviews=reviews if row["decided_at"] and may("captures.review") else [],
        review_count=len(reviews),
        may_review=row["status"] in WAITING and may("captures.review") and own not in {r["by_user"] for r in reviews},
        case_possible=may_open_case(row["status"], row["standing"]),
        same_pass=same,
        may_add=row["status"] in OPEN,
        timeline=timeline,
        faults=faults,
    )
