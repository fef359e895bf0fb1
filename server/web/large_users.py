"""Large truck users: the list with its versions, one entry, who belongs there by its ledger."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from server.flows import keep_large_users
from server.flows.keep_large_users import STAGES
from server.store import audit, evidence_items, large_users
from server.store.paging import Query
from server.web import large_user_words, registry_words  # noqa: F401 - their words join at import
from server.web.access import allow, current_scope, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.filter_choices import areas_of_scope
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("large_users", __name__, url_prefix="/large-users")


def _versions() -> list[tuple[str, str]]:
    with work() as connection:
        return [(one, one) for one in large_users.versions(connection)]


FILTERS = (
    Filter("q", _l("Name or credit code"), wide=True),
    Filter("standing", _l("State"), "choice", lambda: choices("list_standing")),
    Filter("list_version", _l("List version"), "choice", _versions),
    Filter("industry", _l("Industry"), "choice", lambda: choices("industry")),
    Filter("kind", _l("Kind"), "choice", lambda: choices("large_user_kind")),
    Filter("gate_state", _l("Gate"), "choice", lambda: choices("gate_state")),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("enterprise", "", "number"),
)
COLUMNS = (
    Column("name", _l("Name"), sort=True),
    Column("standing", _l("State")),
    Column("list_version", _l("List version")),
    Column("industry", _l("Industry"), wide=True),
    Column("kind", _l("Kind"), wide=True),
    Column("grade", _l("Grade"), wide=True),
    Column("trips_normal", _l("Passages a normal day"), sort=True, numeric=True),
    Column("trips_alert", _l("Passages an alert day"), numeric=True, extra=True),
    Column("gate_state", _l("Gate")),
    Column("from_on", _l("From"), sort=True),
    Column("to_on", _l("Off the list from"), sort=True, extra=True),
    Column("division", _l("Area"), sort=True, wide=True),
    Column("fleet", _l("Fleet by stage"), extra=True),
    Column("people_supply", _l("Supplies people's needs"), extra=True),
    Column("contact", _l("Contact"), extra=True),
    Column("phone", _l("Phone"), extra=True),
    Column("reason_in", _l("Reason"), extra=True),
    Column("reason_out", _l("Reason it went off"), extra=True),
)


def fleet_text(fleet: dict[str, int]) -> str:
    """Vehicles by stage in one line."""
    return str(pick("，", ", ")).join(f"{word('truck_stage', code)} {fleet[code]}" for code in STAGES if code in fleet)


@blueprint.get("/")
@allow("large_users.read")
def index() -> ResponseReturnValue:
    """The list, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="from_on")
    with work() as connection:
        found = large_users.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        return _export(query, found.rows)
    shown = view(query, found, FILTERS, COLUMNS, exports=KINDS)
    return render_template("large_users/list.html", view=shown, fleet_text=fleet_text)


def _export(query: Query, rows: list[dict[str, Any]]) -> Response:
    lines = [
        [
            row["enterprise"], word("list_standing", row["standing"]), row["list_version"],
            word("industry", row["industry"]), word("large_user_kind", row["kind"]), row["grade"],
            float(row["trips_normal"]), None if row["trips_alert"] is None else float(row["trips_alert"]),
            word("gate_state", row["gate_state"]),
            row["from_on"].isoformat(), row["to_on"].isoformat() if row["to_on"] else None,
            pick(row["division_zh"], row["division_en"]) or row["division"], fleet_text(row["fleet"]),
            pick("是", "yes") if row["people_supply"] else pick("否", "no"), row["contact"], row["phone"],
            row["reason_in"], row["reason_out"],
        ]
        for row in rows
    ]  # fmt: skip
    return export("large-users", head_of(COLUMNS), lines, query, "large_user.export", ("large_user", "list"))


@blueprint.get("/suggested")
@allow("large_users.edit")
def suggested() -> str:
    """Enterprises that belong on the list by their ledgers."""
    with work() as connection:
        rows, least, days = keep_large_users.suggestions(connection, current_scope(), datetime.now(UTC))
    return render_template("large_users/suggested.html", rows=rows, least=least, days=days)


@blueprint.get("/<int:number>")
@allow("large_users.read")
def show(number: int) -> ResponseReturnValue:
    """One entry."""
    return page(number, {})


def page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    """The page of an entry; `faults` belong to taking it off the list."""
    scope = current_scope()
    with work() as connection:
        row = large_users.find_one(connection, scope, number) or abort(404)
        others = large_users.find(connection, scope, Query({"enterprise": str(row["enterprise_id"])}, "from_on")).rows
        timeline = [] if scope.fence else audit.of_subject(connection, "large_user", number)
        files = evidence_items.of_owner(connection, "large_user", number)
    return render_template(
        "large_users/show.html", row=row, others=others, timeline=timeline, faults=faults, draft=request.form,
        files=files, fleet_text=fleet_text, is_bureau=scope.fence is None,
    ), code  # fmt: skip
