"""One tablet: every number of a notice that it was given and what became of it, and its newest checks."""

from uuid import UUID

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from server.store import reserved_numbers, tablet_checks
from server.store.scopes import Scope
from server.web import inspection_words, repair_words, tablet_lines  # noqa: F401 - their words join at import
from server.web.access import Role, allow, current_account, current_scope, work
from server.web.tablet_lines import clock

blueprint = Blueprint("tablet_numbers", __name__, url_prefix="/tablets")


@blueprint.get("/<uuid:tablet>")
@allow("tablets.manage")
def show(tablet: UUID) -> ResponseReturnValue:
    """Its numbers, none unexplained, and its checks."""
    is_security = Role.SECURITY_ADMIN in current_account().roles  # answers for the devices of every organisation
    with work() as connection:
        row = tablet_checks.find_tablet(connection, Scope() if is_security else current_scope(), tablet)
        if row is None:
            abort(404)
        numbers = reserved_numbers.of_tablet(connection, tablet)
        checks = tablet_checks.of_tablet(connection, tablet)
    return render_template("tablets/show.html", tablet=row, numbers=numbers, checks=checks, clock=clock)
