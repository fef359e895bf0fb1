"""Ledger review: scores of a month, one enterprise with each part of its score, and the rows behind each number."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from enforcement.ledgers.fields import LEDGER_A
from enforcement.ledgers.scores import ScorePart
from server.flows import rule_book, score_ledgers
from server.store import ledger_scores
from server.store.paging import Query
from server.web import ledger_review_words, registry_words  # noqa: F401 - their words join at import
from server.web.access import allow, current_scope, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.filter_choices import areas_of_scope
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.month_charts import chart
from server.web.words import choices, word

blueprint = Blueprint("ledger_review", __name__, url_prefix="/ledger-review")
MOST_BEHIND = 200
BELOW = ("60", "70", "80", "90")

FILTERS = (
    Filter("month", _l("Month of"), "date"),
    Filter("q", _l("Enterprise"), wide=True),
    Filter("industry", _l("Industry"), "choice", lambda: choices("industry")),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("below", _l("Score below"), "choice", lambda: [(level, level) for level in BELOW]),
)
COLUMNS = (
    Column("enterprise", _l("Enterprise"), sort=True),
    Column("month", _l("Month"), sort=True),
    Column("score", _l("Score"), sort=True, numeric=True),
    Column("passages", _l("Passages"), sort=True, numeric=True),
    Column("complete", _l("Complete (%)"), numeric=True),
    Column("register", _l("Register (%)"), numeric=True),
    Column("tracks", _l("Tracks (%)"), numeric=True, wide=True),
    Column("captures", _l("Captures (%)"), numeric=True, wide=True),
    Column("timely", _l("In time (%)"), numeric=True, wide=True),
    Column("refused", _l("Not refused (%)"), numeric=True, wide=True),
    Column("industry", _l("Industry"), extra=True),
    Column("division", _l("Area"), extra=True),
    Column("computed_at", _l("Made"), extra=True),
)


@blueprint.get("/")
@allow("ledger_review.read")
def index() -> ResponseReturnValue:
    """Scores of a month, the lowest first; or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="score", descending=False)
    scope = current_scope()
    with work() as connection:
        if "month" not in query.values and (newest := ledger_scores.newest_month(connection, scope)):
            query = _of_month(query, newest)
        found = ledger_scores.find(connection, scope, whole(query) if kind_asked() else query)
    for row in found.rows:
        row["shares"] = {part["part"]: share(part) for part in row["parts"]}
    if kind_asked():
        lines = [_line(row) for row in found.rows]
        return export("ledger-scores", head_of(COLUMNS), lines, query, "ledger_score.export", ("ledger_score", "list"))
    shown = view(query, found, FILTERS, COLUMNS, exports=KINDS)
    return render_template("ledger_review/list.html", view=shown, parts=[part.value for part in ScorePart])


def _of_month(query: Query, month: date) -> Query:
    values = {**query.values, "month": month.isoformat()}
    return Query(values, query.sort, query.descending, query.page, query.size)


def share(part: Mapping[str, Any]) -> float | None:
    """Good ones in per cent; None where nothing was compared."""
    return 100 * part["good"] / part["of"] if part["of"] else None


def _line(row: Mapping[str, Any]) -> list[Any]:
    shares = [row["shares"].get(part.value) for part in ScorePart]
    return [
        row["enterprise"], row["month"].strftime("%Y-%m"), None if row["score"] is None else float(row["score"]),
        row["passages"], *[None if one is None else round(one, 2) for one in shares], word("industry", row["industry"]),
        pick(row["division_zh"], row["division_en"]) or row["division"], local(row["computed_at"]),
    ]  # fmt: skip


@blueprint.get("/<int:number>")
@allow("ledger_review.read")
def show(number: int) -> ResponseReturnValue:
    """One enterprise: its score by month, and the parts of the month that the address names, else of the newest."""
    with work() as connection:
        months = ledger_scores.of_enterprise(connection, current_scope(), number) or abort(404)
    asked = request.args.get("month", "")
    row = next((one for one in months if one["month"].isoformat() == asked), months[0])
    figures = {one["month"]: None if one["score"] is None else float(one["score"]) for one in months}
    drawn = chart(sorted(figures), [("score", _("Score"), figures)])
    return render_template("ledger_review/show.html", row=row, months=months, chart=drawn, share=share)


@blueprint.get("/<int:number>/<part>")
@allow("ledger_review.read")
def behind(number: int, part: str) -> ResponseReturnValue:
    """The rows that lower a part of a month's score."""
    if part not in set(ScorePart):
        abort(404)
    with work() as connection:
        months = ledger_scores.of_enterprise(connection, current_scope(), number) or abort(404)
        asked = request.args.get("month", "")
        row = next((one for one in months if one["month"].isoformat() == asked), months[0])
        rules = rule_book.current(connection)
        rows = score_ledgers.rows_behind(connection, rules, number, row["month"], ScorePart(part), MOST_BEHIND)
    counted = next(one for one in row["parts"] if one["part"] == part)
    names = {field.name: pick(field.zh, field.en) for field in LEDGER_A}
    return render_template(
        "ledger_review/behind.html", row=row, part=part, counted=counted, rows=rows, most=MOST_BEHIND, names=names
    )
