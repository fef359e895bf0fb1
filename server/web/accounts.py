"""Signing in and out, the own account, and the administration of accounts."""

from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_user, logout_user

from server.db import transaction
from server.flows import manage_accounts, sign_in
from server.flows.manage_accounts import Draft
from server.flows.refusals import Refused
from server.store import audit, organisations, users
from server.store.users import Account
from server.web.access import (
    PUBLIC,
    SIGNED_IN,
    Visitor,
    allow,
    begin_session,
    current_account,
    current_actor,
    engine,
    find_current_account,
    safe_next,
    work,
)
from server.web.field_faults import by_field
from server.web.frame import local
from server.web.language import LOCALES, pick
from server.web.listing import Column, Filter, read, view
from server.web.words import WORDS, choices

blueprint = Blueprint("accounts", __name__)


# --- signing in and out ---


@blueprint.route("/sign-in", methods=["GET"], endpoint="sign_in")
@allow(PUBLIC)
def sign_in_form() -> ResponseReturnValue:
    """The log-in form; who is signed in already goes on."""
    if find_current_account():
        return redirect(safe_next(request.args.get("next")), 303)
    return render_template("accounts/sign_in.html", faults={}, username="")


@blueprint.post("/sign-in")
@allow(PUBLIC)
def sign_in_send() -> ResponseReturnValue:
    """Look at name and password; the answer to an unknown name and to a wrong password is the same."""
    username = request.form.get("username", "").strip().lower()[:100]
    account = _try(username, request.form.get("password", "")[:1024])
    if not isinstance(account, Account):
        status = 429 if isinstance(account, sign_in.Locked) else 401
        text = _refusal(account)
        return render_template("accounts/sign_in.html", faults={"password": text}, username=username), status
    session.clear()  # nothing that was there before the log-in survives it
    login_user(Visitor(account))
    begin_session(account)
    return redirect(safe_next(request.args.get("next")), 303)


def _try(username: str, password: str) -> Account | sign_in.Locked | None:
    address = request.remote_addr
    with transaction(engine()) as connection:
        limits = current_app.extensions["login_limits"]
        attempt = sign_in.reserve(connection, username, address, limits, datetime.now(UTC))
    if isinstance(attempt, sign_in.Locked):
        return attempt
    with transaction(engine()) as connection:
        account = sign_in.check(connection, username, password)
        sign_in.settle(connection, username, address, account, attempt, password)
    return account


def _refusal(locked: sign_in.Locked | None) -> str:
    if locked is None:
        return str(_("User name or password is not right."))
    return str(_("Too many wrong attempts. Log-in is locked; try again after %(time)s.", time=local(locked.until)))


