"""Who calls the API, and how often: calls are counted before anything else is looked at.

The count stands in the database, so that it holds for all processes of the web server together: one upsert on an
unlogged table a call. Signed-in callers are counted by account (all its tokens together), the others by address.
"""

from flask import Flask, current_app, request

from server.api.errors import PREFIX, Refused, error_of
from server.db import transaction
from server.store import api_calls
from server.web.access import caller_name, engine, find_current_account


def count_call() -> None:
    """Refuse with 429 when the caller has used up this minute."""
    if not request.path.startswith(PREFIX):
        return
    account = find_current_account()
    settings = current_app.extensions["settings"]
    most = settings.api_calls_account if account else settings.api_calls_address
    with transaction(engine()) as connection:
        counted = api_calls.count(connection, caller_name())
    if counted.calls > most:
        raise Refused(429, error_of(429), {"Retry-After": str(counted.seconds_left)})


def init(app: Flask) -> None:
    """Count before the guard looks at permissions."""
    app.before_request(count_call)
