"""The reference file: rules, zones, words, checklists, instruments and colleagues, for the account that asks."""

import gzip
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from enforcement.inspections.records import OFFICER_KINDS
from server.flows import tablet_reference, tablet_rules
from server.flows.tablet_reference import Offered
from server.tablet.session import USE, city_of
from server.web.access import allow, current_account, work
from server.web.inspection_drafts import METHODS_OF
from server.web.words import WORDS

blueprint = Blueprint("tablet_reference", __name__, url_prefix="/tablet")

KINDS = (
    "after_treatment", "case_outcome", "certainty", "checklist", "device", "device_state", "dosing", "finding", "fuel",
    "evidence_purpose",
    "fuel_kind", "inspection_kind", "inspection_outcome", "inspection_status", "instrument_check", "instrument_kind",
    "law", "machine_category", "machine_stage", "machine_state", "measured_item", "measured_value", "method",
    "notice_state", "offence", "outcome", "plate_colour", "procedure", "purpose", "quantity", "reason", "signature",
    "sky", "smoke_class", "stage_basis", "standing", "station_kind", "subject_kind", "truck_category", "truck_stage",
    "truck_state", "verification", "watch_reason", "yes_no", "zone_day",
)  # fmt: skip
"""The tables of words that the tablet shows."""
LEVEL = 6  # of gzip: the file is made for one account, so nothing is kept packed


@blueprint.get("/data/reference")
@allow(USE)
def show() -> Response:
    """The file with its revision as ETag; 304 where the tablet has this revision."""
    now, account = datetime.now(UTC), current_account()
    methods = {str(kind): _methods(str(kind)) for kind in sorted(OFFICER_KINDS)}
    words = {kind: dict(WORDS[kind]) for kind in KINDS if kind in WORDS}
    with work() as connection:
        offered = Offered(city_of(connection, account), words, methods)
        content = tablet_reference.reference(connection, account, offered, now)
    revision, body = tablet_reference.packed(content)
    answer = Response(status=304) if request.if_none_match.contains_weak(revision) else _whole(revision, body, now)
    answer.set_etag(revision)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.update(("Accept-Encoding", "Cookie"))
    return answer


def _methods(kind: str) -> list[str]:
    return [str(method) for method in METHODS_OF[kind] if method in tablet_rules.METHODS]


def _whole(revision: str, body: bytes, now: datetime) -> Response:
    sent = tablet_reference.dated(revision, body, now)
    answer = Response(sent, mimetype="application/json")
    if request.accept_encodings["gzip"]:
        answer.set_data(gzip.compress(sent, LEVEL, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer
