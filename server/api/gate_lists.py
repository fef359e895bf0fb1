"""The signed list that gates hold for when they are cut off, and the key to check it with."""

import gzip
from datetime import UTC, datetime

from apiflask import APIBlueprint
from flask import Response, current_app, request
from werkzeug.exceptions import NotFound, ServiceUnavailable

from enforcement.alerts.ed25519 import public_key
from enforcement.alerts.offline import key_id
from server.api.gate_check_models import GateList, GateListKey
from server.api.gate_checks import own_enterprise
from server.api.operations import operation
from server.db import transaction
from server.flows import make_gate_list
from server.flows.gate_list_key import KeyAway, signing_key
from server.web.access import current_actor, engine

blueprint = APIBlueprint("api_gate_lists", __name__, url_prefix="/api/v1/gate-lists", tag="Gates")
ABOUT = (
    "Every answer for the trucks seen at the plant of late, its own and those with leave, from now until the list "
    'ends, worked out beforehand; with an Ed25519 signature. `check_list.py` (page "While cut off") checks it and '
    "answers from it with nothing but Python. Fetch it every quarter of an hour or so, gzipped where that is taken."
)


def _key() -> bytes:
    settings = current_app.extensions["settings"]
    try:
        return signing_key(settings.gate_list_key, settings.secrets_dir)
    except KeyAway as away:
        current_app.logger.error("no key for the lists of gates: %s", away)
        raise ServiceUnavailable from away


@operation(
    blueprint, "GET", "/newest", allow="gates.ask", gives=GateList, summary="The list for gates that are cut off",
    about=ABOUT, refuses=(503,),
)  # fmt: skip
def newest() -> Response:
    """The list of the caller's enterprise."""
    now = datetime.now(UTC)
    try:
        with transaction(engine()) as connection:  # as a question: trucks of every owner
            packed = make_gate_list.newest(connection, current_actor(), own_enterprise(), _key(), now)
    except LookupError:
        raise NotFound from None
    if not request.accept_encodings["gzip"]:
        return Response(gzip.decompress(packed), mimetype="application/json")
    answer = Response(packed, mimetype="application/json", headers={"Content-Encoding": "gzip"})
    answer.vary.add("Accept-Encoding")
    return answer


@operation(
    blueprint, "GET", "/key", allow="gates.read", gives=GateListKey, summary="The key that lists are checked with",
    about="Put it into the gate by hand once: who fetches it together with the list checks nothing.", refuses=(503,),
)  # fmt: skip
def key() -> GateListKey:
    """The public key."""
    public = public_key(_key())
    return GateListKey(algorithm="Ed25519", key_id=key_id(public), public_key=public.hex())
