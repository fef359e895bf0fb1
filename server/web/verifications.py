"""Verification tasks: the list, drawing one, going through its items, the score, the print."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from enforcement.ledgers.fields import LEDGER_A
from enforcement.ledgers.verification import Part
from enforcement.rules.book import get_rule
from server.flows import draw_verification, rule_book, verify_ledger
from server.flows.draw_verification import TaskDraft
from server.flows.keep_evidence import Owner, UploadFault, keep
from server.flows.refusals import Refused
from server.flows.verify_ledger import ItemFound, StaleTask
from server.store import alerts, audit, evidence_items, verification_tasks
from server.store.paging import Query
from server.web import alert_words, evidence_owners, ledger_review_words, ledger_words  # noqa: F401 - words join
from server.web import form_values as form
from server.web.access import allow, current_actor, current_scope, may, work
from server.web.evidence_uploads import evidence_store, takes_evidence, uploads
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("verifications", __name__, url_prefix="/verifications")

FILTERS = (
    Filter("q", _l("Number"), wide=True),
    Filter("state", _l("State"), "choice", lambda: choices("verification_state")),
    Filter("from", _l("Drawn from"), "date"),
    Filter("to", _l("to"), "date"),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("enterprise", "", "number"),
)
COLUMNS = (
    Column("number", _l("Number")),
    Column("enterprise", _l("Enterprise")),
    Column("period", _l("Days")),
    Column("state", _l("State")),
    Column("checked", _l("Checked"), numeric=True),
    Column("score", _l("Score"), numeric=True),
    Column("drawn_at", _l("Drawn"), sort=True),
    Column("drawer", _l("Drawn by"), wide=True),
)


@blueprint.get("/")
@allow("verification.read")
def index() -> ResponseReturnValue:
    """Tasks of the scope, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="drawn_at")
    with work() as connection:
        found = verification_tasks.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        return export("verifications", head_of(COLUMNS), lines, query, "verification.export", ("verification", "list"))
    return render_template("verifications/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _line(row: Mapping[str, Any]) -> list[Any]:
    return [
        row["number"], row["enterprise"], f"{row['from_on']} – {row['to_on']}",
        word("verification_state", row["state"]),
        f"{row['checked_n']}/{row['items_n']}", None if row["score"] is None else float(row["score"]),
        local(row["drawn_at"]), row["drawer"],
    ]  # fmt: skip


@blueprint.get("/new")
@allow("verification.work")
def new() -> ResponseReturnValue:
    """The form of a draw."""
    return _form({name: request.args.get(name, "")[:100] for name in ("enterprise", "from_on", "to_on", "alert")}, {})


def _form(draft: Mapping[str, str], faults: Mapping[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        found = alerts.find(connection, current_scope(), Query({}, "from_at"))
        named = verification_tasks.enterprise_named(connection, current_scope(), draft.get("enterprise", ""))
    offered = [(str(row["id"]), _alert_named(row)) for row in found.rows if row["state"] == "active"]
    shown = {**draft, "enterprise": named["name"] if named else draft.get("enterprise", "")}
    return render_template("verifications/form.html", draft=shown, faults=faults, alerts=offered), code


def _alert_named(row: Mapping[str, Any]) -> str:
    return f"{word('alert_level', row['level'])} {local(row['from_at'], False)} {row['document']}"


@blueprint.post("/new")
@allow("verification.work")
def add() -> ResponseReturnValue:
    """Draw a task."""
    alert = form.text("alert", 10)
    draft = TaskDraft(
        form.text("enterprise", 200), form.day("from_on"), form.day("to_on"),
        int(alert) if alert.isascii() and alert.isdigit() and len(alert) < 10 else None, form.text("seed", 100),
    )  # fmt: skip
    try:
        with work() as connection:
            if draft.alert_id is not None and alerts.find_one(connection, current_scope(), draft.alert_id) is None:
                abort(404)
            now = datetime.now(UTC)
            number = draw_verification.draw_task(connection, current_actor(), current_scope(), draft, now)
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), 422)
    flash(_("The items are drawn. The seed is kept: whoever has the ledger draws the same ones."), "good")
    return redirect(url_for("verifications.show", number=number), 303)


@blueprint.get("/<int:number>")
@allow("verification.read")
def show(number: int) -> ResponseReturnValue:
    """One task with its items."""
    return _page(number, {})


def _page(number: int, faults: Mapping[str, str], code: int = 200, item: int = 0) -> ResponseReturnValue:
    with work() as connection:
        row = verification_tasks.find_one(connection, current_scope(), number) or abort(404)
        items = verification_tasks.items_of(connection, number)
        timeline = audit.of_subject(connection, "verification", number)
        photos = evidence_items.of_owner(connection, "verification", number)
        expected = get_rule(rule_book.current(connection), "review.expected_fields", row["drawn_at"]).words
    by_part = [(part.value, [one for one in items if one["part"] == part.value]) for part in Part]
    names = {field.name: pick(field.zh, field.en) for field in LEDGER_A}
    shown = render_template(
        "verifications/show.html", row=row, parts=by_part, timeline=timeline, faults=faults, wrong=item, photos=photos,
        draft=request.form, expected=expected, names=names, score_now=verify_ledger.task_score(row["method"], items),
    )  # fmt: skip
    return shown, code


@blueprint.post("/<int:number>/items/<int:item>")
@allow("verification.work")
@takes_evidence
def judge(number: int, item: int) -> ResponseReturnValue:
    """The verdict on an item, with its photos."""
    seen = form.number("seen")
    try:
        with work() as connection:
            task = verification_tasks.find_one(connection, current_scope(), number) or abort(404)
            owner = Owner("verification", number, task["division"], task["enterprise_id"])
            kept = keep(connection, evidence_store(), current_actor(), owner, uploads("files", "scene"))
            found = ItemFound(
                form.text("verdict", 20), form.text("note"), form.text("stage", 2),
                int(seen) if seen is not None and 0 <= seen < 100_000 else None, tuple(one.id for one in kept),
            )  # fmt: skip
            verify_ledger.judge(connection, current_actor(), current_scope(), number, item, found, datetime.now(UTC))
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422, item)
    except UploadFault as fault:
        return _page(number, {"files": pick(fault.zh, fault.en)}, 422, item)
    except LookupError:
        abort(404)
    return redirect(url_for("verifications.show", number=number, _anchor=f"item-{item}"), 303)


