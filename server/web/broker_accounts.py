"""A terminal's account on the broker: make a password, shown once; take the account away."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server.flows import broker_passwords
from server.store import broker_accounts
from server.web import words
from server.web.access import allow, current_actor, engine, work

blueprint = Blueprint("broker_accounts", __name__, url_prefix="/terminals/<int:terminal_id>/broker")

words.add(
    "action",
    {
        "broker.password_issued": ("生成终端接入密码", "broker password made"),
        "broker.account_withdrawn": ("撤销终端接入账号", "broker account withdrawn"),
    },
)


@blueprint.get("/")
@allow("terminals.edit")
def show(terminal_id: int) -> ResponseReturnValue:
    """Whether the terminal has an account, and what it is called."""
    return _page(terminal_id)


@blueprint.post("/")
@allow("terminals.edit")
def issue(terminal_id: int) -> ResponseReturnValue:
    """A new password; it stands on this one answer and nowhere else."""
    _require(terminal_id)
    devices_file = current_app.extensions["settings"].broker_devices_file
    try:
        name, password = broker_passwords.issue(engine(), terminal_id, current_actor(), devices_file)
    except broker_passwords.NoAccountError:
        flash(_("This terminal cannot have an account: it is not in use, or its name has a forbidden sign."), "bad")
        return redirect(url_for("broker_accounts.show", terminal_id=terminal_id), 303)
    return _page(terminal_id, name, password)


@blueprint.post("/withdraw")
@allow("terminals.edit")
def withdraw(terminal_id: int) -> ResponseReturnValue:
    """End the account; a connected terminal is cut off."""
    _require(terminal_id)
    devices_file = current_app.extensions["settings"].broker_devices_file
    if request.form.get("sure") == "yes":
        broker_passwords.withdraw(engine(), terminal_id, current_actor(), devices_file)
        flash(_("The account is withdrawn; the broker cuts the terminal off."), "good")
    return redirect(url_for("broker_accounts.show", terminal_id=terminal_id), 303)


def _require(terminal_id: int) -> broker_accounts.BrokerTerminal:
    with work() as connection:
        found = broker_accounts.find_terminal(connection, terminal_id)
    if found is None:
        abort(404)
    return found


def _page(terminal_id: int, name: str = "", password: str = "") -> ResponseReturnValue:
    terminal = _require(terminal_id)
    page = render_template("broker/account.html", terminal=terminal, name=name, password=password)
    return page, 200, {"Cache-Control": "no-store"}
