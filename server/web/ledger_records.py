"""Pages that the three ledgers have in common: a record with its history, a row by hand, a correction, striking out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from server.flows import correct_ledger, enter_ledger_row
from server.flows.refusals import Refused
from server.store import evidence_items, ledger_batches, ledger_refusals, ledger_sheets, passage_leads
from server.store.paging import Found, Query
from server.store.scopes import Scope
from server.web import form_values as form
from server.web import ledger_forms, ledger_words  # noqa: F401 - its words join at import
from server.web.access import current_account, current_actor, current_scope, may, work
from server.web.exports import KINDS
from server.web.field_faults import by_field
from server.web.ledger_facts import Group, groups_of, lines_of
from server.web.listing import Column, Filter, View, view

FindOne = Callable[[Connection, Scope, int], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger as its pages need it: letter, kind of record, blueprint, kind of word for its stages, its store."""

    code: str
    kind: str
    blueprint: str
    stages: str
    find_one: FindOne

    @property
    def index(self) -> str:
        return f"{self.blueprint}.index"

    @property
    def show(self) -> str:
        return f"{self.blueprint}.show"

    @property
    def new(self) -> str:
        return f"{self.blueprint}.new"

    @property
    def edit(self) -> str:
        return f"{self.blueprint}.edit"

    @property
    def strike(self) -> str:
        return f"{self.blueprint}.strike"


def enterprises() -> list[tuple[str, str]]:
    """(id, name) of the enterprises that a bureau chooses a ledger from."""
    with work() as connection:
        rows = ledger_sheets.enterprises_of(connection, current_scope())
    return [(str(row["id"]), row["name"]) for row in rows]


def view_of(
    query: Query, found: Found, filters: Sequence[Filter], columns: Sequence[Column], exports: Sequence[str] = KINDS
) -> View:
    """A list as its page shows it: to an enterprise, which sees its own alone, without whose row it is and where."""
    if current_scope().enterprise_id:
        filters = [one for one in filters if one.name not in ("division", "enterprise")]
        columns = [replace(one, extra=True) if one.name == "enterprise" else one for one in columns]
    return view(query, found, filters, columns, exports)


def page(ledger: Ledger, number: int, faults: Mapping[str, str], code: int = 200) -> ResponseReturnValue:
    """The record of a row."""
    with work() as connection:
        row = ledger.find_one(connection, current_scope(), number) or abort(404)
        history = ledger_batches.history_of(connection, ledger.code, number)
        items = evidence_items.of_owner(connection, ledger.kind, number)
        refused = ledger_refusals.of_key(connection, row["enterprise_id"], ledger.code, row.get("source_key"))
        answer = ledger_refusals.answer_of(connection, row.get("answer_id"))
        leads = passage_leads.of_passage(connection, number) if ledger.code == "A" and may("leads.read") else []
    for one in history:
        one["lines"] = lines_of(ledger.code, one["before"], one["after"])
    groups: list[Group] = groups_of(ledger.code, row)
    shown = render_template(
        "ledgers/show.html", ledger=ledger, row=row, groups=groups, history=history, items=items, refused=refused,
        answer=answer, leads=leads, faults=faults, own=_own(row),
    )  # fmt: skip
    return shown, code


def _own(row: Mapping[str, Any]) -> bool:
    return may("ledgers.record") and current_scope().enterprise_id == row["enterprise_id"]


def now() -> datetime:
    """The platform's clock."""
    return datetime.now(UTC)


def version_sent() -> int:
    """The version that the form was made of; 0 where it says none."""
    text = form.text("version", 20)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def write(ledger: Ledger, number: int, step: Callable[[Connection], object], told: str) -> ResponseReturnValue:
    """Run a step on a row; the record with the fault where it is refused."""
    try:
        with work() as connection:
            if ledger.find_one(connection, current_scope(), number) is None:
                abort(404)
            step(connection)
    except Refused as refused:
        return page(ledger, number, by_field(refused.faults), 422)
    except LookupError:
        abort(404)
    except correct_ledger.Changed:
        return page(ledger, number, {"reason": stale()}, 409)
    flash(told, "good")
    return redirect(url_for(ledger.show, number=number), 303)


