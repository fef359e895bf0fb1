"""What is decided of a whitelist entry on its page: review, approval, withdrawal, suspension and its end."""

import datetime as dt
from collections.abc import Callable

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from server.flows import whitelist_way as way
from server.flows.refusals import Refused
from server.store import whitelist
from server.store.whitelist import WhitelistRow
from server.web import form_values, whitelist_forms  # noqa: F401 - its pages join the same blueprint
from server.web.access import allow, current_actor, current_scope, work
from server.web.field_faults import by_field
from server.web.whitelist import blueprint, page

Act = Callable[[Connection, WhitelistRow], object]


def _done(number: int, act: Act, told: str) -> ResponseReturnValue:
    """Run an act on the locked entry; its page again where it is refused."""
    try:
        with work() as connection:
            entry = whitelist.find_entry(connection, number, current_scope(), hold=True) or abort(404)
            act(connection, entry)
    except LookupError:
        abort(404)
    except Refused as refused:
        return page(number, by_field(refused.faults), 422)
    flash(told, "good")
    return redirect(url_for("whitelist.show", number=number), 303)


@blueprint.post("/<int:number>/review")
@allow("whitelist.review")
def review(number: int) -> ResponseReturnValue:
    """The county's look at a request."""
    agree, note = request.form.get("decision") == "agree", form_values.text("note", 500)
    told = _("It goes on to the city for approval.") if agree else _("The request is refused.")
    return _done(number, lambda connection, entry: way.review(connection, current_actor(), entry, agree, note), told)


@blueprint.post("/<int:number>/decide")
@allow("whitelist.approve")
def decide(number: int) -> ResponseReturnValue:
    """Approve or refuse."""
    approve = request.form.get("decision") == "approve"
    approver, note = form_values.text("approver", 100), form_values.text("note", 500)
    told = _("The entry is approved.") if approve else _("The entry is refused.")

    def act(connection: Connection, entry: WhitelistRow) -> None:
        way.decide_entry(connection, current_actor(), current_scope(), entry, approve, approver, note)

    return _done(number, act, told)


@blueprint.post("/<int:number>/take-back")
@allow("whitelist.apply")
def take_back(number: int) -> ResponseReturnValue:
    """The applicant no longer wants it."""
    reason = form_values.text("reason", 500)
    told = _("The application is taken back.")
    return _done(number, lambda connection, entry: way.take_back(connection, current_actor(), entry, reason), told)


@blueprint.post("/<int:number>/withdraw")
@allow("whitelist.edit")
def withdraw(number: int) -> ResponseReturnValue:
    """End an entry, with the reason."""
    reason, now = form_values.text("reason", 500), dt.datetime.now(dt.UTC)
    told = _("The entry is withdrawn; acts before now stay covered.")
    return _done(number, lambda connection, entry: way.withdraw(connection, current_actor(), entry, reason, now), told)


@blueprint.post("/<int:number>/suspend")
@allow("whitelist.edit")
def suspend(number: int) -> ResponseReturnValue:
    """Suspend an entry by hand."""
    reason, now = form_values.text("suspend_reason", 500), dt.datetime.now(dt.UTC)
    told = _("The entry is suspended; acts before now stay covered.")
    return _done(number, lambda connection, entry: way.suspend(connection, current_actor(), entry, reason, now), told)


@blueprint.post("/<int:number>/suspensions/<int:suspension>/end")
@allow("whitelist.approve")
def resume(number: int, suspension: int) -> ResponseReturnValue:
    """End a suspension, with the reason."""
    reason, now = form_values.text("end_reason", 500), dt.datetime.now(dt.UTC)

    def act(connection: Connection, entry: WhitelistRow) -> None:
        way.end_suspension(connection, current_actor(), entry, suspension, reason, now)

    return _done(number, act, _("The suspension is ended; the entry holds again from now on."))
