"""What every call of a tablet has: whose it is, whether the tablet may still speak, and our time in the answer.

A tablet names itself and its account in headers. Two people may use one device, and the cookie of the one must not
carry the records of the other: a call whose account is not that of the session is told to sign in.
"""

from datetime import UTC, datetime
from time import monotonic
from urllib.parse import unquote
from uuid import UUID

from flask import Flask, Response, g, request

from server.db import transaction
from server.store import tablets
from server.tablet.problems import PREFIX, Problem, respond
from server.web.access import engine, find_current_account

ACCOUNT, TABLET, TIME, TOOK = "X-Tablet-Account", "X-Tablet", "X-Server-Time", "X-Server-Took"
SESSION = "/tablet/session"
FENCED = (SESSION, "/tablet/enrolment", "/tablet/data/", "/tablet/sync/")
REVOKED = ("该终端已被停用，请联系管理员。", "This tablet was revoked. Ask an administrator.")
OTHER_ACCOUNT = ("当前会话属于其他账号，请重新登录。", "The session belongs to another account. Sign in again.")


def tablet_id(text: object) -> UUID | None:
    """The id of a tablet as it was sent; None where it is none."""
    try:
        return UUID(text) if isinstance(text, str) and len(text) == 36 else None
    except ValueError:
        return None


def check_caller() -> None:
    """Before every call of a tablet; raises Problem 403 (revoked: said even when nobody is signed in any more, so that
    the tablet locks itself) or 401 (the session is another account's).
    """
    if not request.path.startswith(FENCED):
        return
    named = tablet_id(request.headers.get(TABLET))
    if named is not None:
        with transaction(engine()) as connection:
            found = tablets.find_one(connection, named)
        if found is not None and found.revoked_at is not None:
            raise Problem(403, "revoked", REVOKED)
    account = find_current_account()
    claimed = unquote(request.headers.get(ACCOUNT, ""))
    if request.path != SESSION and account is not None and claimed not in {"", account.username}:
        raise Problem(401, "other_account", OTHER_ACCOUNT)


def note_begin() -> None:
    """When the call came."""
    g.tablet_began = monotonic()


def tell_time(response: Response) -> Response:
    """Our clock, how long the call took us (ms; a password takes longest), what the app may use of the device."""
    if request.path.startswith(PREFIX):
        response.headers[TIME] = str(int(datetime.now(UTC).timestamp() * 1000))
        response.headers[TOOK] = str(int((monotonic() - g.get("tablet_began", monotonic())) * 1000))
        response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=(self), payment=(), usb=()"
    return response


def init(app: Flask) -> None:
    """Hang both around the calls below /tablet/; before the guard of sessions, which would answer first."""
    app.register_error_handler(Problem, respond)
    app.before_request(note_begin)
    app.before_request(check_caller)
    app.after_request(tell_time)
