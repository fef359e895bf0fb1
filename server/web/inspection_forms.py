"""Recording and correcting inspections: the form, its verdict at once, the subject out of the register."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from enforcement.inspections import checklists
from enforcement.inspections.conclusions import Party, Weather
from enforcement.rules.book import day_of
from server.flows import assign_work, inspection_subjects, record_inspection, rule_book
from server.flows.judge_inspection import judge
from server.flows.record_inspection import OtherContent, StaleVersion
from server.flows.refusals import Refused
from server.store import assignments, inspections, instruments, machines, map_layers, trucks, whitelist
from server.web import form_values, inspection_drafts, inspection_verdicts, record_form
from server.web.access import allow, current_account, current_actor, current_scope, may, work
from server.web.field_faults import by_field
from server.web.inspection_verdicts import subject_facts
from server.web.inspections import blueprint
from server.web.instrument_lines import told
from server.web.language import ZONE
from server.web.map import control_words
from server.web.watch_words import why_watched

Faults = dict[str, str]
WORK_NEAR = timedelta(days=7)  # a check written down late, or made early, still finds its assignment


def _form(draft: Any, faults: Faults, row: dict[str, Any] | None = None, code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        offered = told(connection, instruments.usable(connection, current_scope(), retired=row is not None))
        extent = map_layers.extent(connection, current_scope().divisions or "21")
        offered_work = [] if row else _assignments(connection)
    settings = current_app.extensions["settings"]
    page = render_template(
        "inspections/form.html",
        draft=draft,
        chosen={name: draft.getlist(name) for name in ("method", "instruments")},
        faults=faults,
        row=row,
        offered=offered,
        assignments=offered_work,
        methods_of={kind: [str(one) for one in some] for kind, some in inspection_drafts.METHODS_OF.items()},
        fields=inspection_drafts.method_fields(),
        weather=record_form.fields_of(Weather, "weather"),
        party=record_form.fields_of(Party, "party"),
        checklist=checklists.points(),
        officers=range(inspection_drafts.OFFICERS),
        devices=inspection_drafts.DEVICES,
        tiles={"url": settings.tile_url or None, "attribution": settings.tile_attribution},
        city=str(settings.city),
        map_words=control_words,
        extent=extent or [118.8, 40.4, 121.3, 42.4],
        key=draft.get("source_key") or f"page:{current_account().id}:{datetime.now(UTC).timestamp():.6f}",
    )
    return page, code


def _assignments(connection: Connection) -> list[tuple[str, str]]:
    """What the check may be made for: the own body's work of these days."""
    if not may("assignments.read"):
        return []
    today = day_of(datetime.now(UTC))
    rows = assignments.offered(connection, current_account().organisation_id, today - WORK_NEAR, today + WORK_NEAR)
    return [(str(row["id"]), f"{row['day']} {row['title']}") for row in rows]


@blueprint.get("/new")
@allow("inspections.record")
def new() -> ResponseReturnValue:
    """The form, with the officer and the subject filled in where they are known."""
    account = current_account()
    draft: MultiDict[str, str] = MultiDict(
        {
            "kind": request.args.get("kind", "roadside"),
            "officers.0.name": account.name,
            "officers.0.card_number": account.enforcement_card or "",
            "at": datetime.now(ZONE).strftime("%Y-%m-%dT%H:%M"),
        }
    )
    with work() as connection:
        draft.update(_subject_asked(connection))
    draft["assignment"] = request.args.get("assignment", "")[:10]
    return _form(draft, {})


def _subject_asked(connection: Any) -> dict[str, str]:
    """The truck or machine that the address names."""
    for name, find in (("truck", trucks.find_one), ("machine", machines.find_one)):
        number = request.args.get(name, "")
        if number.isascii() and number.isdigit() and len(number) < 10:
            row = find(connection, int(number), current_scope())
            if row and name == "truck":
                return {"subject": row["plate"], "colour": row["plate_colour"], "subject_kind": "truck"}
            if row:
                known = row["registration_number"] or row["pin"] or row["machine_code"] or ""
                return {"subject": known, "subject_kind": "machine", "kind": "machine_spot"}
    return {"subject": request.args.get("subject", "")[:40]}


