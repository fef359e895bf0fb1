"""The public page that answers for one plate: leave or none, for what, until when. No account, nothing of the owner."""

from datetime import UTC, datetime

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from enforcement.registry.plates import PlateColour
from server.flows import answer_whitelist
from server.flows.answer_whitelist import PublicAnswer, TooManyError
from server.web import whitelist_words  # noqa: F401 - its words join at import
from server.web.access import PUBLIC, allow, engine

blueprint = Blueprint("whitelist_answer", __name__, url_prefix="/whitelist/answer")
COLOURS = frozenset(str(colour) for colour in PlateColour)


@blueprint.get("")
@allow(PUBLIC)
def show() -> ResponseReturnValue:
    """The question, and its answer where a plate and a colour are given."""
    plate = answer_whitelist.plain(request.args.get("plate", "")[:40])
    colour = request.args.get("colour", "")
    asked = bool(plate) and colour in COLOURS
    found: PublicAnswer | None = None
    try:
        if asked:
            now = datetime.now(UTC)
            found = answer_whitelist.answer(engine(), request.remote_addr or "-", plate, colour, now)
    except TooManyError as fault:
        page = render_template(
            "whitelist/answer.html", found=None, plate=plate, colour=colour, wait_s=fault.seconds_left
        )
        return make_response(page, 429, {"Retry-After": str(fault.seconds_left)})
    page = render_template("whitelist/answer.html", found=found, plate=plate, colour=colour, wait_s=0)
    return make_response(page, {"Cache-Control": "no-store"})