@blueprint.post("/sign-out")
@allow(SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    with transaction(engine()) as connection:
        audit.append(connection, current_actor(), "account.sign_out", "account", current_account().id)
    logout_user()
    session.clear()
    flash(_("You are signed out."), "good")
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.post("/language")
@allow(PUBLIC)
def set_language() -> ResponseReturnValue:
    """Switch the language, for the account or for this browser."""
    locale = request.form.get("locale", "")
    if locale not in LOCALES:
        abort(400)
    answer = redirect(safe_next(request.form.get("next")), 303)
    account = find_current_account()
    if account:
        with transaction(engine()) as connection:
            users.set_locale(connection, account.id, locale)
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    answer.set_cookie("language", locale, 365 * 86400, httponly=True, samesite="Lax", secure=secure)
    return answer


# --- the own account ---


@blueprint.get("/account")
@allow(SIGNED_IN)
def own() -> str:
    """The own account: who one is here, language, password."""
    return render_template("accounts/own.html", faults={})


@blueprint.post("/account/password")
@allow(SIGNED_IN)
def own_password() -> ResponseReturnValue:
    """Set a new password; every other session ends, this one goes on."""
    form = request.form
    if form.get("new", "") != form.get("again", ""):
        return _own_again({"again": _("The two new passwords differ.")})
    account = current_account()
    try:
        with transaction(engine()) as connection:
            manage_accounts.change_password(
                connection, current_actor(), account, form.get("old", ""), form.get("new", "")
            )
    except Refused as refused:
        return _own_again(by_field(refused.faults))
    _renew_session(account.id)
    flash(_("The new password holds from now on. Your other sessions have ended."), "good")
    return redirect(url_for("accounts.own"), 303)


def _own_again(faults: dict[str, str]) -> ResponseReturnValue:
    return render_template("accounts/own.html", faults=faults), 422


def _renew_session(user_id: int) -> None:
    with transaction(engine()) as connection:
        account = users.find_account(connection, user_id)
    session.clear()
    if account:
        login_user(Visitor(account))
        begin_session(account)


@blueprint.post("/account/sessions")
@allow(SIGNED_IN)
def own_sessions() -> ResponseReturnValue:
    """End every session of the account, this one too."""
    with transaction(engine()) as connection:
        users.end_sessions(connection, current_account().id)
        audit.append(connection, current_actor(), "account.end_sessions", "account", current_account().id)
    logout_user()
    session.clear()
    flash(_("All your sessions have ended."), "good")
    return redirect(url_for("accounts.sign_in"), 303)


# --- administration ---


def _organisations() -> list[tuple[str, str]]:
    with work() as connection:
        rows = organisations.all_active(connection)
    return [(str(row["id"]), pick(row["name_zh"], row["name_en"])) for row in rows]


FILTERS = (
    Filter("q", _l("User name or name"), wide=True),
    Filter("role", _l("Role"), "choice", lambda: choices("role")),
    Filter("organisation", _l("Organisation"), "choice", _organisations),
    Filter("active", _l("State"), "choice", lambda: [("yes", _("active")), ("no", _("closed"))]),
)
COLUMNS = (
    Column("username", _l("User name"), sort=True),
    Column("name", _l("Full name"), sort=True),
    Column("organisation", _l("Organisation"), sort=True),
    Column("roles", _l("Roles")),
    Column("active", _l("State")),
    Column("last_seen_at", _l("Last log-in"), wide=True),
    Column("created_at", _l("Made"), sort=True, extra=True),
)


@blueprint.get("/accounts/")
@allow("accounts.manage")
def index() -> str:
    """All accounts."""
    query = read(request.args, FILTERS, COLUMNS, sort="username", descending=False)
    with work() as connection:
        found = users.find(connection, query)
    return render_template("accounts/list.html", view=view(query, found, FILTERS, COLUMNS))


def _draft(username: str, active: bool) -> Draft:
    form = request.form
    organisation = form.get("organisation_id", "")
    return Draft(
        username=username,
        name=form.get("name", "").strip()[:100],
        organisation_id=int(organisation) if organisation in dict(_organisations()) else None,
        roles=frozenset(form.getlist("roles")) & WORDS["role"].keys(),
        enforcement_card=form.get("enforcement_card", "").strip()[:40],
        active=active,
    )


def _form(draft: Draft, faults: dict[str, str], number: int | None = None) -> str:
    return render_template(
        "accounts/edit.html", draft=draft, faults=faults, number=number, organisations=_organisations()
    )


@blueprint.get("/accounts/new")
@allow("accounts.manage")
def new() -> str:
    """An empty form."""
    return _form(Draft("", "", None, frozenset()), {})


@blueprint.post("/accounts/new")
@allow("accounts.manage")
def create() -> ResponseReturnValue:
    """Make an account."""
    draft = _draft(request.form.get("username", "").strip().lower()[:60], active=True)
    try:
        with transaction(engine()) as connection:
            number = manage_accounts.create_account(
                connection, current_actor(), draft, request.form.get("password", "")
            )
    except Refused as refused:
        return _form(draft, by_field(refused.faults)), 422
    flash(_("Account %(name)s is made.", name=draft.username), "good")
    return redirect(url_for("accounts.edit", number=number), 303)


@blueprint.get("/accounts/<int:number>")
@allow("accounts.manage")
def edit(number: int) -> str:
    """One account."""
    account = _get(number)
    draft = Draft(
        account.username,
        account.name,
        account.organisation_id,
        frozenset(role.value for role in account.roles),
        account.enforcement_card or "",
        account.active,
    )
    return _form(draft, {}, number)


def _get(number: int) -> Account:
    with work() as connection:
        return users.find_account(connection, number) or abort(404)


@blueprint.post("/accounts/<int:number>")
@allow("accounts.manage")
def change(number: int) -> ResponseReturnValue:
    """Change an account; its sessions end."""
    account = _get(number)
    draft = _draft(account.username, active=request.form.get("active") == "yes")
    try:
        with transaction(engine()) as connection:
            manage_accounts.change_account(connection, current_actor(), number, draft)
    except Refused as refused:
        return _form(draft, by_field(refused.faults), number), 422
    flash(_("Account %(name)s is changed; its sessions have ended.", name=account.username), "good")
    return redirect(url_for("accounts.index"), 303)


@blueprint.post("/accounts/<int:number>/password")
@allow("accounts.manage")
def reset(number: int) -> ResponseReturnValue:
    """Set a password for somebody who lost it."""
    account = _get(number)
    try:
        with transaction(engine()) as connection:
            manage_accounts.reset_password(connection, current_actor(), account, request.form.get("password", ""))
    except Refused as refused:
        roles = frozenset(role.value for role in account.roles)
        draft = Draft(
            account.username,
            account.name,
            account.organisation_id,
            roles,
            account.enforcement_card or "",
            account.active,
        )
        return _form(draft, by_field(refused.faults), number), 422
    flash(_("The password of %(name)s is set; its sessions have ended.", name=account.username), "good")
    return redirect(url_for("accounts.edit", number=number), 303)