@blueprint.post("/new")
@allow("inspections.record")
def add() -> ResponseReturnValue:
    """Record an inspection; pressed twice, the second answer is the first inspection."""
    try:
        with work() as connection:
            found = record_inspection.record(
                connection, current_actor(), current_scope(), rule_book.current(connection),
                inspection_drafts.draft_of_form(), datetime.now(UTC), "page", form_values.text("source_key") or None,
            )  # fmt: skip
            _link(connection, found.id)
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), code=422)
    except OtherContent as other:
        flash(_("This form was saved before as %(number)s. Correct that one.", number=other.number), "due")
        return redirect(url_for("inspections.index", q=other.number), 303)
    flash(_("Inspection %(number)s is recorded.", number=found.number), "good")
    return redirect(url_for("inspections.show", number=found.id), 303)


def _link(connection: Connection, inspection_id: int) -> None:
    given = form_values.text("assignment", 20)
    if given.isascii() and given.isdigit() and len(given) < 10 and may("assignments.read"):
        own = current_account().organisation_id
        assign_work.link(connection, current_scope(), own, int(given), inspection_id)


@blueprint.post("/preview")
@allow("inspections.record")
def preview() -> str:
    """What the form would amount to, by the very rules that record it; nothing is written."""
    number = request.args.get("number", "")
    correcting = int(number) if number.isascii() and number.isdigit() and len(number) < 12 else None
    draft, faults, judged = inspection_drafts.draft_of_form(), {}, None
    try:
        with work() as connection:
            rules = rule_book.current(connection)
            judged = judge(connection, current_scope(), rules, draft, datetime.now(UTC), correcting=correcting)
    except Refused as refused:
        faults = by_field(refused.faults)
    return render_template(
        "inspections/_preview.html",
        faults=faults,
        verdict=inspection_verdicts.read(judged.row["verdict"]) if judged else None,
        row=judged.row if judged else None,
    )


@blueprint.get("/subjects")
@allow("inspections.record")
def subjects() -> ResponseReturnValue:
    """Trucks and machines whose number holds the words: what the form's field offers."""
    asked = request.args.get("q", "").replace("\x00", "").strip()[:40]
    if len(asked) < 2:
        return jsonify([])
    with work() as connection:
        return jsonify(whitelist.search_subjects(connection, asked, current_scope().divisions))


@blueprint.post("/subject")
@allow("inspections.record")
def subject() -> str:
    """What the register holds of the plate or number typed, or that it does not hold it."""
    found, faults, watched = None, {}, []
    try:
        with work() as connection:
            found = inspection_subjects.find(connection, inspection_drafts.subject_of_form(request.form))
            watched = why_watched(connection, found.truck_id, found.machine_id, found.text)
    except Refused as refused:
        faults = by_field(refused.faults)
    return render_template(
        "inspections/_subject.html",
        found=found,
        faults=faults,
        watched=watched,
        facts=subject_facts(found.facts) if found else [],
    )


@blueprint.get("/<int:number>/edit")
@allow("inspections.record")
def edit(number: int) -> ResponseReturnValue:
    """The form of a correction, with what the inspection says now."""
    with work() as connection:
        row = inspections.find_one(connection, current_scope(), number) or abort(404)
        known = instruments.usable(connection, current_scope(), retired=True)
    return _form(inspection_drafts.texts_of(row, known), {}, row)


@blueprint.post("/<int:number>/edit")
@allow("inspections.record")
def correct(number: int) -> ResponseReturnValue:
    """Put a new version in place, with the reason."""
    with work() as connection:
        row = inspections.find_one(connection, current_scope(), number) or abort(404)
    version = form_values.text("version")
    try:
        with work() as connection:
            record_inspection.correct(
                connection, current_actor(), current_scope(), rule_book.current(connection), number,
                int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
                inspection_drafts.draft_of_form(), form_values.text("reason"), datetime.now(UTC),
            )  # fmt: skip
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), row, 422)
    except StaleVersion:
        told = _("Somebody else has changed it meanwhile. Look at it again.")
        return _form(request.form, {"reason": told}, row, 409)
    flash(_("The correction is a new version; the one before stays on file."), "good")
    return redirect(url_for("inspections.show", number=number), 303)
