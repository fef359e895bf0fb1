"""Who is there and what they may do: the check before every view, and what the visitor may see.

A view says which permission it needs with `@allow("violations.read")`; who holds it stands in permissions.py.
`create_app` refuses to start when a view names none. Write views need a permission of their own.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from sqlalchemy import Connection, Engine

from server.db import transaction
from server.flows import api_tokens, system_speakers
from server.store import users
from server.store.audit import Actor
from server.store.scopes import Scope
from server.store.users import Account, Role
from server.web.permissions import PERMISSIONS, PUBLIC, SCOPES, SIGNED_IN, permits

__all__ = [
    "PERMISSIONS", "PUBLIC", "SIGNED_IN", "Role", "allow", "current_account", "current_actor", "current_scope", "may",
    "permits", "work",
]  # fmt: skip

API = "/api/"  # where bearer tokens count; everywhere else the session alone does
GATES_ASK = "/api/v1/gate-checks"  # asked at every truck: a gate's key is remembered there for moments
TABLET = "/tablet/"  # where a session that was begun on a tablet lasts for days

View = TypeVar("View", bound=Callable[..., Any])


def allow(permission: str) -> Callable[[View], View]:
    """Decorator (below the route): the permission a view needs."""
    if permission != PUBLIC and permission not in PERMISSIONS:
        raise KeyError(f"{permission} is not in PERMISSIONS (server/web/permissions.py)")

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def permission_of(app: Flask, endpoint: str) -> str | None:
    """The permission the view behind an endpoint asks for; None: it forgot to say."""
    if endpoint == "static":
        return PUBLIC
    return getattr(app.view_functions[endpoint], "permission", None)


class Visitor:
    """What flask-login keeps of the signed-in account."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, account: Account, token_id: int | None = None, scopes: Collection[str] | None = None) -> None:
        self.account = account
        self.token_id = token_id
        self.scopes = scopes

    @property
    def is_active(self) -> bool:
        return self.account.active

    def get_id(self) -> str:
        return f"{self.account.id}:{self.account.session_epoch}"


def _has_bearer() -> bool:
    return request.path.startswith(API) and "Authorization" in request.headers


def load_bearer(_: object) -> Visitor | None:
    """The account behind the token of an API call; None when the token is unknown, revoked or expired."""
    given = request.authorization
    if not _has_bearer() or given is None or given.type != "bearer" or not given.token:
        return None
    speaker = system_speakers.find(engine(), given.token, request.path.startswith(GATES_ASK))
    if speaker is not None:
        return Visitor(speaker.account, speaker.key.id, speaker.key.scopes)
    with transaction(engine()) as connection:
        found = api_tokens.owner_of(connection, given.token)
        account = users.find_account(connection, found[1]) if found else None
    return Visitor(account, found[0]) if found and account and account.active else None


def load_visitor(key: str) -> Visitor | None:
    """The account of a session; None when it is closed or its sessions were ended, or when a token speaks instead."""
    if _has_bearer():
        return None
    number, _, epoch = key.partition(":")
    with transaction(engine()) as connection:
        account = users.find_account(connection, int(number)) if number.isdigit() else None
    if account is None or not account.active or str(account.session_epoch) != epoch:
        return None
    return Visitor(account)


def engine() -> Engine:
    return cast(Engine, current_app.extensions["engine"])


def find_current_account() -> Account | None:
    """The account signed in, if any."""
    return current_user.account if current_user and current_user.is_authenticated else None


def current_token_id() -> int | None:
    """The API token that this call came with; None where the session did."""
    return current_user.token_id if current_user and current_user.is_authenticated else None


def current_account() -> Account:
    """The account signed in; every view but the public ones has one."""
    account = find_current_account()
    return account if account is not None else abort(401)


def current_scope() -> Scope:
    """What the account may see."""
    return current_account().scope


def current_actor() -> Actor:
    """Who acts, for the audit log."""
    account = current_account()
    return Actor(account.id or None, account.username, account.organisation_id, request.remote_addr)


def caller_name() -> str:
    """Who calls, as counts and keys are kept by: an account (all its tokens), another system, else an address."""
    account = find_current_account()
    if account is None:
        return f"address:{request.remote_addr or '-'}"
    return f"account:{account.id}" if current_user.scopes is None else f"system:{current_user.token_id}"


