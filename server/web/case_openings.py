"""Opening a case: what it rests on, what else is on file about the same subject, the party; or joining a case."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from server.db import transaction
from server.flows import case_drafts, rule_book
from server.flows.case_drafts import CaseDraft, Source, SourceRefused, draft_of
from server.flows.case_work import MoveRefused
from server.flows.open_case import AlreadyInCase, SameAct, join_case, open_case
from server.store import calendar_days, case_grounds
from server.web import case_facts
from server.web.access import allow, current_account, current_actor, current_scope, engine
from server.web.cases import blueprint, whole_number
from server.web.field_faults import by_field
from server.web.frame import record_address
from server.web.language import pick

MOST_SOURCES = 20


def _sources() -> list[Source]:
    """What the address or the form names: `kind` and `number`, or `source` as kind:number, any number of times."""
    given = [(request.values.get("kind", ""), request.values.get("number", ""))]
    parts = [text.partition(":") for text in request.values.getlist("source")]
    given += [(kind, number) for kind, _colon, number in parts]
    found = [(kind, whole_number(number)) for kind, number in given if kind in case_drafts.KINDS]
    return list(dict.fromkeys(one for one in found if one[1]))[:MOST_SOURCES]


@blueprint.get("/new")
@allow("cases.open")
def open_from() -> str:
    """The form: what the case would say, and what else could be joined."""
    return _page({})


def _page(faults: dict[str, str], same: Mapping[str, Any] | None = None) -> str:
    try:
        with transaction(engine()) as connection:
            draft = draft_of(connection, current_scope(), _sources())
            others = _others(connection, draft)
    except LookupError:
        abort(404)
    return render_template(
        "cases/open.html", draft=draft, facts=case_facts.read(draft.facts), others=others, faults=faults, same=same,
    )  # fmt: skip


@blueprint.errorhandler(SourceRefused)
def refuse_source(refused: SourceRefused) -> ResponseReturnValue:
    """Back to the source, with why it carries no case."""
    flash(pick(refused.zh, refused.en), "over")
    return redirect(_source_page(refused.source), 303)


def _others(connection: Connection, draft: CaseDraft) -> list[dict[str, Any]]:
    acted = (draft.acted_from, draft.acted_to)
    found = case_grounds.others(connection, current_scope(), draft.truck_id, draft.machine_id, acted)
    return [one for one in found if (one["kind"], one["id"]) not in draft.sources]


def _source_page(source: Source) -> str:
    return record_address(*source) or url_for("cases.index")


@blueprint.post("/new")
@allow("cases.open")
def open_one() -> ResponseReturnValue:
    """Open the case, or join the one that the form names."""
    joined = whole_number(request.form.get("join", ""))
    try:
        with transaction(engine()) as connection:
            case_id = _join(connection, joined) if joined else _open(connection)
    except LookupError:
        abort(404)
    except AlreadyInCase as there:
        flash(_("This is in case %(number)s already; no second case was opened.", number=there.case["number"]), "due")
        return redirect(url_for("cases.show", number=there.case["id"]), 303)
    except SameAct as same:
        return _page({}, same.case), 409
    except MoveRefused as refused:
        return _page(by_field(refused.faults)), 422
    flash(_("The source was joined to the case.") if joined else _("The case is open."), "good")
    return redirect(url_for("cases.show", number=case_id), 303)


def _draft(connection: Connection) -> CaseDraft:
    """The draft with the party as the form has it."""
    draft, form = draft_of(connection, current_scope(), _sources()), request.form
    party = replace(
        draft.party,
        name=form.get("party_name", "").strip() or None,
        kind=form.get("party_kind") or None,
        code=form.get("party_code", "").strip() or None,
    )
    return replace(draft, party=party)


def _open(connection: Connection) -> int:
    rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    return open_case(
        connection, current_actor(), current_account(), current_scope(), rules, calendar, _draft(connection),
        request.form.get("another_act", "").strip(),
    )  # fmt: skip


def _join(connection: Connection, case_id: int) -> int:
    rules = rule_book.current(connection)
    draft = draft_of(connection, current_scope(), _sources())
    join_case(connection, current_actor(), current_account(), current_scope(), rules, draft, case_id)
    return case_id
