"""Repair notices: the list, one notice with its loop, what stations do with it, and the list as a file."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from enforcement.cases.repairs import scrap_advice
from server.db import transaction
from server.flows import repair_notices, repair_work, rule_book
from server.flows.keep_evidence import Owner
from server.flows.refusals import Refused
from server.flows.repair_work import Who
from server.store import audit, calendar_days, evidence_items, repairs, stations
from server.store import repair_work as works
from server.store.paging import Query
from server.web import evidence_owners, repair_words  # noqa: F401 - the words join at import
from server.web.access import allow, current_account, current_actor, current_scope, engine, may, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.failed_items import failed_items
from server.web.field_faults import by_field
from server.web.filter_choices import yes_no
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.repair_forms import moment_of, typed, work_of
from server.web.words import choices, word

blueprint = Blueprint("repairs", __name__, url_prefix="/repairs")
blueprint.add_app_template_global(failed_items, "failed_items")


FILTERS = (
    Filter("q", _l("Plate, machine number, VIN, notice number"), wide=True),
    Filter("overdue", _l("Overdue"), "choice", yes_no),
    Filter("open", _l("Not repaired yet"), "choice", yes_no),
    Filter("state", _l("State"), "choice", lambda: choices("notice_state")),
    Filter("subject", _l("Subject"), "choice", lambda: choices("subject_kind", "truck", "machine")),
    Filter("from", _l("Issued from"), "date"),
    Filter("to", _l("to"), "date"),
    Filter("division", "", "number"),
    Filter("case", "", "number"),
    Filter("truck", "", "number"),
    Filter("machine", "", "number"),
)
COLUMNS = (
    Column("subject", _l("Subject")),
    Column("state", _l("State")),
    Column("due_on", _l("Due"), sort=True),
    Column("failed_items", _l("Failed"), wide=True),
    Column("station", _l("Station")),
    Column("owner", _l("Owner"), wide=True),
    Column("number", _l("Number"), sort=True),
    Column("issued_on", _l("Issued"), sort=True, wide=True),
    Column("division", _l("Area"), extra=True),
    Column("vin", "VIN", extra=True),
    Column("organisation", _l("Issued by"), extra=True),
)


@blueprint.get("/")
@allow("repairs.read")
def index() -> ResponseReturnValue:
    """What is to be repaired, the most overdue first; for a station, what it looked up."""
    query = read(request.args, FILTERS, COLUMNS, sort="due_on", descending=False)
    if not request.args and not current_scope().fence:
        query = Query({"open": "yes"}, query.sort, query.descending, query.page, query.size)
    if kind_asked():
        return _export(query)
    return _list(query, {})


def _list(query: Query, faults: dict[str, str]) -> str:
    with work() as connection:
        found = repairs.find(connection, current_scope(), query)
    with transaction(engine()) as connection:
        station = stations.of_organisation(connection, current_account().organisation_id)
    return render_template(
        "repairs/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS), station=station,
        faults=faults,
    )  # fmt: skip


def _export(query: Query) -> Response:
    with work() as connection:
        rows = repairs.find(connection, current_scope(), whole(query)).rows
    lines = [_line(row) for row in rows]
    return export("repairs", head_of(COLUMNS), lines, query, "repair_notice.export", ("repair_notice", "list"))


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    state = word("notice_state", row["state"])
    failed = "; ".join(
        f"{one['name']} {one['value']}/{one['limit']} {one['unit']}" for one in failed_items(row["failed_items"])
    )
    return [
        row["subject_text"],
        f"{state} ({_('overdue')})" if row["overdue"] else state,
        row["due_on"].isoformat(),
        failed,
        row["station"],
        row["owner"] or row["enterprise"],
        row["number"],
        row["issued_on"].isoformat(),
        pick(row["division_zh"], row["division_en"]) or row["division"],
        row["vin"],
        pick(row["organisation_zh"], row["organisation_en"]),
    ]


@blueprint.post("/lookup")
@allow("repairs.record")
def look_up() -> ResponseReturnValue:
    """A station is told plate and number (or VIN) by whoever brings the vehicle."""
    given = {name: request.form.get(name, "").replace("\x00", "").strip()[:60] for name in ("number", "plate")}
    with work() as connection:
        found = repairs.look_up(connection, given["number"], given["plate"], current_actor().user_id)
        if found is not None:
            audit.append(connection, current_actor(), "repair.look_up", "repair_notice", found, given)
    if found is None:
        text = _("No notice has this plate with this number or VIN. Check both as they stand on the notice.")
        return _list(read(request.args, FILTERS, COLUMNS, "due_on", False), {"number": str(text)}), 422
    return redirect(url_for("repairs.show", number=found), 303)


@blueprint.get("/<int:number>")
@allow("repairs.read")
def show(number: int) -> str:
    """One notice: what failed, until when, what stations did, what can be done now."""
    return _page(number, {}, "")


def _page(number: int, faults: dict[str, str], failed: str) -> str:
    account = current_account()
    with work() as connection:
        found = repairs.find_one(connection, current_scope(), number) or abort(404)
        done, tests = works.repairs_of(connection, number), works.retests_of(connection, number)
    own = account.organisation_id if account.organisation_kind == "station" else None
    with transaction(engine()) as connection:  # the fence has let the notice through
        advice = _advice(connection, found, tests)
        station = stations.of_organisation(connection, account.organisation_id)
        candidates = works.candidates(connection, found, own) if may("retests.record") else []
        timeline = audit.of_subject(connection, "repair_notice", number) if current_scope().fence is None else []
        files = {one["id"]: evidence_items.of_owner(connection, "repair", one["id"]) for one in done}
    mine = next(
        (one for one in done if station and one["station_id"] == station["id"] and not one["finished_at"]), None
    )
    return render_template(
        "repairs/show.html", n=found, done=done, tests=tests, station=station, candidates=candidates, mine=mine,
        typed=typed(mine) if mine else {}, timeline=timeline, files=files, faults=faults, failed=failed,
        advice=advice,
    )  # fmt: skip


def _advice(connection: Connection, notice: dict[str, Any], tests: list[dict[str, Any]]) -> str:
    """What the law says of one that goes on failing, where it does."""
    failed = sum(one["outcome"] == "failed" for one in tests)
    if notice["state"] != "failed_again":
        return ""
    told = scrap_advice(rule_book.current(connection), failed, datetime.now(UTC), notice["division"])
    return str(pick(told.zh, told.en)) if told else ""


def _act(number: int, failed: str, step: Callable[[Who], object]) -> ResponseReturnValue | None:
    """Run a step after the fence has let the notice through; the page again where it is refused."""
    with work() as connection:
        if repairs.find_one(connection, current_scope(), number) is None:
            abort(404)
    try:
        with transaction(engine()) as connection:
            rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
            step((connection, current_actor(), current_account(), rules, calendar))
    except LookupError:
        abort(404)
    except Refused as refused:
        return _page(number, by_field(refused.faults), failed), 422
    return None


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@blueprint.post("/<int:number>/begin")
@allow("repairs.record")
def begin(number: int) -> ResponseReturnValue:
    """A maintenance station takes it in."""
    order, at = request.form.get("work_order", ""), moment_of(request.form.get("accepted_at", ""))
    refused = _act(number, "begin", lambda who: repair_work.begin(*who, number, _version(), order, at))
    return refused or _done(number, _("The work order is open."))


@blueprint.post("/<int:number>/work/<int:repair>")
@allow("repairs.record")
def put_work(number: int, repair: int) -> ResponseReturnValue:
    """Keep the work so far, or finish it."""
    finish = request.form.get("do") == "finish"
    given = work_of(request.form, finish)
    if finish and given.finished_at is None:
        return _page(number, {"finished_at": str(_("Say when it was finished."))}, "work"), 422
    refused = _act(number, "work", lambda who: repair_work.put_work(*who, repair, _version(), given))
    return refused or _done(number, _("The repair is finished; it can be tested again.") if finish else _("Kept."))


@blueprint.post("/<int:number>/retest")
@allow("retests.record")
def retest(number: int) -> ResponseReturnValue:
    """An inspection counts as the re-test."""
    text = request.form.get("inspection", "")
    chosen = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    told: list[Any] = []
    refused = _act(number, "retest", lambda who: told.append(repair_work.retest(*who, number, _version(), chosen)))
    if refused is not None:
        return refused
    passed = _("Passed: the notice is closed.")
    return _done(number, passed if told[0] == "passed" else _("Failed again: it goes back to be repaired."))


@blueprint.post("/<int:number>/withdrawal")
@allow("documents.issue")
def withdraw(number: int) -> ResponseReturnValue:
    """Take back a notice, with the reason."""
    reason = request.form.get("reason", "")

    def step(who: Who) -> None:
        repair_notices.withdraw(*who[:3], number, _version(), reason)

    return _act(number, "withdraw", step) or _done(number, _("The notice is withdrawn."))


@blueprint.post("/of-inspection/<int:inspection>")
@allow("cases.open")
def add(inspection: int) -> ResponseReturnValue:
    """Issue the notice of a failed inspection."""
    try:
        with transaction(engine()) as connection:
            rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
            number, _text = repair_notices.notice_of_inspection(
                connection, current_actor(), current_account(), rules, calendar, inspection, datetime.now(UTC)
            )
    except LookupError:
        abort(404)
    except Refused as refused:
        flash(" ".join(pick(one.zh, one.en) for one in refused.faults), "over")
        return redirect(url_for("repairs.index"), 303)
    return _done(number, _("The repair notice is issued."))


def _done(number: int, text: str) -> ResponseReturnValue:
    flash(str(text), "good")
    return redirect(url_for("repairs.show", number=number), 303)


# --- files of the work ---


def _readable(connection: Connection, number: int) -> bool:
    return may("repairs.read") and works.work_visible(connection, current_scope(), number) is not None


def _writer(connection: Connection, number: int) -> Owner | None:
    found = works.work_visible(connection, current_scope(), number) if may("repairs.record") else None
    if found is None or found["finished_at"] is not None or not found["is_own"]:
        return None
    return Owner("repair", number, found["division"], found["enterprise_id"], current_account().organisation_id)


evidence_owners.register("repair", _readable, _writer)
