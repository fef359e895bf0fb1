"""Documents: the list, one with its pages and files, issuing it, its service and revocation, the bureaus' words."""

from base64 import b64encode
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from server.db import transaction
from server.documents import paper_pdf
from server.documents.paper import Paper
from server.documents.paper_templates import compose, get_template, kinds
from server.flows import document_words as document_words_flow
from server.flows import issue_document, rule_book, serve_document
from server.flows.document_drafts import Draft, draft
from server.flows.keep_evidence import Owner
from server.flows.read_evidence import look
from server.flows.refusals import Refused
from server.flows.serve_document import Service
from server.store import audit, calendar_days, documents, evidence_items, organisations
from server.store.paging import Query
from server.web import document_words, evidence_owners  # noqa: F401 - the words join at import
from server.web.access import allow, current_account, current_actor, current_scope, engine, may, work
from server.web.evidence_uploads import evidence_store
from server.web.field_faults import by_field
from server.web.language import pick
from server.web.listing import Column, Filter, read, view
from server.web.words import choices

blueprint = Blueprint("documents", __name__, url_prefix="/documents")
FILTERS = (
    Filter("q", _l("Number, plate, machine number, case number"), wide=True),
    Filter("kind", _l("Document"), "choice", lambda: choices("document_kind")),
    Filter("state", _l("State"), "choice", lambda: choices("document_state")),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("organisation", "", "number"),
    Filter("case", "", "number"),
)
COLUMNS = (
    Column("number", _l("Number"), sort=True),
    Column("kind", _l("Document")),
    Column("subject", _l("Subject")),
    Column("case_number", _l("Case"), wide=True),
    Column("state", _l("State")),
    Column("issued_at", _l("Issued"), sort=True),
    Column("served_on", _l("Served"), sort=True),
    Column("organisation", _l("Issued by"), wide=True),
)


@blueprint.get("/")
@allow("cases.read")
def index() -> str:
    """The list."""
    query: Query = read(request.args, FILTERS, COLUMNS, sort="issued_at")
    with work() as connection:
        found = documents.find(connection, current_scope(), query)
    return render_template("documents/list.html", view=view(query, found, FILTERS, COLUMNS))


def _get(number: int) -> dict[str, Any]:
    with work() as connection:
        return documents.find_one(connection, current_scope(), number) or abort(404)


