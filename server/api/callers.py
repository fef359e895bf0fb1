"""Who calls the API, and how often: calls are counted before anything else is looked at.

The count stands in the database, so that it holds for all processes of the web server together: one upsert on an
unlogged table a call. Signed-in callers are counted by account (all its tokens together), the others by address. The
key of a gate has a limit of its own and is counted in bulk (tallies.py).
"""

from flask import Flask, current_app, request

from server.api.errors import PREFIX, Refused, error_of
from server.api.tallies import Tallies
from server.db import transaction
from server.store import api_calls
from server.store.api_calls import Counted
from server.web.access import caller_name, engine, find_current_account, is_gate_calling


def count_call() -> None:
    """Refuse with 429 when the caller has used up this minute."""
    if not request.path.startswith(PREFIX):
        return
    counted, most = _counted()
    if counted.calls > most:
        raise Refused(429, error_of(429), {"Retry-After": str(counted.seconds_left)})


def _counted() -> tuple[Counted, int]:
    """The calls of this minute, and how many may be."""
    settings = current_app.extensions["settings"]
    if is_gate_calling():
        tallies: Tallies = current_app.extensions["gate_tallies"]
        return tallies.count(engine(), caller_name()), settings.api_calls_gate
    most = settings.api_calls_account if find_current_account() else settings.api_calls_address
    with transaction(engine()) as connection:
        return api_calls.count(connection, caller_name()), most


def init(app: Flask) -> None:
    """Count before the guard looks at permissions."""
    app.extensions["gate_tallies"] = Tallies()
    app.before_request(count_call)
