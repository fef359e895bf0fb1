"""The watch list: what officers put on it and what follows from records; one entry; adding, changing, withdrawing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from enforcement.registry.watch_reasons import DERIVED, ENTERED
from server.flows import inspection_subjects, keep_watch, rule_book
from server.flows.inspection_subjects import SubjectGiven
from server.flows.keep_watch import StaleEntry, WatchDraft
from server.flows.refusals import Refused
from server.store import audit, machines, trucks, watch_entries
from server.store.paging import Query
from server.web import form_values as form
from server.web import registry_words, subject_files, watch_words  # noqa: F401 - their words join at import
from server.web.access import allow, current_account, current_actor, current_scope, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_city
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.watch_words import why_watched
from server.web.words import choices, word

blueprint = Blueprint("watch_list", __name__, url_prefix="/watch-list")

FILTERS = (
    Filter("q", _l("Plate or machine number"), wide=True),
    Filter("reason", _l("Reason"), "choice", lambda: choices("watch_reason", *ENTERED)),
    Filter("standing", _l("State"), "choice", lambda: choices("watch_standing")),
    Filter("subject", _l("Subject"), "choice", lambda: choices("subject_kind", "truck", "machine")),
    Filter("division", _l("Area"), "choice", areas_of_city),
    Filter("truck", "", "number"),
    Filter("machine", "", "number"),
)
COLUMNS = (
    Column("subject", _l("Subject"), sort=True),
    Column("reason", _l("Reason"), sort=True),
    Column("standing", _l("State")),
    Column("from_on", _l("From"), sort=True),
    Column("until_on", _l("Last day"), sort=True),
    Column("note", _l("Note"), wide=True),
    Column("division", _l("Area"), wide=True),
    Column("owner", _l("Owner"), extra=True),
    Column("maker", _l("Put there by"), extra=True),
    Column("created_at", _l("Put there"), sort=True, extra=True),
)
DERIVED_FILTERS = (
    FILTERS[0],
    Filter("reason", _l("Reason"), "choice", lambda: choices("watch_reason", *DERIVED)),
    FILTERS[3],
    FILTERS[4],
)
DERIVED_COLUMNS = (
    Column("subject", _l("Subject"), sort=True),
    Column("reason", _l("Reason"), sort=True),
    Column("from_on", _l("Since"), sort=True),
    Column("record", _l("Follows from")),
    Column("division", _l("Area"), wide=True),
    Column("owner", _l("Owner"), extra=True),
)


@blueprint.get("/")
@allow("watch.read")
def index() -> ResponseReturnValue:
    """What officers put on the list, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="created_at")
    with work() as connection:
        found = watch_entries.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        return _export(COLUMNS, [_line(row) for row in found.rows], query, "watch-list")
    return render_template("watch_list/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


@blueprint.get("/derived")
@allow("watch.read")
def derived() -> ResponseReturnValue:
    """What is watched because of records, or the same as a file."""
    query = read(request.args, DERIVED_FILTERS, DERIVED_COLUMNS, sort="from_on")
    with work() as connection:
        values = watch_entries.watch_values(rule_book.current(connection), datetime.now(UTC))
        asked = whole(query) if kind_asked() else query
        found = watch_entries.find_derived(connection, current_scope(), values, asked)
    if kind_asked():
        return _export(DERIVED_COLUMNS, [_derived_line(row) for row in found.rows], query, "watched")
    shown = view(query, found, DERIVED_FILTERS, DERIVED_COLUMNS, exports=KINDS)
    return render_template("watch_list/derived.html", view=shown, numbers=values)


def _export(columns: tuple[Column, ...], lines: list[list[Any]], query: Query, name: str) -> Response:
    head = [*head_of(columns), _("Plate colour")]
    return export(name, head, lines, query, "watch.export", ("watch_entry", "list"))


def _line(row: dict[str, Any]) -> list[Any]:
    return [
        row["subject_text"], word("watch_reason", row["reason"]), word("watch_standing", row["standing"]),
        row["from_on"].isoformat(), row["until_on"].isoformat() if row["until_on"] else "", row["note"],
        pick(row["division_zh"], row["division_en"]) or row["division"], row["owner"], row["maker"],
        local(row["created_at"]), word("plate_colour", row["plate_colour"]) if row["plate_colour"] else "",
    ]  # fmt: skip


def _derived_line(row: dict[str, Any]) -> list[Any]:
    return [
        row["number"], word("watch_reason", row["reason"]), row["from_on"].isoformat(),
        f"{word('file_kind', row['record_kind'])} {row['record_id']}",
        pick(row["division_zh"], row["division_en"]) or row["division"], row["owner"],
        word("plate_colour", row["plate_colour"]) if row["plate_colour"] else "",
    ]  # fmt: skip


@blueprint.get("/new")
@allow("watch.edit")
def new() -> ResponseReturnValue:
    """The form, with the truck or machine that the address names."""
    with work() as connection:
        draft: MultiDict[str, str] = MultiDict(_subject_asked(connection))
    return render_template("watch_list/form.html", draft=draft, faults={}, reasons=choices("watch_reason", *ENTERED))


def _subject_asked(connection: Connection) -> dict[str, str]:
    for name, find in (("truck", trucks.find_one), ("machine", machines.find_one)):
        number = request.args.get(name, "")
        if (
            number.isascii()
            and number.isdigit()
            and len(number) < 10
            and find(connection, int(number), current_scope())
        ):
            ids = {"truck_id": None, "machine_id": None, f"{name}_id": int(number)}
            known = watch_entries.identity_of(connection, **ids)
            return {"subject": known["text"] or "", "colour": known["colour"] or "", "subject_kind": name}
    return {"subject": request.args.get("subject", "")[:40]}


@blueprint.post("/new")
@allow("watch.edit")
def add() -> ResponseReturnValue:
    """Put a truck or machine on the list."""
    subject = SubjectGiven(form.text("subject", 100), form.text("colour", 40), form.text("subject_kind", 40))
    draft = WatchDraft(
        subject, form.text("reason", 40), form.text("note"), form.day("from_on"), form.day("until_on")
    )  # fmt: skip
    try:
        with work() as connection:
            number = keep_watch.add(
                connection, current_actor(), current_scope(), current_account().division, draft, datetime.now(UTC)
            )
    except Refused as refused:
        faults, offered = by_field(refused.faults), choices("watch_reason", *ENTERED)
        return render_template("watch_list/form.html", draft=request.form, faults=faults, reasons=offered), 422
    flash(_("It is on the watch list. Tablets learn of it when they refresh."), "good")
    return redirect(url_for("watch_list.show", number=number), 303)


@blueprint.post("/subject")
@allow("watch.edit")
def subject() -> str:
    """What the register holds of the number typed, and why it is watched already."""
    given = SubjectGiven(form.text("subject", 100), form.text("colour", 40), form.text("subject_kind", 40))
    found, faults, watched = None, {}, []
    with work() as connection:
        try:
            found = inspection_subjects.find(connection, given)
            watched = why_watched(connection, found.truck_id, found.machine_id, found.text)
        except Refused as refused:
            faults = by_field(refused.faults)
    return render_template("watch_list/_subject.html", found=found, faults=faults, watched=watched)


@blueprint.get("/<int:number>")
@allow("watch.read")
def show(number: int) -> ResponseReturnValue:
    """One entry."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        row = watch_entries.find_one(connection, current_scope(), number) or abort(404)
        watched = why_watched(connection, row["truck_id"], row["machine_id"], row["subject_text"])
        timeline = audit.of_subject(connection, "watch_entry", number)
    others = [one for one in watched if (one["record_kind"], one["record_id"]) != ("watch_entry", number)]
    page = render_template(
        "watch_list/show.html", row=row, others=others, timeline=timeline, faults=faults, draft=request.form
    )
    return page, code


def _write(number: int, write: Callable[[Connection, int], Any], told: str) -> ResponseReturnValue:
    version = form.text("version", 20)
    try:
        with work() as connection:
            write(connection, int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except StaleEntry:
        return _page(number, {"reason": _("Somebody else has changed it meanwhile. Look at it again.")}, 409)
    flash(told, "good")
    return redirect(url_for("watch_list.show", number=number), 303)


@blueprint.post("/<int:number>/edit")
@allow("watch.edit")
def change(number: int) -> ResponseReturnValue:
    """Another note or last day."""

    def write(connection: Connection, version: int) -> None:
        keep_watch.change(
            connection, current_actor(), current_scope(), number, version, form.text("note"), form.day("until_on"),
            datetime.now(UTC),
        )  # fmt: skip

    return _write(number, write, _("The entry is changed."))


@blueprint.post("/<int:number>/withdraw")
@allow("watch.edit")
def withdraw(number: int) -> ResponseReturnValue:
    """Take it off the list, with the reason."""

    def write(connection: Connection, version: int) -> None:
        keep_watch.withdraw(connection, current_actor(), current_scope(), number, version, form.text("reason"))

    return _write(number, write, _("It is off the watch list."))
