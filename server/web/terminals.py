"""Terminals: list, export, registering and changing; the page of one is in devices.py."""

from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from server.flows.registry_nouns import TERMINALS
from server.flows.save_terminal import save_terminal
from server.store import terminals
from server.store.paging import Found, Query
from server.store.scopes import Scope
from server.web import registry_pages as pages
from server.web.access import allow, current_scope, work
from server.web.exports import KINDS, kind_asked
from server.web.listing import Column, Filter, read, view
from server.web.terminal_lines import line_of, thresholds

blueprint = Blueprint("terminals", __name__, url_prefix="/terminals")

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
    if kind := kind_asked():
        return pages.export(TERMINALS, query, _stream, kind)
    with work() as connection:
        found = terminals.find(connection, query, current_scope(), thresholds())
    found = Found([{**row, "line": line_of(row)} for row in found.rows], found.total, found.capped)
    shown = view(query, found, FILTERS, COLUMNS, KINDS)
    return pages.show_list(TERMINALS, shown, _("Terminals"), WORDS_OF)


def get_terminal(number: int) -> dict[str, Any]:
    """The terminal, or 404 outside the scope."""
    with work() as connection:
        return terminals.find_one(connection, number, current_scope()) or abort(404)


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
