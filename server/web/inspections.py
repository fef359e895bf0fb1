"""Inspections: the list, its files, one inspection with every judgement and its history, and withdrawing it."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from server.db import transaction
from server.flows import record_inspection, rule_book
from server.flows.keep_evidence import Owner
from server.flows.record_inspection import StaleVersion
from server.flows.refusals import Refused
from server.store import assignments, audit, evidence_items, inspections, repairs, tablet_checks
from server.store.paging import Query
from server.web import (  # noqa: F401 - their words join at import
    evidence_owners,
    form_values,
    inspection_history,
    inspection_verdicts,
    inspection_words,
    instrument_words,
    tablet_lines,
)
from server.web.access import allow, current_actor, current_scope, engine, may, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_city
from server.web.frame import local, reachable
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.map import control_words
from server.web.words import WORDS, choices, word

blueprint = Blueprint("inspections", __name__, url_prefix="/inspections")

FILTERS = (
    Filter("q", _l("Plate, machine number, inspection number"), wide=True),
    Filter("kind", _l("Kind"), "choice", lambda: choices("inspection_kind")),
    Filter("outcome", _l("Outcome"), "choice", lambda: choices("outcome")),
    Filter("standing", _l("Standing"), "choice", lambda: choices("standing")),
    Filter("division", _l("Area"), "choice", areas_of_city),
    Filter("subject", _l("Subject"), "choice", lambda: choices("subject_kind", "truck", "machine")),
    Filter("method", _l("Method"), "choice", lambda: choices("method")),
    Filter("law", _l("Law"), "choice", lambda: choices("law", *WORDS["law"])),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("truck", "", "number"),
    Filter("machine", "", "number"),
)
COLUMNS = (
    Column("subject", _l("Subject")),
    Column("kind", _l("Kind")),
    Column("methods", _l("Methods"), wide=True),
    Column("inspected_at", _l("Inspected"), sort=True),
    Column("outcome", _l("Outcome")),
    Column("standing", _l("Standing")),
    Column("division", _l("Area"), wide=True),
    Column("number", _l("Number"), sort=True, wide=True),
    Column("law", _l("Law"), extra=True),
    Column("offences", _l("Offences"), extra=True),
    Column("place", _l("Place"), extra=True),
    Column("source", _l("Source"), extra=True),
    Column("recorded_at", _l("Recorded"), sort=True, extra=True),
)


@blueprint.get("/")
@allow("inspections.read")
def index() -> ResponseReturnValue:
    """All inspections of the scope, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="inspected_at")
    if kind_asked():
        return _export(query)
    with work() as connection:
        found = inspections.find(connection, current_scope(), query)
    shown = view(query, found, FILTERS, COLUMNS, exports=KINDS)
    return render_template("inspections/list.html", view=shown)


def _export(query: Query) -> Response:
    with work() as connection:
        rows = inspections.find(connection, current_scope(), whole(query)).rows
    lines = [_line(row) for row in rows]
    head = [*head_of(COLUMNS), _("Plate colour"), _("Status")]
    return export("inspections", head, lines, query, "inspection.export", ("inspection", "list"))


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        row["plate"] or row["machine_number"] or row["subject_text"],
        word("inspection_kind", row["kind"]),
        ", ".join(word("method", code) for code in row["methods"]),
        local(row["inspected_at"]),
        word("outcome", row["outcome"]),
        word("standing", row["standing"]),
        pick(row["division_zh"], row["division_en"]) or row["division"],
        row["number"],
        word("law", row["law"]),
        ", ".join(word("offence", code) for code in row["offences"]),
        row["place"],
        word("inspection_source", row["source"]),
        local(row["recorded_at"]),
        word("plate_colour", row["plate_colour"]) if row["plate_colour"] else "",
        word("inspection_status", row["status"]),
    ]


@blueprint.get("/<int:number>")
@allow("inspections.read")
def show(number: int) -> ResponseReturnValue:
    """One inspection."""
    return page(number, {})


def page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    """The page of an inspection; `faults` belong to the withdrawal."""
    with work() as connection:
        row = inspections.find_one(connection, current_scope(), number) or abort(404)
        versions = inspections.versions(connection, number) if current_scope().fence is None else []
    with transaction(engine()) as connection:  # the scope has let it through: what belongs to it may be read
        timeline = [] if current_scope().fence else audit.of_subject(connection, "inspection", number)
        case = inspections.case_of(connection, number) if may("cases.read") else None
        assignment = assignments.of_inspection(connection, number) if may("assignments.read") else None
        notice = repairs.of_inspection(connection, number) if may("repairs.read") else None
        photos = evidence_items.of_owner(connection, "inspection", number) if may("evidence.read") else []
        sent = _sent(connection, row) if current_scope().fence is None else []
    settings = current_app.extensions["settings"]
    shown = render_template(
        "inspections/show.html",
        row=row,
        verdict=inspection_verdicts.read(row["verdict"]),
        facts=inspection_verdicts.subject_facts(row["verdict"].get("subject") or {}),
        readings=inspection_history.lines_of(row["methods"], row["content"]),
        history=inspection_history.differences(versions),
        timeline=timeline,
        case=case,
        assignment=assignment,
        photos=photos,
        sent=sent,
        tablet_address=_tablet_address if reachable("tablet_numbers.show") else None,
        notice=notice,
        may_open=_may_open(row) and case is None,
        faults=faults,
        tiles={"url": settings.tile_url or None, "attribution": settings.tile_attribution},
        map_words=control_words,
    )
    return shown, code


def _sent(connection: Connection, row: dict[str, Any]) -> list[tablet_lines.TabletLine]:
    """How its versions came in from tablets."""
    rows = tablet_checks.of_inspection(connection, row["id"])
    return tablet_lines.lines_of(rows, rule_book.current(connection), row["division"]) if rows else []


def _tablet_address(tablet_id: str) -> str:
    return url_for("tablet_numbers.show", tablet=tablet_id)


def _can_read(connection: Connection, number: int) -> bool:
    return may("inspections.read") and inspections.find_one(connection, current_scope(), number) is not None


def _writer(connection: Connection, number: int) -> Owner | None:
    row = inspections.find_one(connection, current_scope(), number) if may("inspections.record") else None
    if row is None or row["status"] != "recorded":
        return None
    return Owner("inspection", number, row["division"], row["enterprise_id"], row["organisation_id"])


evidence_owners.register("inspection", _can_read, _writer)


def _may_open(row: dict[str, Any]) -> bool:
    """Whether a case can be opened from it: failed, legal, standing, and the account opens cases."""
    good = row["outcome"] == "failed" and row["standing"] == "legal" and row["status"] == "recorded"
    return good and reachable("cases.open_from")


@blueprint.post("/<int:number>/withdraw")
@allow("inspections.record")
def withdraw(number: int) -> ResponseReturnValue:
    """Withdraw it with a reason; it stays on file."""
    version = form_values.text("version")
    try:
        with work() as connection:
            record_inspection.withdraw(
                connection, current_actor(), current_scope(), number,
                int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
                form_values.text("reason"),
            )  # fmt: skip
    except Refused as refused:
        return page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except StaleVersion:
        return page(number, {"reason": _("Somebody else has changed it meanwhile. Look at it again.")}, 409)
    flash(_("The inspection is withdrawn. It stays on file with its reason."), "good")
    return redirect(url_for("inspections.show", number=number), 303)