def _write(number: int, step: Callable[[Connection, int], object], told: str) -> ResponseReturnValue:
    text = form.text("version", 20)
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    try:
        with work() as connection:
            step(connection, version)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except StaleTask:
        return _page(number, {"conclusion": _("Somebody else has changed it meanwhile. Look at it again.")}, 409)
    flash(told, "good")
    return redirect(url_for("verifications.show", number=number), 303)


@blueprint.post("/<int:number>/finish")
@allow("verification.work")
def finish(number: int) -> ResponseReturnValue:
    """Close a task with its score."""

    def step(connection: Connection, version: int) -> None:
        verify_ledger.finish(
            connection, current_actor(), current_scope(), number, version, form.text("conclusion"), datetime.now(UTC)
        )

    return _write(number, step, _("The verification is finished."))


@blueprint.post("/<int:number>/void")
@allow("verification.work")
def void(number: int) -> ResponseReturnValue:
    """Drop a task, with why."""

    def step(connection: Connection, version: int) -> None:
        verify_ledger.void(connection, current_actor(), current_scope(), number, version, form.text("reason"))

    return _write(number, step, _("The verification is void."))


def _can_read(connection: Connection, number: int) -> bool:
    return may("verification.read") and verification_tasks.find_one(connection, current_scope(), number) is not None


def _writer(connection: Connection, number: int) -> Owner | None:
    row = verification_tasks.find_one(connection, current_scope(), number) if may("verification.work") else None
    if row is None or row["state"] != "open":
        return None
    return Owner("verification", number, row["division"], row["enterprise_id"])


evidence_owners.register("verification", _can_read, _writer)