def is_gate_calling() -> bool:
    """Whether the key of a gate's system speaks, and nothing but that."""
    return bool(current_user and current_user.is_authenticated and current_user.scopes == ("gate",))


@contextmanager
def work() -> Iterator[Connection]:
    """One transaction, under the fence of the account."""
    with transaction(engine(), current_scope().fence) as connection:
        yield connection


def may(permission: str) -> bool:
    """Whether the account has a permission (templates ask, to hide what would be refused)."""
    account = find_current_account()
    if account is None:
        return False
    if current_user.scopes is not None:
        return any(permission in SCOPES[scope] for scope in current_user.scopes)
    return permits(permission, account.roles, account.organisation_kind)


@dataclass(frozen=True, slots=True)
class SessionRule:
    """How long a session lasts, seconds; `tablet_s` one that was begun on a tablet, and there alone."""

    idle_s: int
    most_s: int
    tablet_s: int


def begin_session(account: Account, tablet: bool = False) -> None:
    """Times of a new session; the caller has emptied the old one. On a tablet it outlives the browser."""
    session["began"] = session["seen"] = int(datetime.now(UTC).timestamp())
    session["tablet"] = session.permanent = tablet


def _tablet_speaks() -> bool:
    return bool(session.get("tablet")) and request.path.startswith(TABLET)


def _session_over(rule: SessionRule) -> bool:
    now = int(datetime.now(UTC).timestamp())
    if _tablet_speaks():  # what it sends by itself keeps no page open: `seen` stays
        return bool(now - session.get("began", 0) > rule.tablet_s)
    over: bool = now - session.get("seen", 0) > rule.idle_s or now - session.get("began", 0) > rule.most_s
    if not over and now - session["seen"] >= 60 and not request.headers.get("X-Poll"):
        session["seen"] = now  # a page that refreshes itself does not keep a session alive
    return over


def session_is_over() -> bool:
    """Whether the session lasted too long or was left alone too long; a look at it keeps it alive."""
    return current_token_id() is None and _session_over(current_app.extensions["session_rule"])


def guard() -> ResponseReturnValue | None:
    """Before every request: signed in where needed, session still good, permission held."""
    if request.endpoint is None:
        return None  # 404 and 405 answer for themselves
    permission = permission_of(current_app, request.endpoint)
    if permission == PUBLIC:
        return None
    if find_current_account() is None or session_is_over():
        if session and not _has_bearer() and (not session.get("tablet") or _tablet_speaks()):
            session.clear()
        return ask_to_sign_in()
    if permission is None or not may(permission):
        abort(403)
    return None


def ask_to_sign_in() -> ResponseReturnValue:
    """Pages go to the log-in page and come back; data requests get 401."""
    accepts = request.accept_mimetypes
    wants_page = (not accepts or accepts.accept_html) and not request.headers.get("X-Poll")
    wants_page = wants_page and not request.path.startswith(API)
    if not wants_page:
        abort(401)
    here = request.full_path.rstrip("?") if request.method == "GET" else _referrer_path()
    target = url_for("accounts.sign_in", next=here if here != "/" else None, expired=None)
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 303)


def _referrer_path() -> str:
    parts = urlsplit(request.referrer or "")
    return parts.path + (f"?{parts.query}" if parts.query else "") if parts.netloc == request.host else "/"


def safe_next(target: str | None) -> str:
    """An address on this site to go on to; anything else becomes the first page."""
    first = url_for("home.show")
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return first
    if "\\" in target or any(ord(sign) < 33 for sign in target):
        return first
    parts = urlsplit(target)
    return first if parts.scheme or parts.netloc else target


def init(app: Flask, rule: SessionRule) -> None:
    """Put the check before every request."""
    manager = LoginManager(app)
    manager.session_protection = None  # the session has its own times; addresses change under way
    manager.user_loader(load_visitor)
    manager.request_loader(load_bearer)
    app.extensions["session_rule"] = rule
    app.before_request(guard)
    app.jinja_env.globals.update(may=may, account=find_current_account)


def check_table(app: Flask) -> None:
    """At start: every endpoint names a permission."""
    missing = sorted(name for name in app.view_functions if permission_of(app, name) is None)
    if missing:
        raise RuntimeError(f"these views name no permission (@allow): {', '.join(missing)}")
