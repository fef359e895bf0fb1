"""The own tokens for programs that use the JSON API: made here, shown once, ended here."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server.db import transaction
from server.flows import api_tokens as flow
from server.flows.api_tokens import TooManyError
from server.store import api_tokens
from server.web import words
from server.web.access import SIGNED_IN, allow, current_account, current_actor, engine

blueprint = Blueprint("api_token_pages", __name__, url_prefix="/account/tokens")
DAYS = ("30", "90", "366")
SHOWN = 200

words.add(
    "action",
    {"api_token.create": ("生成接口令牌", "API token made"), "api_token.revoke": ("撤销接口令牌", "API token revoked")},
)
words.add("subject_kind", {"api_token": ("接口令牌", "API token")})


def _page(fresh: str | None = None, faults: dict[str, str] | None = None) -> str:
    with transaction(engine()) as connection:
        rows = api_tokens.of_user(connection, current_account().id, SHOWN)
    return render_template("accounts/tokens.html", tokens=rows, fresh=fresh, faults=faults or {}, days=DAYS)


@blueprint.get("")
@allow(SIGNED_IN)
def index() -> str:
    """The account's tokens."""
    return _page()


@blueprint.post("")
@allow(SIGNED_IN)
def create() -> ResponseReturnValue:
    """Make a token; the answer is the one page that ever shows it."""
    name = " ".join(request.form.get("name", "").split())[:100].replace("\0", "")
    days = request.form.get("days", "")
    if not name or not name.isprintable():
        return _page(faults={"name": _("Say what the token is for.")}), 422
    if days not in DAYS:
        abort(400)
    try:
        with transaction(engine()) as connection:
            account = current_account()
            issued = flow.issue(connection, current_actor(), account.id, name, datetime.now(UTC), int(days))
    except TooManyError:
        return _page(faults={"name": _("You have 50 tokens in force: revoke one that is not used any more.")}), 422
    return _page(fresh=issued.text)


@blueprint.post("/<int:number>/revoke")
@allow(SIGNED_IN)
def revoke(number: int) -> ResponseReturnValue:
    """End a token at once."""
    if number > 2_147_483_647:
        abort(404)
    with transaction(engine()) as connection:
        row = flow.revoke(connection, current_actor(), current_account().id, number)
    if row is None:
        abort(404)
    flash(_("The token is revoked; programs that use it are refused from now on."), "good")
    return redirect(url_for("api_token_pages.index"), 303)
