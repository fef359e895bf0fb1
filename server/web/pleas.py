"""Pleas: the list, sending one with attachments, one plea with its answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from enforcement.cases.pleading import pleading_refusal
from server.flows import send_plea
from server.flows.keep_evidence import UploadFault
from server.flows.refusals import Refused
from server.flows.send_plea import PleaDraft, StalePlea
from server.store import audit, evidence_items, pleas
from server.web import evidence_owners, plea_words  # noqa: F401 - its words join at import
from server.web import form_values as form
from server.web.access import allow, current_actor, current_scope, may, work
from server.web.evidence_uploads import evidence_store, takes_evidence, uploads
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope, yes_no
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("pleas", __name__, url_prefix="/pleas")

FILTERS = (
    Filter("q", _l("Plea, case or enterprise"), wide=True),
    Filter("state", _l("State"), "choice", lambda: choices("plea_state")),
    Filter("hearing", _l("Wants a hearing"), "choice", yes_no),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("case", "", "number"),
    Filter("violation", "", "number"),
    Filter("enterprise", "", "number"),
)
COLUMNS = (
    Column("number", _l("Number"), sort=True),
    Column("ground", _l("About")),
    Column("enterprise", _l("Enterprise")),
    Column("content", _l("What is pleaded"), wide=True),
    Column("wants_hearing", _l("Hearing"), wide=True),
    Column("sent_at", _l("Sent"), sort=True),
    Column("state", _l("State")),
    Column("answered_at", _l("Answered"), sort=True, extra=True),
    Column("division", _l("Area"), extra=True),
)


def _readable(connection: Connection, number: int) -> bool:
    return may("pleas.read") and pleas.find_one(connection, current_scope(), number) is not None


evidence_owners.register("plea", _readable)


@blueprint.get("/")
@allow("pleas.read")
def index() -> ResponseReturnValue:
    """The list, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="sent_at")
    with work() as connection:
        found = pleas.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        return export("pleas", head_of(COLUMNS), lines, query, "plea.export", ("plea", "list"))
    return render_template("pleas/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        row["number"], row["case_number"] or row["violation_number"], row["enterprise"], row["content"],
        _("yes") if row["wants_hearing"] else _("no"), local(row["sent_at"]), word("plea_state", row["state"]),
        local(row["answered_at"]) if row["answered_at"] else "",
        pick(row["division_zh"], row["division_en"]) or row["division"],
    ]  # fmt: skip


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 19 else None


@blueprint.get("/new")
@allow("pleas.send")
def new() -> ResponseReturnValue:
    """The form, about the case or violation that the address names."""
    return _form(_number(request.args.get("case", "")), _number(request.args.get("violation", "")), {})


def _form(
    case_id: int | None, violation_id: int | None, faults: dict[str, str], code: int = 200
) -> ResponseReturnValue:
    try:
        with work() as connection:
            ground = send_plea.ground_of(connection, current_scope(), case_id, violation_id)
    except LookupError:
        abort(404)
    closed = pleading_refusal(ground["state"]) if case_id is not None else None
    shown = render_template(
        "pleas/form.html", ground=ground, case_id=case_id, violation_id=violation_id, draft=request.form,
        faults=faults, closed=closed,
    )  # fmt: skip
    return shown, code


@blueprint.post("/new")
@allow("pleas.send")
@takes_evidence
def send() -> ResponseReturnValue:
    """Send a plea with its attachments, whole or not at all."""
    draft = PleaDraft(
        _number(form.text("case", 20)), _number(form.text("violation", 20)), form.text("content", 5000),
        form.text("person", 200), form.text("phone", 60), form.text("wants_hearing", 3) == "yes",
    )  # fmt: skip
    try:
        with work() as connection:
            number = send_plea.send(
                connection, evidence_store(), current_actor(), current_scope(), draft, uploads("files", "document"),
                datetime.now(UTC),
            )  # fmt: skip
    except LookupError:
        abort(404)
    except Refused as refused:
        return _form(draft.case_id, draft.violation_id, by_field(refused.faults), 422)
    except UploadFault as fault:
        return _form(draft.case_id, draft.violation_id, {"files": str(pick(fault.zh, fault.en))}, 422)
    flash(_("The plea is sent. The bureau answers here."), "good")
    return redirect(url_for("pleas.show", number=number), 303)


@blueprint.get("/<int:number>")
@allow("pleas.read")
def show(number: int) -> ResponseReturnValue:
    """One plea."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        row = pleas.find_one(connection, current_scope(), number) or abort(404)
        files = evidence_items.of_owner(connection, "plea", number)
        timeline = [] if current_scope().fence else audit.of_subject(connection, "plea", number)
    shown = render_template(
        "pleas/show.html", row=row, files=files, timeline=timeline, faults=faults, draft=request.form
    )
    return shown, code


def _write(number: int, write: Callable[[Connection, int], None], told: str) -> ResponseReturnValue:
    version = form.text("version", 9)
    try:
        with work() as connection:
            write(connection, int(version) if version.isascii() and version.isdigit() else 0)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except StalePlea:
        return _page(number, {"answer": _("Somebody else has changed it meanwhile. Look at it again.")}, 409)
    flash(told, "good")
    return redirect(url_for("pleas.show", number=number), 303)


@blueprint.post("/<int:number>/withdraw")
@allow("pleas.send")
def withdraw(number: int) -> ResponseReturnValue:
    """Take it back."""

    def write(connection: Connection, version: int) -> None:
        send_plea.withdraw(connection, current_actor(), current_scope(), number, version)

    return _write(number, write, _("The plea is taken back."))


@blueprint.post("/<int:number>/answer")
@allow("pleas.answer")
def answer(number: int) -> ResponseReturnValue:
    """The bureau's answer."""

    def write(connection: Connection, version: int) -> None:
        send_plea.answer(
            connection, current_actor(), current_scope(), number, version, form.text("state", 20),
            form.text("answer", 5000),
        )  # fmt: skip

    return _write(number, write, _("The plea is answered; the enterprise reads it here."))
