"""The rule book as an administrator sees it: what holds on a day and how sure it is; confirm, change from a day on."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from enforcement.rules.book import Certainty, Rule, RuleBookFault
from enforcement.rules.laws import citation
from server.flows import rule_book
from server.flows.refusals import Fault, Refused
from server.store import rule_rows
from server.store.paging import Found, Query
from server.web import rule_words, words  # noqa: F401 - the words of units join at import
from server.web.access import allow, current_actor, work
from server.web.language import ZONE, pick
from server.web.listing import Column, Filter, read, view
from server.web.rule_book import book
from server.web.words import choices, word

blueprint = Blueprint("rules", __name__, url_prefix="/rules")

words.add(
    "action",
    {
        "rule.confirm": ("核实规则", "rule confirmed"),
        "rule.change": ("变更规则", "rule changed"),
        "rule.close": ("规则到期", "rule closed by the next"),
        "rule.withdraw": ("撤回规则", "rule withdrawn"),
    },
)
words.add("subject_kind", {"rule": ("规则", "rule")})

FILTERS = (
    Filter("q", _l("Words, clause or name of the rule"), wide=True),
    Filter("certainty", _l("Certainty"), "choice", lambda: choices("certainty", "confirmed", "unconfirmed")),
    Filter("at", _l("In force on"), "date"),
    Filter("rule", _l("Name of the rule")),
)
COLUMNS = (
    Column("text", _l("What it says")),
    Column("value", _l("Value"), numeric=True),
    Column("valid_from", _l("From"), sort=True),
    Column("valid_to", _l("Until"), wide=True),
    Column("basis", _l("Legal basis")),
    Column("area", _l("Area"), wide=True),
    Column("certainty", _l("Certainty"), sort=True),
    Column("id", _l("Name of the rule"), sort=True, wide=True),
    Column("source", _l("Read where"), extra=True),
)


def shown_value(rule: Rule) -> str:
    """A value with its unit, as text."""
    if rule.value is None:
        return str(_("not set"))
    if isinstance(rule.value, tuple):
        return ", ".join(word("rule_value", one) for one in rule.value)
    if isinstance(rule.value, bool):
        return str(_("yes") if rule.value else _("no"))
    if isinstance(rule.value, str):
        return word("rule_value", rule.value)
    unit = word("unit", rule.unit) if rule.unit else ""
    return f"{rule.value:g} {unit}".strip()


def _row(rule: Rule) -> dict[str, Any]:
    basis = citation(rule.legal_basis)
    return {
        "rule": rule,
        "id": rule.id,
        "key": rule.key,
        "text": pick(rule.zh, rule.en),
        "value": shown_value(rule),
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
        "basis": pick(basis.zh, basis.en),
        "area": rule.area,
        "certainty": rule.certainty.value,
        "source": _(rule.source),
    }


def _matches(rule: Rule, query: Query) -> bool:
    asked = query.values
    words_ = f"{rule.id} {rule.zh} {rule.en} {rule.legal_basis} {rule.source}".lower()
    return (
        asked.get("q", "").lower() in words_
        and asked.get("certainty", rule.certainty.value) == rule.certainty.value
        and ("at" not in asked or rule.holds_on(date.fromisoformat(asked["at"])))
        and asked.get("rule", rule.id) == rule.id
    )


@blueprint.get("/")
@allow("rules.read")
def index() -> str:
    """Every row of the book."""
    query = read(request.args, FILTERS, COLUMNS, sort="id", descending=False)
    rows = [row for row in book().rows if _matches(row, query)]
    rows.sort(key=lambda row: (str(getattr(row, query.sort)), row.id, row.area, row.valid_from))
    if query.descending:
        rows.reverse()
    first = (query.page - 1) * query.size
    found = Found([_row(row) for row in rows[first : first + query.size]], len(rows))
    unconfirmed = sum(row.certainty is Certainty.UNCONFIRMED for row in book().rows)
    return render_template("rules/list.html", view=view(query, found, FILTERS, COLUMNS), unconfirmed=unconfirmed)


def _place(rule: str) -> Rule:
    """The row an address means: the name, and `from` and `area` where it has several; else the newest."""
    rows = book().by_id.get(rule) or abort(404)
    asked = request.values.get("row", "")
    return next((row for row in rows if row.key == asked), rows[-1])


@blueprint.get("/<string:rule>")
@allow("rules.read")
def show(rule: str) -> str:
    """One rule: its rows, how they came about, and what may be done."""
    return _page(_place(rule), {}, {})


def _page(row: Rule, faults: dict[str, str], draft: dict[str, str]) -> str:
    with work() as connection:
        history = rule_rows.history(connection, row.id)
    for one in history:
        one["shown"] = shown_value(rule_book.rule_of(one))
    shipped = {(r.id, r.area, r.valid_from) for r in rule_book.shipped().rows}
    return render_template(
        "rules/show.html",
        row=row,
        facts=_row(row),
        rows=[_row(one) for one in book().by_id[row.id]],
        history=history,
        withdrawable=(row.id, row.area, row.valid_from) not in shipped,
        faults=faults,
        draft=draft or _draft_of(row),
    )


def _draft_of(row: Rule) -> dict[str, str]:
    value = ", ".join(row.value) if isinstance(row.value, tuple) else "" if row.value is None else f"{row.value}"
    today = datetime.now(ZONE).date().isoformat()
    return {"value": value, "area": row.area, "legal_basis": row.legal_basis, "valid_from": today}


@blueprint.post("/<string:rule>/confirm")
@allow("rules.edit")
def confirm(rule: str) -> ResponseReturnValue:
    """The bureau has read it."""
    row = _place(rule)
    place = (row.id, row.area, row.valid_from)
    try:
        with work() as connection:
            rule_book.confirm(connection, current_actor(), place, _given("source"), _given("reason"))
    except Refused as refused:
        return _refused(row, refused, "confirm")
    flash(_("The rule is confirmed."), "good")
    return redirect(url_for("rules.show", rule=row.id), 303)


@blueprint.post("/<string:rule>/change")
@allow("rules.edit")
def change(rule: str) -> ResponseReturnValue:
    """Another value from a day on."""
    row = _place(rule)
    try:
        wanted = _change(row)
        with work() as connection:
            rule_book.change(connection, current_actor(), wanted)
    except Refused as refused:
        return _refused(row, refused, "change")
    flash(_("The rule is changed from %(day)s on. What was decided before keeps the row it used.",
            day=wanted.valid_from.isoformat()), "good")  # fmt: skip
    return redirect(url_for("rules.show", rule=row.id), 303)


@blueprint.post("/<string:rule>/withdraw")
@allow("rules.edit")
def withdraw(rule: str) -> ResponseReturnValue:
    """Take back a row that the bureau added."""
    row = _place(rule)
    try:
        with work() as connection:
            rule_book.withdraw(connection, current_actor(), (row.id, row.area, row.valid_from), _given("reason"))
    except Refused as refused:
        return _refused(row, refused, "withdraw")
    flash(_("The row is withdrawn."), "good")
    return redirect(url_for("rules.index", rule=row.id), 303)


def _given(name: str) -> str:
    return request.form.get(name, "").replace("\0", "").strip()


def _change(row: Rule) -> rule_book.Change:
    faults = []
    try:
        value = rule_book.value_of(row, _given("value"))
    except RuleBookFault:
        value = None
        faults.append(Fault("value", "这不是该规则可用的取值", "This is no value for the rule"))
    try:
        day = date.fromisoformat(_given("valid_from"))
    except ValueError:
        day = None
        faults.append(Fault("valid_from", "请填写日期，如 2026-12-01", "Give a date, as 2026-12-01"))
    if faults or day is None:
        raise Refused(faults)
    sure = Certainty.CONFIRMED if _given("certainty") == "confirmed" else Certainty.UNCONFIRMED
    return rule_book.Change(
        row.id, _given("area"), day, value, _given("legal_basis"), _given("source"), sure, _given("reason")
    )


def _refused(row: Rule, refused: Refused, form: str) -> ResponseReturnValue:
    faults = {f"{form}.{fault.field}": pick(fault.zh, fault.en) for fault in refused.faults}
    return _page(row, faults, dict(request.form)), 422
