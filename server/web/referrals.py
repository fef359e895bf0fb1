"""Referrals: the inbox and outbox of a body, and the page of one with the steps that it may take."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from server.db import transaction
from server.flows import rule_book
from server.store import calendar_days, cases, deadlines, penalties, referrals
from server.store.paging import Query
from server.web import case_facts
from server.web.access import allow, current_account, current_scope, engine, may, work
from server.web.case_forms import step_forms
from server.web.clock_lines import clock_lines
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("referrals", __name__, url_prefix="/referrals")
STATES = (
    "sent", "received", "accepted", "entered", "notified", "penalised", "returned", "answered", "withdrawn",
)  # fmt: skip
FILTERS = (
    Filter("q", _l("Plate, machine number, case or referral number"), wide=True),
    Filter("box", _l("Box"), "choice", lambda: choices("referral_box", *_boxes())),
    Filter("open", _l("Under way"), "choice", lambda: choices("yes_no")),
    Filter("state", _l("State"), "choice", lambda: choices("case_state", *STATES)),
    Filter("kind", _l("Kind"), "choice", lambda: choices("referral_kind")),
    Filter("since", _l("From"), "date"),
    Filter("until", _l("To"), "date"),
)
COLUMNS = (
    Column("subject", _l("Subject")),
    Column("kind", _l("Kind")),
    Column("offences", _l("Offence"), wide=True),
    Column("from", _l("Sent by"), wide=True),
    Column("to", _l("Sent to"), wide=True),
    Column("sent_at", _l("Sent"), sort=True),
    Column("state", _l("State")),
    Column("due_on", _l("Due")),
    Column("number", _l("Number")),
    Column("case_number", _l("Case"), extra=True),
    Column("received_at", _l("Signed for"), extra=True),
    Column("answered_at", _l("Answered"), extra=True),
)


def _boxes() -> tuple[str, ...]:
    """The ecology bureau sees what its branches sent as well; other bodies what they got and sent."""
    return ("out", "in", "all") if current_account().organisation_kind == "ecology" else ("in", "out")


@blueprint.get("/")
@allow("cases.read")
def index() -> ResponseReturnValue:
    """The inbox; for the ecology bureau, which mostly sends, everything of its area."""
    query = read(request.args, FILTERS, COLUMNS, sort="sent_at")
    box = query.values.get("box") or ("all" if current_account().organisation_kind == "ecology" else "in")
    if kind_asked():
        return _export(query, box) if may("cases.export") else abort(403)
    with work() as connection:
        found = referrals.find(connection, current_scope(), query, box)
        today = deadlines.today(connection)
    exports = KINDS if may("cases.export") else ()
    shown = view(query, found, FILTERS, COLUMNS, exports)
    return render_template("referrals/list.html", view=shown, box=box, today=today)


def _export(query: Query, box: str) -> Response:
    with work() as connection:
        rows = referrals.find(connection, current_scope(), whole(query), box).rows
    lines = [_line(row) for row in rows]
    return export("referrals", head_of(COLUMNS), lines, query, "referral.export", ("referral", "list"))


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        row["plate"] or row["machine_number"] or row["subject_text"],
        word("referral_kind", row["kind"]),
        ", ".join(word("offence", code) for code in row["offences"]),
        pick(row["from_zh"], row["from_en"]),
        pick(row["to_zh"], row["to_en"]),
        local(row["sent_at"]),
        word("case_state", row["state"]),
        row["due_on"].isoformat() if row["due_on"] else None,
        row["number"],
        row["case_number"],
        local(row["received_at"]),
        local(row["answered_at"]),
    ]


@blueprint.get("/<int:number>")
@allow("cases.read")
def show(number: int) -> str:
    """One referral."""
    with work() as connection:
        found = referrals.find_one(connection, current_scope(), number) or abort(404)
        case = cases.find_one(connection, current_scope(), found["case_id"])
    account = current_account()
    with transaction(engine()) as connection:  # the fence has let the referral through
        rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
        clocks = [one for one in deadlines.of_case(connection, found["case_id"]) if one["referral_id"] == number]
        newest = referrals.newest_of(connection, found["case_id"], found["branch"])
        stands = newest is not None and newest["id"] == number
        forms = step_forms(connection, rules, case, account) if case and stands and may("cases.work") else []
        fined = [one for one in penalties.of_case(connection, found["case_id"]) if one["referral_id"] == number]
        lines = clock_lines(rules, calendar, clocks, deadlines.today(connection))
    return render_template(
        "referrals/show.html", r=found, c=case, facts=case_facts.read(found["facts"]), penalties=fined,
        forms=[one for one in forms if one.key == found["branch"]], deadlines=lines,
    )  # fmt: skip