@blueprint.get("/<int:number>")
@allow("cases.read")
def show(number: int) -> str:
    """One document: its pages, both files, how it was served."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], failed: str = "") -> str:
    found = _get(number)
    with transaction(engine()) as connection:  # the fence has let the document through
        items = evidence_items.of_owner(connection, "document", number)
        timeline = audit.of_subject(connection, "document", number) if current_scope().fence is None else []
        own = {one["id"] for one in documents.issuers(connection, current_account().organisation_id)}
    above = current_scope().kind == "ecology" and len(current_scope().divisions or "") < 6
    return render_template(
        "documents/show.html", d=found, items=items, timeline=timeline, faults=faults, failed=failed,
        may_act=may("documents.issue") and (above or found["organisation_id"] in own),
        pages=len(_pictures(found)), as_issued=found["template"] == get_template(found["content"]["form"]).version,
    )  # fmt: skip


def _paper(found: dict[str, Any]) -> Paper:
    values, template = found["content"]["values"], get_template(found["content"]["form"])
    return compose(template, values, found["organisation_zh"], found["number"])


def _pictures(found: dict[str, Any]) -> list[bytes]:
    try:
        return paper_pdf.pictures(_paper(found))
    except paper_pdf.FontsMissing as fault:
        flash(pick(fault.zh, fault.en), "over")
        return []


@blueprint.get("/<int:number>/pages/<int:page>.png")
@allow("cases.read")
def page(number: int, page: int) -> Response:
    """A page as a picture: what was filled in, set again; the sealed PDF is what counts."""
    pictures = _pictures(_get(number))
    if not 1 <= page <= len(pictures):
        abort(404)
    answer = Response(pictures[page - 1], mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


@blueprint.get("/<int:number>/files/<form>")
@allow("cases.read")
def file(number: int, form: str) -> Response:
    """The sealed file, byte for byte; the reading is written down."""
    found = _get(number)
    if form not in {"pdf", "docx"}:
        abort(404)
    with work() as connection:
        item = evidence_items.find_one(connection, found[f"{form}_item_id"]) or abort(404)
        look(connection, current_actor(), item, "download")
    answer = Response(evidence_store().path(item["sha256"]).read_bytes(), mimetype=item["media_type"])
    answer.headers.set("Content-Disposition", "inline" if form == "pdf" else "attachment", filename=item["name"])
    return answer


# --- issuing ---


def _forms() -> list[tuple[str, str]]:
    kind = current_account().organisation_kind
    return choices("document_form", *(one for one in kinds() if kind in get_template(one).issuers))


def _draft(connection: Connection, case_id: int, form: str, given: dict[str, str]) -> Draft:
    rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    return draft(connection, current_account(), rules, calendar, case_id, form, given)


@blueprint.get("/new/<int:case>")
@allow("documents.issue")
def new(case: int) -> ResponseReturnValue:
    """Choose a document for a case, then fill it: what the case knows stands in the form."""
    form = request.args.get("form", "")
    return _form(case, form, {}, [])


@blueprint.post("/new/<int:case>/<form>")
@allow("documents.issue")
def issue(case: int, form: str) -> ResponseReturnValue:
    """Show what it would look like, or issue it."""
    given = {name: value for name, value in request.form.items() if name != "csrf_token"} | {"typed": "1"}
    if request.form.get("do") != "issue":
        return _form(case, form, given, [], preview=True)
    try:
        with transaction(engine()) as connection:
            rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
            number = issue_document.issue(
                connection, evidence_store(), current_actor(), current_account(), rules, calendar, case, form, given
            )
    except LookupError:
        abort(404)
    except Refused as refused:
        return _form(case, form, given, [(one.field, pick(one.zh, one.en)) for one in refused.faults]), 422
    flash(_("The document is issued; its files are sealed as evidence."), "good")
    return redirect(url_for("documents.show", number=number), 303)


def _form(case: int, form: str, given: dict[str, str], wrong: list[tuple[str, Any]], preview: bool = False) -> str:
    forms = _forms()
    chosen = form if form in dict(forms) else forms[0][0] if forms else abort(403)
    try:
        with transaction(engine()) as connection:  # the draft asks the scope for the case itself
            made = _draft(connection, case, chosen, given)
    except LookupError:
        abort(404)
    named = {one.name for one in made.fields}
    lacking = {one.field: pick(one.zh, one.en) for one in reversed(made.lacking)} if given else {}
    barred = [pick(one.zh, one.en) for one in made.refusals]
    other = [text for field, text in wrong if field not in named and text not in barred and field not in lacking]
    return render_template(
        "documents/new.html", draft=made, forms=forms, form=chosen, faults=lacking, barred=barred + other,
        typed=bool(given), pages=_preview(made) if preview else [],
        missing=[pick(one.zh, one.en) for one in made.lacking],
    )  # fmt: skip


def _preview(made: Draft) -> list[str]:
    try:
        return [b64encode(one).decode() for one in paper_pdf.pictures(made.paper)]
    except paper_pdf.FontsMissing as fault:
        flash(pick(fault.zh, fault.en), "over")
        return []


# --- afterwards ---


@blueprint.post("/<int:number>/service")
@allow("documents.issue")
def serve(number: int) -> ResponseReturnValue:
    """It reached somebody."""
    form = request.form
    service = Service(form.get("how", ""), form.get("to", ""), _day(form.get("on", "")))
    try:
        with transaction(engine()) as connection:
            serve_document.serve(connection, current_actor(), current_account(), number, service)
    except LookupError:
        abort(404)
    except Refused as refused:
        return _page(number, by_field(refused.faults), "serve"), 422
    flash(_("The service is recorded. Take the step of the case next: its clocks start with it."), "good")
    return redirect(url_for("documents.show", number=number), 303)


@blueprint.post("/<int:number>/revocation")
@allow("documents.issue")
def revoke(number: int) -> ResponseReturnValue:
    """It no longer counts."""
    try:
        with transaction(engine()) as connection:
            reason = request.form.get("reason", "")
            serve_document.revoke(connection, current_actor(), current_account(), number, reason)
    except LookupError:
        abort(404)
    except Refused as refused:
        return _page(number, by_field(refused.faults), "revoke"), 422
    flash(_("The document is revoked; its number is not used again."), "good")
    return redirect(url_for("documents.show", number=number), 303)


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None


# --- the words of a bureau's numbers ---


@blueprint.get("/words/<int:organisation>")
@allow("organisations.manage")
def words(organisation: int) -> str:
    """The words of a bureau."""
    return _words_page(organisation, {})


def _bureau(connection: Connection, number: int) -> dict[str, Any]:
    found = organisations.find_one(connection, number)
    return found if found is not None and current_scope().covers(found["division"]) else abort(404)


def _words_page(organisation: int, faults: dict[str, str]) -> str:
    with work() as connection:
        body = _bureau(connection, organisation)
        kept = documents.words_of(connection, organisation)
    rows = [
        (kind, kept.get(kind, ""), document_words_flow.default_word(body["name_zh"], body["kind"], get_template(kind)))
        for kind in kinds()
        if body["kind"] in get_template(kind).issuers
    ]
    return render_template("documents/words.html", body=body, rows=rows, faults=faults)


@blueprint.post("/words/<int:organisation>")
@allow("organisations.manage")
def set_words(organisation: int) -> ResponseReturnValue:
    """Set them; numbers given before keep theirs."""
    wanted = {kind: request.form.get(kind, "") for kind in kinds()}
    try:
        with work() as connection:
            _bureau(connection, organisation)
            document_words_flow.set_words(connection, current_actor(), organisation, wanted)
    except Refused as refused:
        return _words_page(organisation, by_field(refused.faults)), 422
    flash(_("The words are kept."), "good")
    return redirect(url_for("documents.words", organisation=organisation), 303)


# --- evidence of documents ---


def _readable(connection: Connection, number: int) -> bool:
    return may("cases.read") and documents.readable(connection, current_scope(), number)


def _writer(connection: Connection, number: int) -> Owner | None:
    found = documents.find_one(connection, current_scope(), number) if may("documents.issue") else None
    if found is None or found["organisation_id"] != current_account().organisation_id:
        return None
    return Owner("document", number, found["division"], found["enterprise_id"], found["organisation_id"])


evidence_owners.register("document", _readable, _writer)
