"""The newest inspections of the account's organisation in full, for a tablet's list and for correcting one."""

import gzip
import json
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request

from server.flows import check_answers
from server.flows.refusals import Fault
from server.tablet.problems import Problem
from server.web.access import allow, current_account, current_scope, work

blueprint = Blueprint("tablet_sync_inspections", __name__, url_prefix="/tablet/sync/inspections")

OVERLAP = timedelta(minutes=1)  # what is being written while we read has an earlier time and is seen by the next call


@blueprint.get("")
@allow("tablet.use")
def index() -> Response:
    """The last 14 days, at most 200, newest first; with ?since= only what changed after it.

    `asked_at` is what the next call gives as `since`.
    """
    since, asked_at = _since(), datetime.now(UTC) - OVERLAP
    with work() as connection:
        items = check_answers.listed(connection, current_scope(), current_account().organisation_id, since)
    body = json.dumps({"asked_at": asked_at.isoformat(), "items": items}, ensure_ascii=False).encode()
    answer = Response(body, mimetype="application/json")
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:  # no secret stands in it beside what a stranger could choose
        answer.set_data(gzip.compress(body, 6))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _since() -> datetime | None:
    text = request.args.get("since", "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text[:40])
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        zh, en = "应为带时区的时间", "It must be a time with its zone"
        raise Problem(422, faults=[Fault("since", zh, en)])
    return at
