"""Performance grades: the list, one with its checks month by month, all checks of a month, the promises."""

from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from enforcement.grades.promises import Verdict, in_force
from enforcement.rules.book import day_of
from server.flows import check_promises, keep_grades
from server.flows.check_promises import Checked
from server.flows.keep_grades import StaleEntry
from server.flows.refusals import Refused
from server.store import audit, grades
from server.store.paging import Query
from server.web import form_values, grade_words, large_user_words, registry_words  # noqa: F401 - words join at import
from server.web.access import allow, current_actor, current_scope, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope
from server.web.language import pick
from server.web.listing import Column, Filter, read, view, whole
from server.web.words import choices, word

blueprint = Blueprint("grades", __name__, url_prefix="/grades")
MONTHS_SHOWN = 6

FILTERS = (
    Filter("q", _l("Name or credit code"), wide=True),
    Filter("standing", _l("State"), "choice", lambda: choices("grade_standing")),
    Filter("grade", _l("Grade"), "choice", lambda: choices("grade")),
    Filter("industry", _l("Industry"), "choice", lambda: choices("industry")),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("enterprise", "", "number"),
)
COLUMNS = (
    Column("name", _l("Name"), sort=True),
    Column("grade", _l("Grade"), sort=True),
    Column("standing", _l("State")),
    Column("industry", _l("Industry"), wide=True),
    Column("from_on", _l("From"), sort=True),
    Column("to_on", _l("Until"), sort=True),
    Column("document", _l("Document"), wide=True),
    Column("division", _l("Area"), sort=True, wide=True),
)


@blueprint.get("/")
@allow("large_users.read")
def index() -> ResponseReturnValue:
    """The list, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="from_on")
    with work() as connection:
        found = grades.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        return _export(query, found.rows)
    return render_template("grades/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS))


def _export(query: Query, rows: list[dict[str, Any]]) -> Response:
    lines = [
        [
            row["enterprise"], word("grade", row["grade"]), word("grade_standing", row["standing"]),
            word("industry", row["industry"]), row["from_on"].isoformat(),
            row["to_on"].isoformat() if row["to_on"] else None, row["document"],
            pick(row["division_zh"], row["division_en"]) or row["division"],
        ]
        for row in rows
    ]  # fmt: skip
    return export("grades", head_of(COLUMNS), lines, query, "grade.export", ("grade", "list"))


@blueprint.get("/<int:number>")
@allow("large_users.read")
def show(number: int) -> ResponseReturnValue:
    """One grade."""
    return _page(number, {})


def _page(number: int, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    scope = current_scope()
    with work() as connection:
        row = grades.find_one(connection, scope, number) or abort(404)
        checked = [
            (month, one)
            for month in _months(_this_month(), MONTHS_SHOWN)
            for one in check_promises.check_month(connection, scope, month, row["enterprise_id"])
            if one.grade["id"] == number and one.verdict is not Verdict.NOTHING
        ]
        timeline = [] if scope.fence else audit.of_subject(connection, "grade", number)
    return render_template(
        "grades/show.html", row=row, checked=checked, timeline=timeline, faults=faults, draft=request.form
    ), code


def _this_month() -> date:
    return day_of(datetime.now(UTC)).replace(day=1)


def _months(last: date, count: int) -> list[date]:
    """So many months up to this one, the newest first."""
    numbers = range(last.year * 12 + last.month - 1, last.year * 12 + last.month - 1 - count, -1)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def _month_asked() -> date:
    """The month that the address names, as 2026-11; else the month before this one."""
    try:
        found = date.fromisoformat(request.args.get("month", "")[:7] + "-01")
        if 2000 <= found.year <= 2200:
            return found
    except ValueError:
        pass
    return _months(_this_month(), 2)[1]


CHECK_HEAD = (
    _l("Name"), _l("Grade"), _l("Promise"), _l("Vehicles or passages"), _l("Of the stage or better"),
    _l("Stage not known"), _l("Share in percent"), _l("Promised percent"), _l("Verdict"),
)  # fmt: skip


@blueprint.get("/checks")
@allow("large_users.read")
def checks() -> ResponseReturnValue:
    """Every graded enterprise of the scope with its promises against the ledgers of a month."""
    month = _month_asked()
    with work() as connection:
        found = check_promises.check_month(connection, current_scope(), month)
    if kind_asked():
        query = Query({"month": f"{month:%Y-%m}"})
        head = [str(one) for one in CHECK_HEAD]
        return export("grade-checks", head, _check_lines(found), query, "grade.export", ("grade", "checks"))
    verdict = request.args.get("verdict", "")
    shown = [one for one in found if not verdict or one.verdict == verdict]
    counts = {str(kind): sum(one.verdict is kind for one in found) for kind in Verdict}
    return render_template(
        "grades/checks.html", month=month, found=shown, counts=counts, verdict=verdict,
        months=_months(_this_month(), 24), head=CHECK_HEAD,
    )  # fmt: skip


def _check_lines(found: list[Checked]) -> list[list[Any]]:
    return [
        [
            one.grade["enterprise"], word("grade", one.grade["grade"]), pick(check.promise.zh, check.promise.en),
            check.total, check.good, check.unknown, check.share_pct, float(check.promise.share_pct),
            word("promise_verdict", str(check.verdict)),
        ]
        for one in found
        for check in one.checks
    ]  # fmt: skip


@blueprint.get("/new")
@allow("large_users.edit")
def new() -> str:
    """The form of a grade."""
    return render_template("grades/form.html", draft=request.args, faults={})


@blueprint.post("/new")
@allow("large_users.edit")
def add() -> ResponseReturnValue:
    """Give a grade."""
    try:
        with work() as connection:
            number = keep_grades.give(connection, current_actor(), current_scope(), request.form)
    except Refused as refused:
        return render_template("grades/form.html", draft=request.form, faults=by_field(refused.faults)), 422
    flash(_("The grade is kept."), "good")
    return redirect(url_for("grades.show", number=number), 303)


@blueprint.post("/<int:number>/end")
@allow("large_users.edit")
def end(number: int) -> ResponseReturnValue:
    """End a grade, with the reason."""
    text = form_values.text("version", 9)
    version = int(text) if text.isascii() and text.isdigit() else 0
    try:
        with work() as connection:
            keep_grades.end(connection, current_actor(), current_scope(), number, version, request.form)
    except LookupError:
        abort(404)
    except StaleEntry:
        told = _("Somebody else has changed it meanwhile. Look at it as it stands now; nothing was written.")
        return _page(number, {"state": told}, 409)
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    flash(_("The grade ends on that day."), "good")
    return redirect(url_for("grades.show", number=number), 303)


@blueprint.get("/promises")
@allow("large_users.read")
def promises() -> ResponseReturnValue:
    """What grades promise, with every revision."""
    return _promises({})


def _promises(faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        rows = check_promises.promises_of(connection)
    today = day_of(datetime.now(UTC))
    names = {
        one.name
        for grade in {row.grade for row in rows}
        for industry in {row.industry for row in rows}
        for one in in_force(rows, industry, grade, today)
    }
    asked = request.form.get("key") or request.args.get("key", "")
    pattern = max((row for row in rows if row.key == asked), key=lambda row: row.revision, default=None)
    return render_template(
        "grades/promises.html", rows=sorted(rows, key=lambda row: (row.grade, row.key, -row.revision)), names=names,
        pattern=pattern, faults=faults, draft=request.form, today=today,
    ), code  # fmt: skip


@blueprint.post("/promises")
@allow("large_users.edit")
def revise() -> ResponseReturnValue:
    """The bureau's own revision of a promise."""
    try:
        with work() as connection:
            name = keep_grades.revise(connection, current_actor(), request.form, day_of(datetime.now(UTC)))
    except Refused as refused:
        return _promises(by_field(refused.faults), 422)
    flash(_("Revision %(name)s is kept.", name=name), "good")
    return redirect(url_for("grades.promises"), 303)