def stale() -> str:
    """What is said to whoever comes second."""
    return str(_("Somebody else has changed it meanwhile. Look at it again."))


def strike(ledger: Ledger, number: int) -> ResponseReturnValue:
    """Strike a row out, with the reason."""

    def step(connection: Connection) -> None:
        correct_ledger.strike_out(
            connection, current_actor(), ledger.code, number, version_sent(), form.text("reason"), datetime.now(UTC)
        )

    return write(ledger, number, step, _("The row is struck out."))


def form_page(
    ledger: Ledger, row: Mapping[str, Any] | None, draft: Mapping[str, Any], faults: Mapping[str, str] | None = None,
    refusal: Mapping[str, Any] | None = None, code: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    """The form of a new row, or of a correction."""
    fields, told = ledger_forms.fields(ledger.code, draft), faults or {}
    shown = {one.name for one in fields} | {"reason"}
    above = " ".join(text for name, text in told.items() if name not in shown)
    rendered = render_template(
        "ledgers/form.html", ledger=ledger, row=row, fields=fields, draft=draft, faults=told, above=above,
        refusal=refusal,
    )  # fmt: skip
    return rendered, code


def new(ledger: Ledger, draft: Mapping[str, Any]) -> ResponseReturnValue:
    """The empty form, or with what a refused row said."""
    refusal = _refusal(ledger, request.args.get("refusal", ""))
    said = ledger_forms.draft_of_payload(ledger.code, refusal["payload"]) if refusal else {}
    return form_page(ledger, None, {**draft, **said}, refusal=refusal)


def _refusal(ledger: Ledger, text: str) -> dict[str, Any] | None:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    with work() as connection:
        found = ledger_refusals.find_one(connection, current_scope(), int(text))
    return found if found and found["ledger"] == ledger.code and found["settled_at"] is None else None


def add(ledger: Ledger) -> ResponseReturnValue:
    """Enter a row by hand."""
    enterprise, refusal = current_scope().enterprise_id, _refusal(ledger, form.text("refusal", 20))
    if not enterprise:
        return form_page(ledger, None, request.form, {"": _("Your account belongs to no enterprise that is on file.")},
                         code=422)  # fmt: skip
    try:
        with work() as connection:
            number = enter_ledger_row.enter(
                connection, current_actor(), enterprise, current_account().division, ledger.code,
                ledger_forms.typed(ledger.code), datetime.now(UTC), refusal["id"] if refusal else None,
            )  # fmt: skip
    except Refused as refused:
        return form_page(ledger, None, request.form, by_field(refused.faults), refusal, 422)
    flash(_("The row is in the ledger."), "good")
    return redirect(url_for(ledger.show, number=number), 303)


def edit(ledger: Ledger, number: int) -> ResponseReturnValue:
    """The form of a correction."""
    row = _correctable(ledger, number)
    return form_page(ledger, row, ledger_forms.draft_of(ledger.code, row))


def _correctable(ledger: Ledger, number: int) -> dict[str, Any]:
    with work() as connection:
        row = ledger.find_one(connection, current_scope(), number) or abort(404)
    return row if row["state"] in ("taken", "pending") else abort(404)


def correct(ledger: Ledger, number: int) -> ResponseReturnValue:
    """Correct a row; its older content stays with the reason."""
    row = _correctable(ledger, number)
    try:
        with work() as connection:
            correct_ledger.correct(
                connection, current_actor(), ledger.code, number, version_sent(),
                ledger_forms.changes(ledger.code, row), form.text("reason"), datetime.now(UTC),
            )  # fmt: skip
    except Refused as refused:
        return form_page(ledger, row, request.form, by_field(refused.faults), code=422)
    except LookupError:
        abort(404)
    except correct_ledger.Changed:
        return form_page(ledger, row, request.form, {"": stale()}, code=409)
    flash(_("The row is corrected."), "good")
    return redirect(url_for(ledger.show, number=number), 303)
