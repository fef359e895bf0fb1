"""Terminals: list, export, the page of one with its state and completeness, registering and changing."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from server.flows.registry_nouns import TERMINALS
from server.flows.save_terminal import save_terminal
from server.store import completeness, packets_read, quarantine, terminals
from server.store.paging import Found, Query
from server.store.scopes import Scope
from server.web import registry_pages as pages
from server.web.access import allow, current_scope, may, work
from server.web.language import ZONE
from server.web.listing import Column, Filter, read, view
from server.web.terminal_lines import clock_limit_s, line_of, map_begin, small_map, thresholds

blueprint = Blueprint("terminals", __name__, url_prefix="/terminals")
COMPLETE_DAYS = 14
SILENCE_S = 300

FILTERS = (
    Filter("q", _l("Device, plate or machine number"), wide=True),
    Filter("kind", _l("Kind"), "choice", pages.of("terminal_kind")),
    Filter("line", _l("On line"), "choice", pages.of("line")),
    Filter("bound", _l("Bound to"), "choice", pages.of("bound")),
    Filter("maker", _l("Maker")),
    Filter("state", _l("State"), "choice", pages.of("terminal_state")),
    Filter("enterprise_id", "", "number"),
)
COLUMNS = (
    Column("device", _l("Device"), sort=True),
    Column("kind", _l("Kind"), wide=True),
    Column("subject", _l("Bound to")),
    Column("line", _l("On line")),
    Column("seen_at", _l("Last packet"), sort=True),
    Column("enterprise", _l("Enterprise"), wide=True),
    Column("division", _l("Area"), wide=True),
    Column("state", _l("State")),
    Column("layout", _l("Layout"), extra=True),
    Column("coordinates", _l("Coordinates"), extra=True),
    Column("maker", _l("Maker"), extra=True),
    Column("model", _l("Model"), extra=True),
    Column("installed_on", _l("Installed"), sort=True, extra=True),
    Column("updated_at", _l("Changed"), sort=True, extra=True),
)
WORDS_OF = {"kind": "terminal_kind_short", "coordinates": "coordinates"}


def _stream(connection: Connection, query: Query, scope: Scope) -> Any:
    return terminals.stream(connection, query, scope, thresholds())


@blueprint.get("/")
@allow("terminals.read")
def index() -> ResponseReturnValue:
    """The list, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="device", descending=False)
    if (kind := request.args.get("format")) in {"csv", "xlsx"}:
        return pages.export(TERMINALS, query, _stream, str(kind))
    with work() as connection:
        found = terminals.find(connection, query, current_scope(), thresholds())
    found = Found([{**row, "line": line_of(row)} for row in found.rows], found.total, found.capped)
    shown = view(query, found, FILTERS, COLUMNS, ("csv", "xlsx"))
    return render_template("terminals/list.html", view=shown, title=_("Terminals"), words_of=WORDS_OF)


def get_terminal(number: int) -> dict[str, Any]:
    """The terminal, or 404 outside the scope."""
    with work() as connection:
        return terminals.find_one(connection, number, current_scope()) or abort(404)


def chosen_range(newest: datetime | None) -> tuple[datetime, datetime]:
    """The days of the address (local, both included), else the day of the newest packet; at most 31."""
    default = (newest or datetime.now(UTC)).astimezone(ZONE).date()
    first = _day(request.args.get("from"), default)
    last = max(first, min(_day(request.args.get("to"), first), first + timedelta(days=30)))
    return datetime.combine(first, time(), ZONE), datetime.combine(last + timedelta(days=1), time(), ZONE)


def _day(given: str | None, default: date) -> date:
    try:
        day = date.fromisoformat(given or "")
    except ValueError:
        return default
    return day if 2000 <= day.year <= 2099 else default


@blueprint.get("/<int:number>")
@allow("terminals.read")
def show(number: int) -> str:
    """One terminal: how it is, what came, what did not, its curves."""
    row = get_terminal(number)
    with work() as connection:
        newest = packets_read.newest_day(connection, number)
        from_at, to_at = chosen_range(newest)
        days = completeness.days(connection, number, to_at - timedelta(days=COMPLETE_DAYS), to_at, SILENCE_S)
        gaps = completeness.gaps(connection, number, from_at, to_at, SILENCE_S)
        packets_n = packets_read.number_of(connection, number, from_at, to_at)
        held = quarantine.held_of_device(connection, row["kind"], row["device"]) if may("quarantine.read") else 0
    return render_template(
        "terminals/show.html",
        row=row,
        line=line_of(row),
        limits=thresholds(),
        clock_limit_s=clock_limit_s(),
        facts=pages.facts(TERMINALS, row, ("truck", "machine")),
        doubts=pages.doubts(TERMINALS, row),
        days=days,
        gaps=gaps,
        silence_s=SILENCE_S,
        packets_n=packets_n,
        held=held,
        from_at=from_at,
        to_at=to_at - timedelta(days=1),
        timeline=pages.timeline(TERMINALS, number),
        curves=_curves(row, from_at, to_at),
    )


def _curves(row: dict[str, Any], from_at: datetime, to_at: datetime) -> dict[str, Any]:
    lon, lat = (row["lon"], row["lat"]) if row["lon"] is not None else (120.45, 41.57)
    address = (
        url_for("terminal_data.samples_json", number=row["id"])
        + "?"
        + urlencode({"from": from_at.isoformat(), "to": to_at.isoformat()})
    )
    names = {
        "speed_kmh": (_("Speed"), "km/h"),
        "engine_speed_rpm": (_("Engine speed"), "rpm"),
        "nox_upstream_ppm": (_("NOx before SCR"), "ppm"),
        "nox_downstream_ppm": (_("NOx after SCR"), "ppm"),
        "reagent_level_pct": (_("Urea level"), "%"),
        "scr_inlet_c": (_("SCR inlet"), "°C"),
        "scr_outlet_c": (_("SCR outlet"), "°C"),
        "coolant_c": (_("Coolant"), "°C"),
        "opacity_m1": (_("Opacity"), "m⁻¹"),
    }
    begin = small_map(row) or map_begin(lon, lat)
    begin["words"] |= {
        "none": _("No sample in this time."),
        "all": _("all {n} samples"),
        "thinned": _("{n} samples; each stretch shown by its lowest and highest value"),
        "failed": _("The samples could not be read. Reload the page."),
    }
    return {**begin, "samples": address, "names": names}


@blueprint.get("/new")
@allow("terminals.edit")
def new() -> str:
    """The empty form."""
    return pages.ask(TERMINALS)


@blueprint.post("/new")
@allow("terminals.edit")
def add() -> ResponseReturnValue:
    """Register a terminal."""
    return pages.answer(TERMINALS, save_terminal)


@blueprint.get("/<int:number>/edit")
@allow("terminals.edit")
def edit(number: int) -> str:
    """The form of a terminal on file."""
    return pages.ask(TERMINALS, get_terminal(number))


@blueprint.post("/<int:number>/edit")
@allow("terminals.edit")
def change(number: int) -> ResponseReturnValue:
    """Change a terminal."""
    return pages.answer(TERMINALS, save_terminal, get_terminal(number))
