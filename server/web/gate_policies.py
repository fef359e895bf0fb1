"""What the gates of each enterprise do when the platform cannot be reached: the list, setting one, its history."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.db import transaction
from server.documents.gate_files import SCRIPT
from server.flows import set_gate_policy
from server.flows.refusals import Refused
from server.store import audit, gate_policies
from server.web import form_values as form
from server.web import gate_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, current_scope, engine, work
from server.web.field_faults import by_field
from server.web.listing import Column, Filter, read, view
from server.web.words import choices

blueprint = Blueprint("gate_policies", __name__, url_prefix="/gates/policies")
FILTERS = (
    Filter("q", _l("Enterprise"), wide=True),
    Filter("when_unreachable", _l("While cut off"), "choice", lambda: choices("gate_policy")),
)
COLUMNS = (
    Column("enterprise", _l("Enterprise"), sort=True),
    Column("when_unreachable", _l("While cut off")),
    Column("list_hours", _l("The list holds"), numeric=True),
    Column("gates_n", _l("Gates"), numeric=True),
    Column("list_made_at", _l("Last list made"), wide=True),
    Column("set_at", _l("Set"), wide=True),
    Column("set_by", _l("Set by"), extra=True),
)


@blueprint.get("/")
@allow("gates.read")
def index() -> str:
    """Enterprises with gates."""
    query = read(request.args, FILTERS, COLUMNS, sort="enterprise", descending=False)
    with work() as connection:
        found = gate_policies.find(connection, current_scope(), query)
    return render_template("gates/policies.html", view=view(query, found, FILTERS, COLUMNS))


@blueprint.get("/check_list.py")
@allow("gates.read")
def script() -> Response:
    """The program that checks an off-line list and answers from it: for whoever builds a gate's system."""
    answer = Response(SCRIPT.read_bytes(), content_type="text/x-python; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=SCRIPT.name)
    return answer


@blueprint.get("/<int:number>")
@allow("gates.read")
def show(number: int) -> ResponseReturnValue:
    """The policy of one enterprise, its history, and the form."""
    return _page(number, None, {})


def _page(number: int, draft: Any, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        row = gate_policies.find_one(connection, current_scope(), number) or abort(404)
    with transaction(engine()) as connection:  # the scope has let it through
        timeline = audit.of_subject(connection, "gate_policy", number)
    shown = render_template(
        "gates/policy.html", row=row, draft=draft or {**row, "reason": ""}, faults=faults, timeline=timeline
    )
    return shown, code


@blueprint.post("/<int:number>")
@allow("gates.edit")
def put(number: int) -> ResponseReturnValue:
    """Set it."""
    hours = form.text("list_hours", 10)
    given = int(hours) if hours.isascii() and hours.isdigit() else None
    try:
        with work() as connection:
            set_gate_policy.set_policy(
                connection, current_actor(), current_scope(), number, form.text("when_unreachable", 40), given,
                form.text("reason"),
            )  # fmt: skip
    except LookupError:
        abort(404)
    except Refused as refused:
        return _page(number, request.form, by_field(refused.faults), 422)
    flash(_("The policy is set. Gates get it with the next list and heartbeat."), "good")
    return redirect(url_for("gate_policies.show", number=number), 303)
