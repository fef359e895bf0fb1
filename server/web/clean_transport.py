"""Clean transport: shares by enterprise, industry and month beside the target, and what other ways took."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from enforcement.ledgers.codes import lists
from enforcement.rules.book import day_of, get_rule
from server.flows import clean_shares, rule_book
from server.flows import record_clean_transport as flow
from server.flows.clean_shares import Period, ShareRow
from server.flows.record_clean_transport import CarriedOtherwise, StaleEntry
from server.flows.refusals import Refused
from server.store import audit, clean_transport
from server.store.paging import Found, Query
from server.web import form_values as form
from server.web import ledger_review_words, registry_words  # noqa: F401 - their words join at import
from server.web.access import allow, current_account, current_actor, current_scope, may, work
from server.web.exports import KINDS, export, head_of, kind_asked
from server.web.field_faults import by_field
from server.web.filter_choices import areas_of_scope
from server.web.frame import local
from server.web.language import pick
from server.web.ledger_forms import named
from server.web.listing import Column, Filter, read, view, whole
from server.web.month_charts import chart
from server.web.words import choices, word

blueprint = Blueprint("clean_transport", __name__, url_prefix="/clean-transport")

FILTERS = (
    Filter("by", _l("Show"), "choice", lambda: choices("share_by")),
    Filter("from", _l("From month of"), "date"),
    Filter("to", _l("to month of"), "date"),
    Filter("q", _l("Enterprise"), wide=True),
    Filter("industry", _l("Industry"), "choice", lambda: choices("industry")),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("enterprise", "", "number"),
)
COLUMNS = (
    Column("key", _l("What"), sort=True),
    Column("industry", _l("Industry"), wide=True),
    Column("total", _l("Bulk goods (t)"), sort=True, numeric=True),
    Column("other_ways", _l("Rail, water, belt (t)"), sort=True, numeric=True),
    Column("new_energy", _l("Road, new energy (t)"), sort=True, numeric=True),
    Column("six", _l("Road, China VI (t)"), sort=True, numeric=True),
    Column("other_road", _l("Road, other (t)"), sort=True, numeric=True),
    Column("strict", _l("Clean share (%)"), sort=True, numeric=True),
    Column("or_six", _l("With China VI (%)"), sort=True, numeric=True),
    Column("target", _l("Target (%)"), numeric=True),
)
ENTRY_FILTERS = (
    Filter("mode", _l("Way"), "choice", lambda: choices("transport_mode")),
    Filter("direction", _l("Direction"), "choice", lambda: choices("carried_direction")),
    Filter("cargo", _l("Cargo"), "choice", lambda: cargoes()),
    Filter("from", _l("From month of"), "date"),
    Filter("to", _l("to month of"), "date"),
    Filter("division", _l("Area"), "choice", areas_of_scope),
    Filter("enterprise", "", "number"),
)
ENTRY_COLUMNS = (
    Column("month", _l("Month"), sort=True),
    Column("enterprise", _l("Enterprise")),
    Column("direction", _l("Direction")),
    Column("mode", _l("Way")),
    Column("cargo", _l("Cargo")),
    Column("tonnes", _l("Tonnes"), sort=True, numeric=True),
    Column("document", _l("Document"), wide=True),
    Column("recorded_at", _l("Recorded"), sort=True),
)


def cargoes() -> list[tuple[str, str]]:
    """Every cargo of the list."""
    return [(code.value, pick(code.zh, code.en)) for code in lists()["cargo"]]


@blueprint.get("/")
@allow("ledger_review.read")
def index() -> ResponseReturnValue:
    """The shares, or the same as a file."""
    query = read(request.args, FILTERS, COLUMNS, sort="total")
    by = query.values.get("by", "enterprise")
    period = _period(query.values)
    with work() as connection:
        rules, scope = rule_book.current(connection), current_scope()
        read_lines = clean_shares.lines(connection, scope, rules, period, query.values)
    rows, monthly = (clean_shares.grouped(rules, one, read_lines, period, query.values) for one in (by, "month"))
    lines = _ordered([_shown(row, by) for row in rows], query)
    if kind_asked():
        return export(
            "clean-transport", head_of(COLUMNS), [_cells(line) for line in lines], query, "clean_transport.export",
            ("clean_transport", "list"),
        )  # fmt: skip
    begin = (query.page - 1) * query.size
    found = Found(lines[begin : begin + query.size], len(lines))
    common = get_rule(rules, "clean.target_pct", clean_shares.in_month(period.last))
    return render_template(
        "clean_transport/list.html", view=view(query, found, FILTERS, COLUMNS, exports=KINDS), by=by, period=period,
        whole=clean_shares.whole(rows), chart=_chart(monthly, period, common.number), common=common,
    )  # fmt: skip


def _period(values: Mapping[str, str]) -> Period:
    first, last = (date.fromisoformat(values[name]) if name in values else None for name in ("from", "to"))
    return clean_shares.period_of(first, last, day_of(datetime.now(UTC)))


def _shown(row: ShareRow, by: str) -> dict[str, Any]:
    share, key = row.share, row.key
    names = {
        "enterprise": key.get("name"),
        "industry": word("industry", key.get("industry")) if by == "industry" else "",
        "month": key["month"].strftime("%Y-%m") if by == "month" else "",
    }
    return {
        "id": key.get("id"), "key": names[by] or "–", "industry": key.get("industry") or "", "total": share.total,
        "other_ways": share.other_ways, "new_energy": share.new_energy, "six": share.six,
        "other_road": share.other_road, "strict": share.strict_pct, "or_six": share.or_six_pct,
        "target": row.target.pct if row.target else None, "below": row.below, "month": key.get("month"),
        "missing": share.missing_tonnes(row.target) if row.target else None,
    }  # fmt: skip


def _ordered(lines: list[dict[str, Any]], query: Query) -> list[dict[str, Any]]:
    lines.sort(key=lambda line: (str(line["key"]), line["id"] or 0))
    known = [line for line in lines if line[query.sort] is not None]
    known.sort(key=lambda line: line[query.sort], reverse=query.descending)
    return known + [line for line in lines if line[query.sort] is None]


def _cells(line: Mapping[str, Any]) -> list[Any]:
    tonnes = [float(line[name]) for name in ("total", "other_ways", "new_energy", "six", "other_road")]
    shares = [None if line[name] is None else round(line[name], 2) for name in ("strict", "or_six")]
    return [line["key"], word("industry", line["industry"]), *tonnes, *shares, line["target"]]


def _chart(monthly: Sequence[ShareRow], period: Period, target: float) -> Any:
    strict = {row.key["month"]: row.share.strict_pct for row in monthly}
    or_six = {row.key["month"]: row.share.or_six_pct for row in monthly}
    lines = [("strict", _("Clean share"), strict), ("six", _("With China VI"), or_six)]
    return chart(list(clean_shares.months(period)), lines, target)


@blueprint.get("/entries")
@allow("ledger_review.read")
def entries() -> ResponseReturnValue:
    """What went otherwise than by road, as recorded; or the same as a file."""
    query = read(request.args, ENTRY_FILTERS, ENTRY_COLUMNS, sort="recorded_at")
    with work() as connection:
        found = clean_transport.find(connection, current_scope(), whole(query) if kind_asked() else query)
    if kind_asked():
        lines = [_entry_line(row) for row in found.rows]
        return export(
            "clean-transport-entries", head_of(ENTRY_COLUMNS), lines, query, "clean_transport.export",
            ("clean_transport", "list"),
        )  # fmt: skip
    shown = view(query, found, ENTRY_FILTERS, ENTRY_COLUMNS, exports=KINDS)
    return render_template("clean_transport/entries.html", view=shown, named=named, own=_own())


def _own() -> bool:
    return may("ledgers.record") and bool(current_scope().enterprise_id)


def _entry_line(row: Mapping[str, Any]) -> list[Any]:
    return [
        row["month"].strftime("%Y-%m"), row["enterprise"], word("carried_direction", row["direction"]),
        word("transport_mode", row["mode"]), named("cargo", row["cargo"]), float(row["tonnes"]), row["document"],
        local(row["recorded_at"]),
    ]  # fmt: skip


@blueprint.get("/new")
@allow("ledgers.record")
def new() -> ResponseReturnValue:
    """The form of an entry."""
    return _form(request.args, {})


def _form(draft: Mapping[str, str], faults: Mapping[str, str], code: int = 200) -> ResponseReturnValue:
    return render_template("clean_transport/form.html", draft=draft, faults=faults, cargoes=cargoes()), code


@blueprint.post("/new")
@allow("ledgers.record")
def add() -> ResponseReturnValue:
    """Record what went otherwise than by road."""
    enterprise = current_scope().enterprise_id
    if not enterprise:
        return _form(request.form, {"month": _("Your account belongs to no enterprise that is on file.")}, 422)
    draft = CarriedOtherwise(
        _month(form.text("month", 20)), form.text("direction", 10), form.text("mode", 40), form.text("cargo", 40),
        tonnes_typed(form.text("tonnes", 30)), form.text("document", 400),
    )  # fmt: skip
    try:
        with work() as connection:
            number = flow.record(
                connection, current_actor(), enterprise, _division(connection, enterprise), draft, datetime.now(UTC)
            )
    except Refused as refused:
        return _form(request.form, by_field(refused.faults), 422)
    flash(_("The entry is recorded."), "good")
    return redirect(url_for("clean_transport.show", number=number), 303)


def _division(connection: Connection, enterprise: int) -> str:
    found = clean_transport.enterprise_named(connection, current_scope(), str(enterprise)) or {}
    return found.get("division") or current_account().division


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(text if len(text) > 7 else f"{text}-01").replace(day=1)
    except ValueError:
        return None


def tonnes_typed(text: str) -> Decimal | None:
    """Tonnes as typed, with a full-width or a plain point; None where it is no number."""
    try:
        found = Decimal(text.replace("．", ".").replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < Decimal("1e15") else None


@blueprint.get("/<int:number>")
@allow("ledger_review.read")
def show(number: int) -> ResponseReturnValue:
    """One entry with what it said before."""
    return _page(number, {})


def _page(number: int, faults: Mapping[str, str], code: int = 200) -> ResponseReturnValue:
    with work() as connection:
        row = clean_transport.find_one(connection, current_scope(), number) or abort(404)
        timeline = audit.of_subject(connection, "clean_transport", number) if not current_scope().fence else []
    own = _own() and current_scope().enterprise_id == row["enterprise_id"]
    shown = render_template(
        "clean_transport/show.html", row=row, timeline=timeline, faults=faults, draft=request.form, named=named, own=own
    )
    return shown, code


@blueprint.post("/<int:number>/change")
@allow("ledgers.record")
def change(number: int) -> ResponseReturnValue:
    """Other tonnes or another document, with the reason."""
    version = form.text("version", 20)
    try:
        with work() as connection:
            flow.change(
                connection, current_actor(), current_scope(), number,
                int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
                tonnes_typed(form.text("tonnes", 30)), form.text("document", 400), form.text("reason"),
                datetime.now(UTC),
            )  # fmt: skip
    except Refused as refused:
        return _page(number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except StaleEntry:
        return _page(number, {"reason": _("Somebody else has changed it meanwhile. Look at it again.")}, 409)
    flash(_("The entry is changed."), "good")
    return redirect(url_for("clean_transport.show", number=number), 303)
