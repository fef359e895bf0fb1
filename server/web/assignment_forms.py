"""Planning a day: the form with its place on the map, changing, closing, calling off."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from enforcement.rules.book import day_of
from server.flows import assign_work, rule_book
from server.flows.assign_work import AssignmentDraft, StaleAssignment
from server.flows.assigned_subjects import NamedSubject, of_watched, read_lines
from server.flows.refusals import Refused
from server.store import assignments, cases, map_layers, watch_entries
from server.web import form_values as form
from server.web.access import allow, current_account, current_actor, current_scope, may, work
from server.web.assignments import KINDS_OF_CHECK, blueprint, page
from server.web.field_faults import by_field
from server.web.map import control_words
from server.web.words import choices

OFFERED = 60  # watched subjects beside the form; whoever needs another types its number


def _form(
    draft: Any, faults: dict[str, str], row: dict[str, Any] | None = None, code: int = 200
) -> ResponseReturnValue:
    scope, account = current_scope(), current_account()
    with work() as connection:
        watched = _watched(connection)
        extent = map_layers.extent(connection, scope.divisions or "21")
        people = cases.colleagues(connection, row["organisation_id"] if row else account.organisation_id)
    settings = current_app.extensions["settings"]
    shown = render_template(
        "assignments/form.html", draft=draft, faults=faults, row=row, watched=watched, people=people,
        chosen={name: draft.getlist(name) for name in ("people", "watch")},
        kinds=choices("inspection_kind", *KINDS_OF_CHECK), city=str(settings.city),
        tiles={"url": settings.tile_url or None, "attribution": settings.tile_attribution},
        map_words=control_words, extent=extent or [118.8, 40.4, 121.3, 42.4],
    )  # fmt: skip
    return shown, code


def _watched(connection: Connection) -> list[dict[str, Any]]:
    if not may("watch.read"):
        return []
    values = watch_entries.watch_values(rule_book.current(connection), datetime.now(UTC))
    return watch_entries.watched(connection, current_scope(), values, OFFERED)


def _draft(connection: Connection) -> AssignmentDraft:
    people = [int(one) for one in request.form.getlist("people") if one.isascii() and one.isdigit() and len(one) < 10]
    named = read_lines(form.text("subjects", 40_000))
    ticked = request.form.getlist("watch")
    named += of_watched(_watched(connection), ticked) if ticked else ()
    typed = form.text("wanted", 20)
    return AssignmentDraft(
        form.day("day"), form.text("kind", 40), form.text("title", 400), form.text("place", 400),
        form.number("lon"), form.number("lat"), form.text("enterprise", 200), form.text("note", 4000),
        (form.number("wanted") or 0) if typed else None, tuple(people), named,
    )  # fmt: skip


@blueprint.get("/new")
@allow("assignments.edit")
def new() -> ResponseReturnValue:
    """The empty form, for today."""
    draft: MultiDict[str, str] = MultiDict({"day": day_of(datetime.now(UTC)).isoformat(), "kind": "roadside"})
    for name in ("day", "watch", "subjects"):
        given = [text[:100] for text in request.args.getlist(name)[:OFFERED]]
        if given:
            draft.setlist(name, given)
    return _form(draft, {})


@blueprint.post("/new")
@allow("assignments.edit")
def add() -> ResponseReturnValue:
    """Plan it."""
    try:
        with work() as connection:
            number = assign_work.plan(
                connection, current_actor(), current_scope(), current_account().division, _draft(connection),
                datetime.now(UTC),
            )  # fmt: skip
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), code=422)
    flash(_("The assignment is planned. Its people see it on their first page and on the tablet."), "good")
    return redirect(url_for("assignments.show", number=number), 303)


@blueprint.get("/enterprises")
@allow("assignments.edit")
def enterprises() -> ResponseReturnValue:
    """Enterprises whose name holds the words: what the form's field offers."""
    asked = request.args.get("q", "").strip()[:40]
    if len(asked) < 2:
        return jsonify([])
    with work() as connection:
        return jsonify(assignments.enterprises_like(connection, current_scope(), asked))


@blueprint.get("/<int:number>/edit")
@allow("assignments.edit")
def edit(number: int) -> ResponseReturnValue:
    """The form as it was planned."""
    with work() as connection:
        row = _own(connection, number)
        named = assignments.subjects(connection, [number])
        people = assignments.people(connection, number)
    draft: MultiDict[str, str] = MultiDict(
        {
            name: "" if row[name] is None else str(row[name])
            for name in ("day", "kind", "title", "place", "note", "wanted")
        }
    )
    draft.update({name: "" if row[name] is None else f"{row[name]:.6f}" for name in ("lon", "lat")})
    draft["enterprise"] = row["enterprise"] or ""
    lines = [NamedSubject(one["subject_text"], one["plate_colour"] or "", one["why"]).line for one in named]
    draft["subjects"] = "\n".join(lines)
    draft.setlist("people", [str(one["id"]) for one in people])
    return _form(draft, {}, row)


def _own(connection: Connection, number: int) -> dict[str, Any]:
    row = assignments.find_one(connection, current_scope(), number) or abort(404)
    if row["organisation_id"] != current_account().organisation_id or row["state"] != "planned":
        abort(404)
    return row


def _version() -> int:
    given = form.text("version", 20)
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0


@blueprint.post("/<int:number>/edit")
@allow("assignments.edit")
def change(number: int) -> ResponseReturnValue:
    """Plan it anew."""
    with work() as connection:
        row = _own(connection, number)
    try:
        with work() as connection:
            assign_work.change(
                connection, current_actor(), current_scope(), number, _version(), _draft(connection), datetime.now(UTC)
            )
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), row, 422)
    except StaleAssignment:
        return _form(request.form, {"title": _("Somebody else has changed it meanwhile. Look at it again.")}, row, 409)
    flash(_("The assignment is changed."), "good")
    return redirect(url_for("assignments.show", number=number), 303)


def _settle(number: int, act: Callable[[Connection], None], told: str) -> ResponseReturnValue:
    try:
        with work() as connection:
            act(connection)
    except Refused as refused:
        return page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except StaleAssignment:
        return page(number, {"reason": _("Somebody else has changed it meanwhile. Look at it again.")}, 409)
    flash(told, "good")
    return redirect(url_for("assignments.show", number=number), 303)


@blueprint.post("/<int:number>/cancel")
@allow("assignments.edit")
def cancel(number: int) -> ResponseReturnValue:
    """Call it off, with the reason."""

    def act(connection: Connection) -> None:
        assign_work.cancel(connection, current_actor(), current_scope(), number, _version(), form.text("reason"))

    return _settle(number, act, _("The assignment is called off."))


@blueprint.post("/<int:number>/close")
@allow("assignments.edit")
def close(number: int) -> ResponseReturnValue:
    """It is done."""

    def act(connection: Connection) -> None:
        assign_work.close(connection, current_actor(), current_scope(), number, _version(), form.text("note"))

    return _settle(number, act, _("The assignment is closed."))
