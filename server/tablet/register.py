"""GET /tablet/data/register: the off-line register of the account's city, whole or what changed since a revision.

The tablet names the revision that it holds with its mark; one that this database never gave out (another database, or
one put back from a copy) gets the whole file. The file of a revision is the same to the byte whenever it is made, so
its ETag is strong; the newest whole one of a city is kept for the tablets that begin their day together.
"""

import gzip
from datetime import timedelta
from threading import Lock

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, text

from server.db import transaction
from server.flows import rule_book
from server.flows.refresh_tablet_register import refresh_tablet_register
from server.store import tablet_register
from server.store.tablet_register import Mark
from server.tablet import register_words as register_words  # its words join the list
from server.tablet.register_file import gzipped, lines
from server.web.access import allow, current_account, engine

blueprint = Blueprint("tablet_register", __name__)
MEDIA_TYPE = "application/vnd.tablet-register"  # lines of JSON: the tablet reads them one by one
_kept: dict[str, tuple[str, bytes]] = {}  # city -> (mark, the whole file gzipped): some 3 MB a city
_making = Lock()


@blueprint.get("/tablet/data/register")
@allow("tablet.use")
def show() -> ResponseReturnValue:
    """The file; 304 where the tablet has it. X-Register-At: when the register was last compared with the records."""
    city = city_of(current_account().division)
    every = timedelta(seconds=current_app.extensions["settings"].tablet_register_s)
    with transaction(engine()) as connection:
        refresh_tablet_register(connection, rule_book.current(connection), every)
    with transaction(engine()) as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))  # mark and rows of one moment
        mark, at = tablet_register.find_mark(connection), tablet_register.refreshed_at(connection)
        if mark is None or at is None:
            raise RuntimeError("the register was not computed")
        since = _since(connection, city, request.args.get("since", ""))
        tag = _name(city, mark) + (f"-{since.revision}" if since else "")
        known = request.if_none_match.contains(tag)
        body = b"" if known else _file(connection, city, mark, since)
    answer = Response(status=304) if known else _answer(body)
    answer.set_etag(tag)
    answer.headers["X-Register-At"] = at.isoformat()
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Accept-Encoding")
    return answer


def city_of(division: str) -> str:
    """First four digits of the city that an account works in; a province's account is of the platform's own."""
    return str(current_app.extensions["settings"].city)[:4] if division.endswith("0000") else division[:4]


def _name(city: str, mark: Mark) -> str:
    """A revision as a tablet names it; an account that moved to another city begins anew."""
    return f"{city}-{mark.name}"


def _since(connection: Connection, city: str, name: str) -> Mark | None:
    """The revision that the tablet holds, where a delta can begin at it."""
    of, _, mark = name.partition("-")
    return tablet_register.find_mark(connection, mark) if of == city else None


def _file(connection: Connection, city: str, mark: Mark, since: Mark | None) -> bytes:
    if since is not None:
        return _made(connection, city, mark, since)
    with _making:  # one whole file at a time: tablets that ask together get the same
        held = _kept.get(city)
        if held is None or held[0] != mark.name:
            held = _kept[city] = (mark.name, _made(connection, city, mark, None))
        return held[1]


def _made(connection: Connection, city: str, mark: Mark, since: Mark | None) -> bytes:
    head = {
        "revision": _name(city, mark),
        "made_at": mark.at.isoformat(),
        "city": city,
        "full": since is None,
        "since": _name(city, since) if since else None,
    }
    gone = tablet_register.find_gone(connection, city, since.revision) if since else []
    rows = tablet_register.stream(connection, city, since.revision if since else None)
    return gzipped(lines(head, rows, gone))


def _answer(body: bytes) -> Response:
    if request.accept_encodings["gzip"]:
        return Response(body, mimetype=MEDIA_TYPE, headers={"Content-Encoding": "gzip"})
    return Response(gzip.decompress(body), mimetype=MEDIA_TYPE)
