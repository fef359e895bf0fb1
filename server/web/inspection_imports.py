"""Results of test stations and remote sensors: the file to choose, the template, what became of the file."""

from datetime import UTC, datetime

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from server.documents import lists, workbooks
from server.documents.sheets import FileRefusedError
from server.flows import rule_book
from server.flows.import_results import ResultReport, import_results
from server.flows.read_sheet import open_sheet
from server.flows.result_columns import COLUMNS
from server.web import inspection_forms  # noqa: F401 - its views join at import
from server.web.access import allow, current_account, current_actor, current_scope, work
from server.web.inspections import blueprint
from server.web.language import pick
from server.web.words import word

__all__ = ["blueprint"]


@blueprint.get("/import")
@allow("inspections.import")
def choose_file() -> str:
    """The form for a file."""
    return _page(request.args.get("kind", "periodic"))


def _page(kind: str, report: ResultReport | None = None, fault: str = "") -> str:
    known = kind if kind in COLUMNS else "periodic"
    return render_template(
        "inspections/import.html", kind=known, kinds=list(COLUMNS), columns=COLUMNS[known], report=report, fault=fault
    )


@blueprint.get("/template-<string:kind>.xlsx")
@allow("inspections.import")
def template(kind: str) -> Response:
    """An empty workbook with the headers of the kind and notes on them."""
    if kind not in COLUMNS:
        abort(404)
    columns = COLUMNS[kind]
    hints = [(one.zh, f"{'必填 required' if one.required else '选填 optional'} {one.example}") for one in columns]
    data = workbooks.write(word("inspection_kind", kind), tuple(one.header for one in columns), (), hints=tuple(hints))
    answer = Response(data, content_type=lists.MIMES["xlsx"])
    answer.headers.set("Content-Disposition", "attachment", filename=f"{kind}-template.xlsx")
    return answer


@blueprint.post("/import")
@allow("inspections.import")
def import_file() -> ResponseReturnValue:
    """Take every row, or none while one is wrong."""
    kind, file = request.form.get("kind", ""), request.files.get("file")
    if kind not in COLUMNS:
        abort(404)
    try:
        sheet = open_sheet(file.stream.read() if file else b"")
        with work() as connection:
            report = import_results(
                connection, current_actor(), current_scope(), rule_book.current(connection), kind, sheet,
                current_account().division, datetime.now(UTC),
            )  # fmt: skip
    except FileRefusedError as refused:
        return _page(kind, fault=pick(refused.zh, refused.en)), 422
    return _page(kind, report), 422 if report.faults else 200
