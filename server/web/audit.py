"""The audit log: who did what, when, from where; and whether the chain holds."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.store import audit
from server.web.access import allow, current_actor, work
from server.web.listing import Column, Filter, read, view
from server.web.words import WORDS, word

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


def _actions() -> list[tuple[str, str]]:
    with work() as connection:
        return [(code, word("action", code)) for code in audit.actions(connection)]


FILTERS = (
    Filter("action", _l("Action"), "choice", _actions),
    Filter(
        "subject_kind",
        _l("Subject"),
        "choice",
        lambda: [(k, word("subject_kind", k)) for k in WORDS["subject_kind"]],
    ),
    Filter("subject_id", _l("Number")),
    Filter("username", _l("User name")),
    Filter("address", _l("Network address")),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
)
COLUMNS = (
    Column("id", _l("No."), sort=True, numeric=True),
    Column("at", _l("When")),
    Column("username", _l("Who")),
    Column("address", _l("From where")),
    Column("action", _l("Action")),
    Column("subject", _l("Subject")),
    Column("detail", _l("Detail")),
    Column("hash", _l("Hash"), extra=True),
)


@blueprint.get("/")
@allow("audit.read")
def index() -> str:
    """The log, newest first."""
    query = read(request.args, FILTERS, COLUMNS, sort="id")
    with work() as connection:
        found = audit.find(connection, query)
    return render_template("audit/list.html", view=view(query, found, FILTERS, COLUMNS))


@blueprint.post("/verify")
@allow("audit.read")
def verify() -> ResponseReturnValue:
    """Go through the whole chain; the check itself is logged."""
    with work() as connection:
        rows, faults = audit.verify(connection)
        audit.append(
            connection,
            current_actor(),
            "audit.verify",
            "audit",
            "chain",
            {"rows": rows, "faults": len(faults)},
        )
    if faults:
        return render_template("audit/faults.html", rows=rows, faults=faults), 200
    flash(_("The chain holds: %(rows)d rows checked, none changed, none missing.", rows=rows), "good")
    return redirect(url_for("audit.index"), 303)
