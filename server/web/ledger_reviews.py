"""What drivers entered at the gate waits for the gatekeeper: confirm what passed, refuse what did not."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from server.flows import correct_ledger
from server.flows.refusals import Refused
from server.store import ledger_passages
from server.store.paging import Query
from server.web import form_values as form
from server.web import ledger_forms, ledger_words, registry_words  # noqa: F401 - their words join at import
from server.web.access import allow, current_actor, current_scope, work
from server.web.language import pick
from server.web.ledger_records import stale, version_sent

blueprint = Blueprint("ledger_reviews", __name__, url_prefix="/ledger-reviews")
A_PAGE = 50


@blueprint.get("/")
@allow("ledgers.record")
def index() -> ResponseReturnValue:
    """Entries that wait, the oldest first."""
    return _page()


def _page(faults: dict[int, str] | None = None, code: int = 200) -> ResponseReturnValue:
    query = Query({"state": "pending"}, "passed_at", False, 1, A_PAGE)
    with work() as connection:
        found = ledger_passages.find(connection, current_scope(), query)
    page = render_template(
        "ledger_reviews/list.html", rows=found.rows, total=found.total, faults=faults or {}, named=ledger_forms.named
    )
    return page, code


Step = Callable[[Connection, int, int, datetime], object]


def _settle(number: int, step: Step, told: str) -> ResponseReturnValue:
    try:
        with work() as connection:
            row = ledger_passages.find_one(connection, current_scope(), number)
            if row is None:
                abort(404)
            step(connection, number, version_sent(), datetime.now(UTC))
    except LookupError:
        abort(404)
    except Refused as refused:
        return _page({number: " ".join(str(pick(one.zh, one.en)) for one in refused.faults)}, 422)
    except correct_ledger.Changed:
        return _page({number: stale()}, 409)
    flash(told, "good")
    back = request.args.get("back") == "record"
    return redirect(url_for("ledgers.show", number=number) if back else url_for("ledger_reviews.index"), 303)


@blueprint.post("/<int:number>/confirm")
@allow("ledgers.record")
def confirm(number: int) -> ResponseReturnValue:
    """It passed like this: from now on it counts."""

    def step(connection: Connection, row_id: int, version: int, now: datetime) -> None:
        correct_ledger.confirm_pending(connection, current_actor(), row_id, version, now)

    return _settle(number, step, _("Confirmed: the passage counts."))


@blueprint.post("/<int:number>/refuse")
@allow("ledgers.record")
def refuse(number: int) -> ResponseReturnValue:
    """It did not pass like this, with the reason."""
    reason = form.text("reason")

    def step(connection: Connection, row_id: int, version: int, now: datetime) -> None:
        correct_ledger.refuse_pending(connection, current_actor(), row_id, version, reason, now)

    return _settle(number, step, _("The entry is refused; it counts for nothing."))
