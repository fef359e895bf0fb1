"""Whitelist entries: list and files, a request, the page of an entry with approval and withdrawal."""

import datetime as dt

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from enforcement.zones.terms import Purpose
from server.documents import whitelist_files
from server.flows import whitelist_entries
from server.flows.refusals import Fault, Refused
from server.store import audit, whitelist, zones
from server.store.whitelist import NewEntry
from server.web import words, zone_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_actor, current_scope, work
from server.web.field_faults import by_field
from server.web.filter_choices import yes_no
from server.web.language import ZONE, pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.zone_areas import uploaded

PURPOSES_KNOWN = frozenset(str(purpose) for purpose in Purpose)
blueprint = Blueprint("whitelist", __name__, url_prefix="/whitelist")

words.add(
    "whitelist_state",
    {
        "requested": ("待审批", "waiting for approval"),
        "active": ("有效", "approved"),
        "refused": ("不予批准", "refused"),
        "withdrawn": ("已撤销", "withdrawn"),
    },
)

words.add(
    "action",
    {
        "whitelist.request": ("申请白名单", "whitelist entry requested"),
        "whitelist.approve": ("批准白名单", "whitelist entry approved"),
        "whitelist.refuse": ("不予批准白名单", "whitelist entry refused"),
        "whitelist.withdraw": ("撤销白名单", "whitelist entry withdrawn"),
        "whitelist.import": ("导入白名单", "whitelist imported"),
    },
)


def zone_choices() -> list[tuple[str, str]]:
    """The whole city, then each zone."""
    with work() as connection:
        rows = zones.list_zones(connection, dt.datetime.now(dt.UTC))
    return [("city", _("the whole city")), *((str(row.id), pick(row.name_zh, row.name_en)) for row in rows)]


def _words(kind: str) -> list[tuple[str, str]]:
    return words.choices(kind)


FILTERS = (
    Filter("q", _l("Plate or machine number"), wide=True),
    Filter("zone", _l("Zone"), "choice", zone_choices),
    Filter("state", _l("State"), "choice", lambda: _words("whitelist_state")),
    Filter("purpose", _l("Purpose"), "choice", lambda: _words("purpose")),
    Filter("holds", _l("In force today"), "choice", yes_no),
)
COLUMNS = (
    Column("id", _l("No."), sort=True, numeric=True),
    Column("subject", _l("Subject"), sort=True),
    Column("zone", _l("Zone"), sort=True),
    Column("purpose", _l("Purpose")),
    Column("valid_from", _l("From"), sort=True),
    Column("valid_to", _l("Until"), sort=True),
    Column("state", _l("State"), sort=True),
    Column("approver", _l("Approved by")),
    Column("document", _l("Document")),
    Column("owner", _l("Owner"), extra=True),
    Column("asked_by", _l("Asked by"), extra=True),
)


@blueprint.get("/")
@allow("whitelist.read")
def index() -> ResponseReturnValue:
    """The list, or the same list as a workbook."""
    query = read(request.args, FILTERS, COLUMNS, sort="id")
    as_file = request.args.get("format") == "xlsx"
    with work() as connection:
        found = whitelist.find(connection, whole(query) if as_file else query, current_scope())
    if as_file:
        return whitelist_files.write_entries(found.rows), 200, whitelist_files.headers("whitelist.xlsx")
    return render_template("whitelist/list.html", view=view(query, found, FILTERS, COLUMNS, ["xlsx"]))


def _local_moment(name: str, faults: list[Fault]) -> dt.datetime:
    """A field of the form as a time; a date alone is its first second."""
    try:
        return dt.datetime.fromisoformat(request.form.get(name, "").strip()).replace(tzinfo=ZONE)
    except ValueError:
        faults.append(Fault(name, "请填写日期时间，如 2027-03-01 08:00", "Give a date and time, as 2027-03-01 08:00"))
        return dt.datetime.now(dt.UTC)


def _zone_id(faults: list[Fault]) -> int | None:
    chosen = request.form.get("zone", "")
    known = {code for code, _text in zone_choices()}
    if chosen not in known:
        faults.append(Fault("zone", "请选择区域或“全市”", "Choose a zone or the whole city"))
    return int(chosen) if chosen in known and chosen != "city" else None


def _purpose(faults: list[Fault]) -> str:
    purpose = request.form.get("purpose", "")
    if purpose not in PURPOSES_KNOWN:
        faults.append(Fault("purpose", "请选择用途", "Choose a purpose"))
    return purpose


@blueprint.get("/new")
@allow("whitelist.edit")
def new() -> ResponseReturnValue:
    """The form of a request."""
    return render_template("whitelist/new.html", draft=request.args, faults={}, zones=zone_choices())


