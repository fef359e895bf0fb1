"""Sheets of the ledgers: template, upload, report, taking; and the batches that gate systems sent."""

from collections.abc import Callable
from threading import Thread
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from enforcement.ledgers.fields import LEDGERS
from server.db import transaction
from server.documents.lists import MIMES
from server.documents.sheets import FileRefusedError
from server.flows import import_ledger, ledger_columns, mark_ledger_sheet
from server.store import ledger_sheets, people
from server.web import ledger_records, ledger_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_account, current_actor, current_scope, engine, work
from server.web.filter_choices import yes_no
from server.web.language import language
from server.web.listing import Column, Filter, read
from server.web.words import choices

blueprint = Blueprint("ledger_imports", __name__, url_prefix="/ledger-imports")
PATIENCE_S = 1.5  # small files answer at once; longer work is watched on its page
FAULTS_A_PAGE = 200
PAGES_OF = {"A": "ledgers.index", "B": "plant_vehicles.index", "C": "plant_machines.index"}

FILTERS = (
    Filter("enterprise", _l("Enterprise"), "choice", ledger_records.enterprises),
    Filter("ledger", _l("Ledger"), "choice", lambda: choices("ledger")),
    Filter("source", _l("Came from"), "choice", lambda: choices("ledger_source")),
    Filter("state", _l("State"), "choice", lambda: choices("ledger_batch_state")),
    Filter("refused", _l("With refused rows"), "choice", yes_no),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("to"), "date"),
)
COLUMNS = (
    Column("id", _l("No."), numeric=True),
    Column("enterprise", _l("Enterprise")),
    Column("ledger", _l("Ledger")),
    Column("source", _l("Came from")),
    Column("file_name", _l("File"), wide=True),
    Column("received_at", _l("Received")),
    Column("state", _l("State")),
    Column("rows_n", _l("Rows"), numeric=True),
    Column("taken_n", _l("Rows taken"), numeric=True),
    Column("repeated_n", _l("There already"), numeric=True, wide=True),
    Column("corrected_n", _l("Corrected"), numeric=True, wide=True),
    Column("refused_n", _l("Refused"), numeric=True),
    Column("sender", _l("Sender"), extra=True),
)


@blueprint.get("/")
@allow("ledgers.read")
def index() -> str:
    """Batches and files, newest first."""
    query = read(request.args, FILTERS, COLUMNS, sort="id")
    with work() as connection:
        found = ledger_sheets.find(connection, current_scope(), query)
    _name_senders(found.rows)
    return render_template(
        "ledger_imports/list.html", view=ledger_records.view_of(query, found, FILTERS, COLUMNS, exports=())
    )


def _own(number: int) -> dict[str, Any]:
    with work() as connection:
        row = ledger_sheets.find_one(connection, current_scope(), number) or abort(404)
    _name_senders([row])
    return row


def _name_senders(rows: list[dict[str, Any]]) -> None:
    """Who sent each batch: an account, or another system by its key."""
    with transaction(engine()) as connection:
        names = people.names_of(connection, (row["received_by"] for row in rows))
        systems = people.systems_of(connection, (row["system_key_id"] for row in rows))
    for row in rows:
        row["sender"] = names.get(row["received_by"]) or systems.get(row["system_key_id"])


def _known(ledger: str) -> str:
    return ledger if ledger in LEDGERS else abort(404)


@blueprint.get("/new/<string:ledger>")
@allow("ledgers.record")
def choose(ledger: str) -> str:
    """The form that takes a file."""
    return _choose(_known(ledger))


def _choose(ledger: str, fault: str = "") -> str:
    columns = ledger_columns.columns(ledger, language())
    return render_template("ledger_imports/choose.html", ledger=ledger, columns=columns, fault=fault)


