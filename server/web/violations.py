"""Violations: the list, one violation with its evidence, why it was flagged, and the decision."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.db import transaction
from server.flows import decide_violation
from server.flows.decide_violation import Decision, EvidenceBroken, TakenBefore
from server.store import audit, case_sources, pleas, violations
from server.store.paging import Query
from server.web import verdicts
from server.web.access import allow, current_actor, current_scope, engine, may, work
from server.web.answers import tagged
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope
from server.web.frame import local
from server.web.language import pick
from server.web.leads import zone_choices
from server.web.listing import Column, Filter, read, view, whole
from server.web.map import control_words
from server.web.plea_words import PLEA_STATES  # noqa: F401 - its words join at import
from server.web.words import WORDS, choices, word

blueprint = Blueprint("violations", __name__, url_prefix="/violations")
TRACK_MOST = 5000
PACKETS_A_PAGE = 20


def _reason_choices() -> list[tuple[str, str]]:
    with work() as connection:
        return [(code, word("reason", code)) for code in violations.recent_reasons(connection)]


STATUSES = ("flagged", "confirmed", "dismissed", "superseded")
FILTERS = (
    Filter("q", _l("Plate, machine number, violation number"), wide=True),
    Filter("status", _l("State"), "choice", lambda: choices("status", *STATUSES)),
    Filter("zone", _l("Zone"), "choice", zone_choices),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("subject", _l("Subject"), "choice", lambda: choices("subject_kind", "truck", "machine")),
    Filter("reason", _l("Reason"), "choice", _reason_choices),
    Filter("law", _l("Law"), "choice", lambda: choices("law", *WORDS["law"])),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("truck", "", "number"),
    Filter("machine", "", "number"),
)
COLUMNS = (
    Column("subject", _l("Subject")),
    Column("zone", _l("Zone"), sort=True),
    Column("reasons", _l("Reason"), wide=True),
    Column("division", _l("Area"), wide=True),
    Column("first_at", _l("Entered"), sort=True),
    Column("dwell_s", _l("Dwell"), sort=True, numeric=True),
    Column("status", _l("State"), sort=True),
    Column("number", _l("Number"), sort=True, wide=True),
    Column("law", _l("Law"), extra=True),
    Column("last_at", _l("Left"), extra=True),
    Column("flagged_at", _l("Flagged"), sort=True, extra=True),
    Column("device", _l("Device"), extra=True),
)


@blueprint.get("/")
@allow("violations.read")
def index() -> ResponseReturnValue:
    """All violations of the scope, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="first_at")
    if kind_asked():
        return _export(query)
    with work() as connection:
        found = violations.find(connection, current_scope(), query)
    return render_template("violations/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _export(query: Query) -> Response:
    with work() as connection:
        rows = violations.find(connection, current_scope(), whole(query)).rows
    lines = [_line(row) for row in rows]
    return export("violations", head_of(COLUMNS), lines, query, "violation.export", ("violation", "list"))


def _line(row: dict[str, Any]) -> list[str | int | float | None]:
    return [
        row["plate"] or row["machine_number"] or row["device"],
        pick(row["zone_zh"], row["zone_en"]),
        ", ".join(word("reason", code) for code in row["reason_codes"]),
        pick(row["division_zh"], row["division_en"]) or row["division"],
        local(row["first_at"]),
        row["dwell_s"],
        word("status", row["status"]),
        row["number"],
        word("law", row["law"]),
        local(row["last_at"]),
        local(row["flagged_at"]),
        row["device"],
    ]


@blueprint.get("/<int:number>")
@allow("violations.read")
def show(number: int) -> str:
    """One violation."""
    return _page(number, {})


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return violations.find_one(connection, current_scope(), number) or abort(404)


def _page(number: int, faults: dict[str, str], template: str = "violations/show.html") -> str:
    found = _get(number)
    with transaction(engine()) as connection:  # the fence has let the violation through: what belongs to it may be read
        timeline = audit.of_subject(connection, "violation", number)
        decider = violations.decider(connection, found["decided_by"]) if found["decided_by"] else None
        packets = _packets(connection, found) if may("violations.evidence") else None
        case = case_sources.seen(connection, current_scope(), "violation", number) if may("cases.read") else None
        pleaded = pleas.of_violation(connection, number) if may("pleas.read") else []
    return render_template(
        template,
        v=found,
        why=verdicts.read(found),
        timeline=timeline if may("violations.evidence") else [],
        decider=decider,
        packets=packets,
        case=case,
        pleas=pleaded,
        evidence_holds=_evidence_holds(found),
        faults=faults,
        reasons=decide_violation.REASONS,
        tiles=_tiles(),
        map_words=control_words,
    )


def _tiles() -> dict[str, str | None]:
    settings = current_app.extensions["settings"]
    return {"url": settings.tile_url or None, "attribution": settings.tile_attribution}


def _packets(connection: Any, found: dict[str, Any]) -> dict[str, Any]:
    page = request.args.get("packets", "1")
    number = int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 else 1
    query = Query(page=max(number, 1), size=PACKETS_A_PAGE)
    some = violations.packets(connection, found["terminal_id"], found["first_at"], found["last_at"], query)
    return {"rows": some.rows, "total": some.total, "page": query.page, "pages": -(-some.total // PACKETS_A_PAGE)}


def _evidence_holds(found: dict[str, Any]) -> bool | None:
    if not found["evidence"]:
        return None
    return decide_violation.manifest_holds(found["evidence"], found["verdict"])


@blueprint.get("/<int:number>/why")
@allow("violations.read")
def why(number: int) -> str:
    """Why it was flagged, in plain words, for print."""
    return _page(number, {}, "violations/why.html")


@blueprint.get("/<int:number>/track.json")
@allow("violations.read")
def track(number: int) -> ResponseReturnValue:
    """The zone as it was, and the track in and out of it."""
    found = _get(number)
    with transaction(engine()) as connection:
        points = violations.track(
            connection,
            found["terminal_id"],
            found["zone_version_id"],
            found["first_at"],
            found["last_at"],
            TRACK_MOST,
        )
        shape = violations.zone_shape(connection, found["zone_version_id"])
    return tagged({"zone": shape, **points})


@blueprint.post("/<int:number>/decision")
@allow("violations.decide")
def decide(number: int) -> ResponseReturnValue:
    """Confirm or dismiss it; the second of two officers is told who was first."""
    form = request.form
    decision = Decision(form.get("status", ""), form.get("reason", ""), form.get("note", "").strip())
    faults = decide_violation.faults(decision)
    if faults:
        return _page(number, by_field(faults)), 422
    try:
        with work() as connection:
            before = decide_violation.decide(connection, current_actor(), current_scope(), number, decision)
    except LookupError:
        abort(404)
    except EvidenceBroken:
        flash(_("A packet of this violation does not give the hash it was kept with. Nothing was changed."), "over")
        return redirect(url_for("violations.show", number=number), 303)
    flash(*_told(decision, before))
    return redirect(url_for("violations.show", number=number), 303)


def _told(decision: Decision, before: TakenBefore | None) -> tuple[str, str]:
    if before is None and decision.status == "confirmed":
        return str(_("The violation is confirmed and its evidence sealed.")), "good"
    if before is None:
        return str(_("The violation is dismissed.")), "good"
    if before.decider is None:
        return str(_("Later data have replaced this violation. Nothing was changed.")), "due"
    text = _(
        "%(name)s has decided this violation already (%(state)s, %(time)s). Nothing was changed.",
        name=before.decider,
        state=word("status", before.status),
        time=local(before.decided_at),
    )
    return str(text), "due"
