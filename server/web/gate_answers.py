"""Answers of gates: what was asked and answered, and one of them with everything it rested on."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from server.flows import explain_answer
from server.store import gate_answers
from server.store.paging import Query
from server.web import gate_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_scope, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("gate_answers", __name__, url_prefix="/gates/answers")
FILTERS = (
    Filter("plate", _l("Plate"), wide=True),
    Filter("from", _l("From"), "date"),
    Filter("to", _l("To"), "date"),
    Filter("answer", _l("Answer"), "choice", lambda: choices("gate_answer")),
    Filter("direction", _l("Direction"), "choice", lambda: choices("gate_direction")),
    Filter("source", _l("Answered by"), "choice", lambda: choices("gate_answer_source")),
    Filter("gate", _l("Gate"), "number"),
    Filter("enterprise", _l("Enterprise"), "number"),
    Filter("alert", _l("Alert"), "number"),
)
COLUMNS = (
    Column("plate", _l("Plate")),
    Column("asked_at", _l("Asked"), sort=True),
    Column("gate", _l("Gate")),
    Column("enterprise", _l("Enterprise"), wide=True),
    Column("direction", _l("Direction"), wide=True),
    Column("answer", _l("Answer")),
    Column("reason", _l("Reason"), wide=True),
    Column("stage", _l("Stage"), extra=True),
    Column("source", _l("Answered by"), extra=True),
)


@blueprint.get("/")
@allow("gates.read")
def index() -> ResponseReturnValue:
    """Answers of the scope, or the same list as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="asked_at")
    with work() as connection:
        found = gate_answers.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        return _export(query, found.rows)
    return render_template("gates/answers.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _export(query: Query, rows: list[dict[str, Any]]) -> Response:
    lines = [
        [
            row["plate"], local(row["asked_at"]), row["gate"], row["enterprise"],
            word("gate_direction", row["direction"]), word("gate_answer", row["answer"]),
            pick(row["reason_zh"], row["reason_en"]), word("truck_stage", row["facts"].get("stage")),
            word("gate_answer_source", row["source"]),
        ]
        for row in rows
    ]  # fmt: skip
    return export("gate-answers", head_of(COLUMNS), lines, query, "gate_answer.export", ("gate_answer", "list"))


@blueprint.get("/<int:number>")
@allow("gates.read")
def show(number: int) -> str:
    """One answer and what it rested on."""
    with work() as connection:
        row = gate_answers.find_one(connection, current_scope(), number) or abort(404)
        measures = explain_answer.measures_of(connection, row["measure_keys"])
    return render_template("gates/answer.html", row=row, measures=measures)
