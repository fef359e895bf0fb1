"""Whitelist entries: list and files, the page of an entry with its history; requests and decisions stand beside."""

import datetime as dt

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from server.documents import whitelist_files
from server.flows import whitelist_entries, whitelist_way
from server.flows.keep_evidence import Owner
from server.store import evidence_items, whitelist, whitelist_steps, zones
from server.store.whitelist import WhitelistRow
from server.web import evidence_owners, whitelist_words, words, zone_words  # noqa: F401 - their words join at import
from server.web.access import allow, current_account, current_actor, current_scope, may, work
from server.web.filter_choices import yes_no
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.zone_areas import uploaded

blueprint = Blueprint("whitelist", __name__, url_prefix="/whitelist")


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
    Filter("suspended", _l("Suspended"), "choice", yes_no),
    Filter("enterprise", "", "number"),
)
COLUMNS = (
    Column("id", _l("No."), sort=True, numeric=True),
    Column("subject", _l("Subject"), sort=True),
    Column("state", _l("State"), sort=True),
    Column("zone", _l("Zone"), sort=True),
    Column("purpose", _l("Purpose")),
    Column("valid_from", _l("From"), sort=True, wide=True),
    Column("valid_to", _l("Until"), sort=True),
    Column("approver", _l("Approved by"), extra=True),
    Column("document", _l("Document"), extra=True),
    Column("plant", _l("Plant"), wide=True),
    Column("level_to", _l("Up to level"), wide=True),
    Column("applicant", _l("Applicant"), extra=True),
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


@blueprint.get("/<int:number>")
@allow("whitelist.read")
def show(number: int) -> ResponseReturnValue:
    """One entry."""
    return page(number, {})


def page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    """The page of an entry; `faults` belong to one of its small forms."""
    with work() as connection:
        entry = whitelist.find_entry(connection, number, current_scope()) or abort(404)
        covered = whitelist.count_covered_violations(connection, number)
        history = whitelist_steps.steps(connection, number)
        suspensions = whitelist_steps.suspensions(connection, number)
        files = evidence_items.of_owner(connection, "whitelist", number)
    scope = current_scope()
    return render_template(
        "whitelist/show.html", entry=entry, covered=covered, history=history, suspensions=suspensions, faults=faults,
        draft=request.form, files=files, may_add=may_add_files(entry), is_bureau=scope.fence is None,
        is_city=scope.divisions is None or len(scope.divisions) <= whitelist_way.CITY_DIGITS,
        is_applicant=entry.applicant_id is not None and entry.applicant_id == scope.enterprise_id,
    ), code  # fmt: skip


def may_add_files(entry: WhitelistRow) -> bool:
    """Papers are added while a request is on its way: by who applied, or by the bureau."""
    if entry.state not in ("requested", "reviewed"):
        return False
    own = may("whitelist.apply") and entry.applicant_id == current_scope().enterprise_id
    return own or may("whitelist.edit")


def _readable(connection: Connection, number: int) -> bool:
    """The bureau of the area and who applied; whose truck it is reads the entry, not the applicant's papers."""
    scope = current_scope()
    entry = whitelist.find_entry(connection, number, scope) if may("whitelist.read") else None
    return entry is not None and (scope.fence is None or entry.applicant_id == scope.enterprise_id)


def _writer(connection: Connection, number: int) -> Owner | None:
    entry = whitelist.find_entry(connection, number, current_scope())
    return owner_of(connection, entry) if entry is not None and may_add_files(entry) else None


def owner_of(connection: Connection, entry: WhitelistRow) -> Owner:
    """What the papers of a request are kept under: its applicant sees them, and the bureau of its area."""
    organisation = current_account().organisation_id
    return Owner("whitelist", entry.id, entry.division, entry.applicant_id, organisation)


evidence_owners.register("whitelist", _readable, _writer)


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
