"""Terminals: list, export, registering and changing; the page of one is in devices.py."""

from typing import Any

from flask import Blueprint, abort
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
from server.web.listing import Column, Filter
from server.web.register_views import RegisterList, add_forms
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


def _find(connection: Connection, query: Query, scope: Scope) -> Found:
    found = terminals.find(connection, query, scope, thresholds())
    return Found([{**row, "line": line_of(row)} for row in found.rows], found.total, found.capped)


def _stream(connection: Connection, query: Query, scope: Scope) -> Any:
    return terminals.stream(connection, query, scope, thresholds())


LIST = RegisterList(TERMINALS, FILTERS, COLUMNS, "device", WORDS_OF, _find, _stream)


@blueprint.get("/")
@allow("terminals.read")
def index() -> ResponseReturnValue:
    """The list, or the same list as a file."""
    return LIST.answer(_("Terminals"))


def get_terminal(number: int) -> dict[str, Any]:
    """The terminal, or 404 outside the scope."""
    with work() as connection:
        return terminals.find_one(connection, number, current_scope()) or abort(404)


add_forms(blueprint, "terminals.edit", TERMINALS, save_terminal, get_terminal)
