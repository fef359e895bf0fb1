"""GET /tablet/data/work: what the account is to do and whom to look out for; /tablet/data/near: who of them is near.

The first is kept on the tablet and asked for again by its ETag; the second is an answer of this moment.
"""

import gzip
import json
from datetime import UTC, datetime
from hashlib import sha256
from math import isfinite
from typing import Any

from flask import Blueprint, Response, current_app, request

from server.db import transaction
from server.flows import field_work, rule_book
from server.tablet.problems import Problem
from server.web import assignment_words, watch_words  # noqa: F401 - their words join the reference file
from server.web.access import allow, current_account, engine

blueprint = Blueprint("tablet_work", __name__, url_prefix="/tablet/data")
USE = "tablet.use"
NO_PLACE = ("请给出经纬度（WGS-84）。", "Give longitude and latitude (WGS-84).")
PRIVATE = "private, no-cache"


def city_of(division: str) -> str:
    """First four digits of the city that an account works in; a province's account is of the platform's own."""
    return str(current_app.extensions["settings"].city)[:4] if division.endswith("0000") else division[:4]


@blueprint.get("/work")
@allow(USE)
def work() -> Response:
    """{revision, assignments, watch}; 304 where the tablet has it."""
    account = current_account()
    with transaction(engine()) as connection:
        told: dict[str, Any] = field_work.work_of(
            connection, rule_book.current(connection), account.id, city_of(account.division), datetime.now(UTC)
        )
    revision = sha256(_json(told)).hexdigest()[:32]
    answer = Response(_json({"revision": revision, **told}), mimetype="application/json")
    answer.set_etag(revision)
    answer.headers["Cache-Control"] = PRIVATE
    answer.make_conditional(request)
    return _packed(answer) if answer.status_code == 200 else answer


@blueprint.get("/near")
@allow(USE)
def near() -> Response:
    """{age_min, radius_km, at, items} around ?lon&lat."""
    lon, lat = _degrees("lon", 180), _degrees("lat", 90)
    account = current_account()
    with transaction(engine()) as connection:
        told = field_work.near(
            connection, rule_book.current(connection), city_of(account.division), lon, lat, datetime.now(UTC)
        )
    answer = Response(_json(told), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return _packed(answer)


def _degrees(name: str, most: float) -> float:
    try:
        found = float(request.args.get(name, ""))
    except ValueError:
        found = float("nan")
    if not isfinite(found) or abs(found) > most:
        raise Problem(400, "no_place", NO_PLACE)
    return found


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _packed(answer: Response) -> Response:
    """Compressed where the caller takes it; nothing of what was asked stands in it, so its length tells nothing."""
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        answer.set_data(gzip.compress(answer.get_data(), 6, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer
