"""The clocks of a case: stopped for a reason that a statute knows, running on, lengthened as the law allows."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from enforcement.cases.clocks import PauseReason
from server.db import transaction
from server.flows import case_clocks, rule_book
from server.flows.case_clocks import Clockwork
from server.flows.case_work import MoveRefused
from server.flows.refusals import Fault
from server.store import calendar_days, cases, deadlines
from server.web.access import allow, current_account, current_actor, current_scope, engine
from server.web.cases import get, page
from server.web.field_faults import by_field

blueprint = Blueprint("case_clocks", __name__, url_prefix="/cases/<int:number>/deadlines/<int:deadline>")


@blueprint.post("/pause")
@allow("cases.work")
def pause(number: int, deadline: int) -> ResponseReturnValue:
    """Stop a clock for a reason that a statute knows."""
    return _change(number, deadline, _pause)


@blueprint.post("/resume")
@allow("cases.work")
def resume(number: int, deadline: int) -> ResponseReturnValue:
    """Let a clock run on."""
    return _change(number, deadline, _resume)


@blueprint.post("/extend")
@allow("cases.work")
def extend(number: int, deadline: int) -> ResponseReturnValue:
    """Lengthen a clock as the law allows."""
    return _change(number, deadline, _extend)


def _pause(clockwork: Clockwork) -> date:
    form = request.form
    try:
        reason = PauseReason(form.get("reason", ""))
    except ValueError:
        raise MoveRefused(Fault("reason", "请选择中止的法定理由", "Choose the statute's reason")) from None
    values = {
        "reason": str(reason),
        "from_day": _get_day("from_day"),
        "to_day": _day("to_day"),
        "document": form.get("document", "").strip() or None,
    }
    return case_clocks.pause(clockwork, values)


def _resume(clockwork: Clockwork) -> date:
    return case_clocks.resume(clockwork, _get_day("to_day"))


def _extend(clockwork: Clockwork) -> date:
    form = request.form
    return case_clocks.extend(clockwork, form.get("extension", ""), form.get("document", "").strip())


def _day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _no_day(name) from None


def _get_day(name: str) -> date:
    day = _day(name)
    if day is None:
        raise _no_day(name)
    return day


def _no_day(name: str) -> MoveRefused:
    return MoveRefused(Fault(name, "请填写日期，例如 2026-11-24", "Give a day, like 2026-11-24"))


def _change(number: int, deadline: int, how: Callable[[Clockwork], date]) -> ResponseReturnValue:
    get(number)
    try:
        with transaction(engine()) as connection:
            due = how(_in_hand(connection, number, deadline))
    except LookupError:
        abort(404)
    except MoveRefused as refused:
        return page(number, f"clock-{deadline}", by_field(refused.faults)), 422
    flash(_("The last day is now %(day)s.", day=due.isoformat()), "good")
    return redirect(url_for("cases.show", number=number, _anchor="deadlines"), 303)


def _in_hand(connection: Connection, number: int, deadline: int) -> Clockwork:
    case = cases.lock(connection, current_scope(), number)
    row = deadlines.lock(connection, number, deadline) if case is not None else None
    if row is None:
        raise LookupError(deadline)
    rules, calendar = rule_book.current(connection), calendar_days.load_calendar(connection)
    today = deadlines.today(connection)
    return Clockwork(connection, current_actor(), current_account(), rules, calendar, row, today)
