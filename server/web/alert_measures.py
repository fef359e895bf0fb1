"""Measures of the emergency plan: the table, one with its history; a new revision, confirming, withdrawing."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from enforcement.alerts.measures import EXEMPTIONS, FIRST_OWN_REVISION, Measure, in_force
from enforcement.rules.laws import citation
from server.flows import alert_standing, keep_measures
from server.flows.refusals import Fault, Refused
from server.store import alerts
from server.store.paging import Found
from server.web import alert_words, measure_forms  # noqa: F401 - words join at import
from server.web import form_values as form
from server.web.access import allow, current_actor, current_scope, may, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.frame import local
from server.web.language import pick
from server.web.listing import Column, Filter, read, view
from server.web.words import choices, word

blueprint = Blueprint("alert_measures", __name__, url_prefix="/alert-measures")

FILTERS = (
    Filter("q", _l("Words or name"), wide=True),
    Filter("level", _l("Level"), "choice", lambda: choices("alert_level")),
    Filter("subject", _l("Subject"), "choice", lambda: choices("subject_kind", "truck", "machine")),
    Filter("standing", _l("State"), "choice", lambda: choices("measure_standing")),
    Filter("certainty", _l("Certainty"), "choice", lambda: choices("certainty", "confirmed", "unconfirmed")),
)
COLUMNS = (
    Column("text", _l("Measure"), sort=True),
    Column("levels", _l("Levels")),
    Column("subject", _l("Subject")),
    Column("effect", _l("Effect")),
    Column("place", _l("Where"), wide=True),
    Column("standing", _l("State")),
    Column("valid_from", _l("From"), sort=True, wide=True),
    Column("certainty", _l("Certainty")),
    Column("basis", _l("Legal basis"), extra=True),
    Column("name", _l("Name"), extra=True),
)


def standing_of(measure: Measure, held: set[str], newest: dict[tuple[str, str], Measure], now: datetime) -> str:
    """How a revision stands: in force, to come, withdrawn, ended, or replaced by a newer one."""
    if measure.withdrawn and measure.valid_from <= now:
        return "withdrawn"
    if measure.valid_from > now:
        return "coming"
    if measure.name in held:
        return "in_force"
    if measure.valid_to is not None and measure.valid_to <= now and newest[measure.key, measure.area] is measure:
        return "ended"
    return "replaced"


def _rows(now: datetime) -> list[dict[str, Any]]:
    with work() as connection:
        standing = alert_standing.current(connection)
    own = current_scope().divisions or ""
    seen = [one for one in standing.measures if one.area.startswith(own) or own.startswith(one.area)]
    areas = {one.area for one in seen}
    held = {one.name for area in {own, *areas} for one in in_force(seen, now, area)}
    newest: dict[tuple[str, str], Measure] = {}
    for one in sorted(seen, key=lambda one: one.revision):
        if one.valid_from <= now:
            newest[one.key, one.area] = one
    return [row_of(one, standing_of(one, held, newest, now)) for one in seen]


def row_of(measure: Measure, standing: str) -> dict[str, Any]:
    """A measure as the table shows it."""
    basis = citation(measure.legal_basis)
    return {
        "id": measure.revision, "measure": measure, "name": measure.name, "text": pick(measure.zh, measure.en),
        "standing": standing, "basis": pick(basis.zh, basis.en),
        "place": measure_forms.place_text(measure.place), "terms": measure_forms.terms_text(measure),
        "valid_from": measure.valid_from,
    }  # fmt: skip


@blueprint.get("/")
@allow("alerts.read")
def index() -> ResponseReturnValue:
    """The table of measures: what is in force or to come, unless a state is asked for."""
    query = read(request.args, FILTERS, COLUMNS, sort="text", descending=False)
    rows = [row for row in _rows(datetime.now(UTC)) if _matches(row, query.values)]
    order = {"text": lambda row: row["text"], "valid_from": lambda row: (row["valid_from"], row["text"])}
    rows.sort(key=order[query.sort], reverse=query.descending)
    if kind_asked():
        head = [*head_of(COLUMNS), _("Terms"), _("Spared")]
        lines = [_line(row) for row in rows]
        return export("measures", head, lines, query, "measure.export", ("alert_measure", "list"))
    unconfirmed = sum(row["measure"].certainty == "unconfirmed" and row["standing"] == "in_force" for row in rows)
    window = rows[(query.page - 1) * query.size : query.page * query.size]
    shown = view(query, Found(window, len(rows)), FILTERS, COLUMNS, exports=KINDS)
    return render_template("alert_measures/list.html", view=shown, unconfirmed=unconfirmed)


def _matches(row: dict[str, Any], asked: Any) -> bool:
    measure: Measure = row["measure"]
    words_ = f"{measure.name} {measure.zh} {measure.en} {measure.legal_basis}".lower()
    return (
        asked.get("q", "").lower() in words_
        and asked.get("level", measure.levels[0]) in measure.levels
        and asked.get("subject", measure.subject) == measure.subject
        and asked.get("certainty", measure.certainty) == measure.certainty
        and (row["standing"] == asked["standing"] if "standing" in asked else row["standing"] in ("in_force", "coming"))
    )


def _line(row: dict[str, Any]) -> list[Any]:
    measure: Measure = row["measure"]
    return [
        row["text"], "、".join(word("alert_level", one) for one in measure.levels),
        word("subject_kind", measure.subject), word("measure_effect", measure.effect), row["place"],
        word("measure_standing", row["standing"]), local(measure.valid_from), word("certainty", measure.certainty),
        row["basis"], measure.name, row["terms"], "、".join(word("exemption", one) for one in measure.exemptions),
    ]  # fmt: skip


def _area() -> str:
    area = request.args.get("area", "")
    return area if area.isascii() and area.isdigit() and len(area) <= 6 else ""


@blueprint.get("/<key>")
@allow("alerts.read")
def show(key: str) -> ResponseReturnValue:
    """One measure in one area: what it says now, every revision, and what may be done."""
    return _page(key, {})


def _page(key: str, faults: dict[str, str], code: int = 200) -> ResponseReturnValue:
    now = datetime.now(UTC)
    rows = [row for row in _rows(now) if (row["measure"].key, row["measure"].area) == (key, _area())]
    if not rows:
        abort(404)
    rows.sort(key=lambda row: -row["id"])
    held = next((row for row in rows if row["standing"] == "in_force"), rows[0])
    with work() as connection:
        kept = {row["revision"]: row for row in alerts.measure_rows(connection, key) if row["area"] == _area()}
    editable = may("alerts.edit") and measure_forms.own_area(current_scope(), held["measure"].area)
    page = render_template(
        "alert_measures/show.html", row=held, measure=held["measure"], rows=rows, kept=kept, faults=faults,
        draft=request.form, editable=editable and not rows[0]["measure"].withdrawn, shipped_below=FIRST_OWN_REVISION,
    )  # fmt: skip
    return page, code


@blueprint.get("/new")
@allow("alerts.edit")
def new() -> str:
    """The form of a measure: empty, or with what the newest revision of one says."""
    values: MultiDict[str, str] = MultiDict()
    key = request.args.get("key", "")
    if key:
        with work() as connection:
            found = keep_measures.revisions(connection, (key, _area()))
        if not found:
            abort(404)
        values = measure_forms.values_of(found[0])
    return _form(values, {})


def _form(draft: Any, faults: dict[str, str]) -> str:
    return render_template("alert_measures/form.html", draft=draft, faults=faults, exemptions=EXEMPTIONS)


@blueprint.post("/new")
@allow("alerts.edit")
def revise() -> ResponseReturnValue:
    """Lay down a measure, or the next revision of one."""
    now = datetime.now(UTC)
    values = measure_forms.read_form(request.form, form.moment("valid_from") or now, form.moment("valid_to"))
    try:
        with work() as connection:
            kept = keep_measures.revise(connection, current_actor(), current_scope(), values, form.text("reason"), now)
    except Refused as refused:
        return _form(request.form, by_field([_named(one) for one in refused.faults])), 422
    flash(_("The measure is laid down. It counts from its moment on; nothing before it changes."), "good")
    return redirect(url_for("alert_measures.show", key=kept.key, area=kept.area or None), 303)


def _named(fault: Fault) -> Fault:
    """The field of the form: `terms.stages[0]` is stages."""
    return fault._replace(field=fault.field.split("[")[0].rsplit(".", 1)[-1])


@blueprint.post("/<key>/confirm")
@allow("alerts.edit")
def confirm(key: str) -> ResponseReturnValue:
    """The bureau has read it in its plan."""
    try:
        with work() as connection:
            keep_measures.confirm(
                connection, current_actor(), current_scope(), (key, _area()), form.text("source", 600),
                form.text("reason"), datetime.now(UTC),
            )  # fmt: skip
    except Refused as refused:
        return _page(key, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    flash(_("The measure is confirmed."), "good")
    return redirect(url_for("alert_measures.show", key=key, area=_area() or None), 303)


@blueprint.post("/<key>/withdraw")
@allow("alerts.edit")
def withdraw(key: str) -> ResponseReturnValue:
    """From a moment on it says nothing any more."""
    given = form.text("from_at")
    begins = form.moment("from_at")
    try:
        with work() as connection:
            if given and begins is None:
                zh, en = "请填写时间", "Give a time"
                raise Refused([Fault("from_at", zh, en)])
            keep_measures.withdraw(
                connection, current_actor(), current_scope(), (key, _area()), begins, form.text("reason"),
                datetime.now(UTC),
            )  # fmt: skip
    except Refused as refused:
        faults = by_field([one._replace(field=f"withdraw_{one.field}") for one in refused.faults])
        return _page(key, faults, 422)
    except LookupError:
        abort(404)
    flash(_("The measure is withdrawn."), "good")
    return redirect(url_for("alert_measures.show", key=key, area=_area() or None), 303)