@blueprint.post("/new/<string:ledger>")
@allow("ledgers.record")
def upload(ledger: str) -> ResponseReturnValue:
    """Keep the file and begin to read it."""
    file, enterprise = request.files.get("file"), current_scope().enterprise_id
    content = file.read() if file else b""
    if not enterprise:
        return _choose(_known(ledger), _("Your account belongs to no enterprise that is on file.")), 422
    if file is None or not content:
        return _choose(_known(ledger), _("Choose a file that is not empty.")), 422
    with work() as connection:
        number = import_ledger.begin(
            connection, current_actor(), enterprise, current_account().division, _known(ledger),
            file.filename or "-", content,
        )  # fmt: skip
    _start(import_ledger.read, number)
    return redirect(url_for("ledger_imports.show", number=number), 303)


def _start(step: Callable[..., None], *arguments: Any) -> None:
    """Begin a step beside the request, under the fence of the account, and wait a moment for it."""
    worker = Thread(target=step, args=(engine(), current_scope().fence, *arguments), name="ledger-import", daemon=True)
    worker.start()
    worker.join(PATIENCE_S)


@blueprint.get("/<int:number>")
@allow("ledgers.read")
def show(number: int) -> str:
    """The report of a file or batch, or how far the work is."""
    job = _own(number)
    page = min(max(request.args.get("page", 1, type=int), 1), 5000)
    report = job["report"] or {}
    begin, faults = (page - 1) * FAULTS_A_PAGE, report.get("faults", [])
    labels = ledger_columns.labels(job["ledger"], language())
    shown = [
        {"row": row, "label": labels.get(field, field), "value": value, "zh": zh, "en": en}
        for row, field, value, zh, en in faults[begin : begin + FAULTS_A_PAGE]
    ]
    return render_template(
        "ledger_imports/show.html", job=job, faults=shown, faulty=bool(faults), page=page,
        more=len(faults) > begin + FAULTS_A_PAGE, unknown=report.get("unknown", []),
        ledger_address=url_for(PAGES_OF[job["ledger"]], batch=number),
    )  # fmt: skip


@blueprint.get("/<int:number>/progress")
@allow("ledgers.read")
def progress(number: int) -> ResponseReturnValue:
    """How far the work is; when it is done the page is loaded anew."""
    job = _own(number)
    if job["state"] in ("reading", "writing") and not job["stalled"]:
        return render_template("ledger_imports/_progress.html", job=job)
    return "", 200, {"HX-Redirect": url_for("ledger_imports.show", number=number)}


@blueprint.post("/<int:number>/write")
@allow("ledgers.record")
def write(number: int) -> ResponseReturnValue:
    """Take the good rows."""
    _own(number)
    with work() as connection:
        claimed = ledger_sheets.claim(connection, number, ("read",), "writing")
    if claimed:
        _start(import_ledger.write, number, current_actor())
    else:
        flash(_("This file is at work or was taken already. Nothing was done twice."), "due")
    return redirect(url_for("ledger_imports.show", number=number), 303)


@blueprint.post("/<int:number>/read")
@allow("ledgers.record")
def read_again(number: int) -> ResponseReturnValue:
    """Read a file again whose work broke off or failed."""
    _own(number)
    with work() as connection:
        claimed = ledger_sheets.claim(connection, number, ("read", "failed"), "reading")
    if claimed:
        _start(import_ledger.read, number)
    return redirect(url_for("ledger_imports.show", number=number), 303)


@blueprint.get("/<int:number>/marked.xlsx")
@allow("ledgers.read")
def marked(number: int) -> Response:
    """The sheet as it came, faulty cells marked, with a reason a row."""
    job = _own(number)
    if job["state"] not in ("read", "taken") or not job["length"]:
        abort(404)
    try:
        with work() as connection:
            data = mark_ledger_sheet.marked(connection, number, language())
    except FileRefusedError:  # no sheet, whatever state its batch is in: there is nothing to mark
        abort(404)
    return _file(data, f"ledger-{job['ledger']}-{number}-marked.xlsx")


@blueprint.get("/template/<string:ledger>.xlsx")
@allow("ledgers.read")
def template(ledger: str) -> Response:
    """An empty sheet with headers, drop-downs, codes and notes."""
    return _file(ledger_columns.template(_known(ledger), language()), f"ledger-{ledger}-template.xlsx")


def _file(data: bytes, name: str) -> Response:
    answer = Response(data, content_type=MIMES["xlsx"])
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
