"""Imports of sheets: choose a file, read the report, decide, write; templates and reports to take away."""

from threading import Thread
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.db import transaction
from server.documents.lists import MIMES
from server.flows import export_registry, import_registry
from server.flows.read_sheet import open_sheet
from server.flows.registry_nouns import NOUNS, Noun
from server.store import registry_imports
from server.web import registry_pages as pages
from server.web.access import allow, current_account, current_actor, current_scope, engine
from server.web.language import language
from server.web.listing import Column, read, view

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
PATIENCE_S = 1.5  # small files answer at once; longer work is watched on its page
NOTES_A_PAGE = 200

COLUMNS = (
    Column("id", _l("No."), numeric=True),
    Column("noun", _l("Register")),
    Column("file_name", _l("File")),
    Column("created_at", _l("Uploaded")),
    Column("state", _l("State")),
    Column("rows_n", _l("Rows"), numeric=True),
    Column("new_n", _l("New"), numeric=True),
    Column("changed_n", _l("Changed"), numeric=True),
    Column("refused_n", _l("Refused"), numeric=True),
)


def _noun(name: str) -> Noun:
    return NOUNS.get(name) or abort(404)


def _own(number: int) -> dict[str, Any]:
    """An import of this account; those of others are not there."""
    with transaction(engine()) as connection:
        return registry_imports.find_one(connection, number, current_account().id) or abort(404)


def _start(step: Any, *arguments: Any) -> None:
    """Begin a step beside the request, and wait a moment for it."""
    worker = Thread(target=step, args=(engine(), *arguments), name="registry-import", daemon=True)
    worker.start()
    worker.join(PATIENCE_S)


@blueprint.get("/")
@allow("registry.import")
def index() -> str:
    """The imports of this account."""
    query = read(request.args, (), COLUMNS, sort="id")
    with transaction(engine()) as connection:
        found = registry_imports.find(connection, query, current_account().id)
    return render_template("imports/list.html", view=view(query, found, (), COLUMNS))


@blueprint.get("/new/<noun>")
@allow("registry.import")
def choose(noun: str) -> str:
    """The form that takes a file."""
    return _choose(_noun(noun))


def _choose(noun: Noun, fault: str = "") -> str:
    hints = [(pages.label(one), export_registry.hint(one, language()), one.required) for one in noun.fields]
    return render_template("imports/choose.html", noun=noun, hints=hints, fault=fault)


@blueprint.post("/new/<noun>")
@allow("registry.import")
def upload(noun: str) -> ResponseReturnValue:
    """Keep the file and begin to read it."""
    file = request.files.get("file")
    content = file.read() if file else b""
    if file is None or not content:
        return _choose(_noun(noun), _("Choose a file that is not empty.")), 422
    with transaction(engine()) as connection:
        number = import_registry.begin(
            connection, current_actor(), _noun(noun).name, file.filename or "-", content, current_scope().divisions
        )
    _start(import_registry.read, number)
    return redirect(url_for("imports.show", number=number), 303)


@blueprint.get("/<int:number>")
@allow("registry.import")
def show(number: int) -> str:
    """The report: counts, refused cells, warnings; or how far the work is."""
    job = _own(number)
    page = min(max(request.args.get("page", 1, type=int), 1), 5000)
    refused = request.args.get("show") != "warnings" if job["refused_n"] else False
    with transaction(engine()) as connection:
        notes = registry_imports.notes(connection, number, refused, NOTES_A_PAGE + 1, (page - 1) * NOTES_A_PAGE)
    template = "imports/_progress.html" if request.headers.get("HX-Request") else "imports/show.html"
    labels = {one.name: pages.label(one) for one in _noun(job["noun"]).fields}
    return render_template(
        template,
        job=job,
        noun=_noun(job["noun"]),
        notes=notes[:NOTES_A_PAGE],
        more=len(notes) > NOTES_A_PAGE,
        page=page,
        refused=refused,
        labels=labels,
    )


@blueprint.get("/<int:number>/progress")
@allow("registry.import")
def progress(number: int) -> ResponseReturnValue:
    """How far the work is; when it is done the page is loaded anew."""
    job = _own(number)
    if job["state"] in ("reading", "writing") and not job["stalled"]:
        return render_template("imports/_progress.html", job=job)
    return "", 200, {"HX-Redirect": url_for("imports.show", number=number)}


@blueprint.post("/<int:number>/write")
@allow("registry.import")
def write(number: int) -> ResponseReturnValue:
    """Write what the report says: all or nothing, or the good rows."""
    _own(number)
    mode = "skip" if request.form.get("mode") == "skip" else "whole"
    with transaction(engine()) as connection:
        claimed = registry_imports.claim(connection, number, ("read", "failed"), "writing", mode)
    if claimed:
        _start(import_registry.write, number, mode, current_actor())
    else:
        flash(_("This import is at work or was written already. Nothing was done twice."), "due")
    return redirect(url_for("imports.show", number=number), 303)


@blueprint.post("/<int:number>/read")
@allow("registry.import")
def read_again(number: int) -> ResponseReturnValue:
    """Read a file again whose reading broke off or failed."""
    _own(number)
    with transaction(engine()) as connection:
        claimed = registry_imports.claim(connection, number, ("read", "failed"), "reading")
    if claimed:
        _start(import_registry.read, number)
    return redirect(url_for("imports.show", number=number), 303)


@blueprint.get("/<int:number>/report.xlsx")
@allow("registry.import")
def report(number: int) -> Response:
    """The uploaded sheet with its cells marked."""
    job = _own(number)
    with transaction(engine()) as connection:
        content = registry_imports.get_content(connection, number)
        notes = registry_imports.notes(connection, number, None, 1_000_000)
    if job["state"] == "refused":
        abort(404)
    data = export_registry.report(_noun(job["noun"]), open_sheet(content), notes, language())
    return _file(data, f"import-{number}-report.xlsx")


@blueprint.get("/template/<noun>.xlsx")
@allow("registry.import")
def template(noun: str) -> Response:
    """An empty sheet with the headers and a note for each."""
    return _file(export_registry.template(_noun(noun), language()), f"{noun}-template.xlsx")


def _file(data: bytes, name: str) -> Response:
    answer = Response(data, content_type=MIMES["xlsx"])
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