@blueprint.post("/new")
@allow("whitelist.edit")
def add() -> ResponseReturnValue:
    """Keep a request, or give the form back with what is wrong."""
    faults: list[Fault] = []
    begins, ends = _local_moment("valid_from", faults), _local_moment("valid_to", faults)
    zone_id, purpose = _zone_id(faults), _purpose(faults)
    form = request.form
    try:
        with work() as connection:
            truck, machine, fault = whitelist_entries.find_subject(
                connection, form.get("subject", "")[:60], form.get("colour")
            )
            if faults or fault:
                raise Refused([fault, *faults] if fault else faults)
            entry = NewEntry(
                truck, machine, zone_id, purpose, begins, ends, form.get("document", "")[:200] or None,
                form.get("note", "")[:500] or None,
            )  # fmt: skip
            number = whitelist_entries.request_entry(connection, current_actor(), entry, dt.datetime.now(dt.UTC))
    except Refused as refused:
        texts = by_field(refused.faults)
        return render_template("whitelist/new.html", draft=form, faults=texts, zones=zone_choices()), 422
    flash(_("The request is kept; it holds once an approver has approved it."), "good")
    return redirect(url_for("whitelist.show", number=number), 303)


@blueprint.get("/<int:number>")
@allow("whitelist.read")
def show(number: int) -> ResponseReturnValue:
    """One entry."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        entry = whitelist.find_entry(connection, number, current_scope()) or abort(404)
        covered = whitelist.count_covered_violations(connection, number)
        timeline = [] if current_scope().fence else audit.of_subject(connection, "whitelist", number)
    return render_template(
        "whitelist/show.html", entry=entry, covered=covered, timeline=timeline, faults=faults, draft=request.form
    ), code


@blueprint.post("/<int:number>/decide")
@allow("whitelist.approve")
def decide(number: int) -> ResponseReturnValue:
    """Approve or refuse."""
    form = request.form
    approve = form.get("decision") == "approve"
    try:
        with work() as connection:
            entry = whitelist.find_entry(connection, number, current_scope(), hold=True) or abort(404)
            approver, note = form.get("approver", "")[:100], form.get("note", "")[:500]
            whitelist_entries.decide_entry(connection, current_actor(), entry, approve, approver, note)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    flash(_("The entry is approved.") if approve else _("The entry is refused."), "good")
    return redirect(url_for("whitelist.show", number=number), 303)


@blueprint.post("/<int:number>/withdraw")
@allow("whitelist.edit")
def withdraw(number: int) -> ResponseReturnValue:
    """End an entry, with the reason."""
    try:
        with work() as connection:
            entry = whitelist.find_entry(connection, number, current_scope(), hold=True) or abort(404)
            reason = request.form.get("reason", "")[:500]
            whitelist_entries.withdraw(connection, current_actor(), entry, reason, dt.datetime.now(dt.UTC))
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    flash(_("The entry is withdrawn; acts before now stay covered."), "good")
    return redirect(url_for("whitelist.show", number=number), 303)


@blueprint.get("/subjects")
@allow("whitelist.edit")
def subjects() -> ResponseReturnValue:
    """Trucks and machines whose number holds the words: what the form's field offers."""
    asked = request.args.get("q", "").replace("\x00", "").strip()[:40]
    if len(asked) < 2:
        return jsonify([])
    with work() as connection:
        return jsonify(whitelist.search_subjects(connection, asked, current_scope().divisions))


@blueprint.get("/import")
@allow("whitelist.edit")
def choose_file() -> ResponseReturnValue:
    """The form for a workbook."""
    return render_template("whitelist/import.html", report=None, fault="")


@blueprint.get("/template.xlsx")
@allow("whitelist.edit")
def template() -> ResponseReturnValue:
    """An empty workbook with the headers."""
    return whitelist_files.write_template(), 200, whitelist_files.headers("whitelist-template.xlsx")


@blueprint.post("/import")
@allow("whitelist.edit")
def import_file() -> ResponseReturnValue:
    """Take the rows of a workbook as requests; refused rows come back with the reason."""
    _name, data = uploaded()
    whole_file = request.form.get("mode") != "skip"
    try:
        sheet = whitelist_files.read_sheet(data)
        with work() as connection:
            report = whitelist_entries.import_entries(
                connection, current_actor(), sheet, whole_file, dt.datetime.now(dt.UTC)
            )
    except whitelist_files.FileRefusedError as refused:
        return render_template("whitelist/import.html", report=None, fault=pick(refused.zh, refused.en)), 422
    return render_template("whitelist/import.html", report=report, fault=""), 422 if report.refused else 200
