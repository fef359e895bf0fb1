"""Numbers of repair notices that a tablet may give out without a network, and those that it gives back."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import Blueprint, Response, jsonify
from pydantic import Field, StringConstraints

from server.flows import reserve_numbers
from server.flows.refusals import Refused
from server.flows.reserve_numbers import NumberUsed, TabletRefused
from server.tablet.bodies import NO_NUL, Body, Uuid, read_body
from server.tablet.problems import Problem
from server.web.access import allow, current_account, current_actor, work

blueprint = Blueprint("tablet_sync_numbers", __name__, url_prefix="/tablet/sync/numbers")

SMALL = 2**14  # bytes of a body
USED = (
    "该编号已用于已登记的通知，不能作废。",
    "The number stands on a recorded notice; it cannot become void.",
)


class WantIn(Body):
    """How many numbers a tablet wants to hold."""

    tablet: Uuid
    series: Literal["repair_notice"]
    want: Annotated[int, Field(ge=0, le=reserve_numbers.MOST)]


class VoidIn(Body):
    """A number that will not be used, or with null all that the tablet has left."""

    tablet: Uuid
    number: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)] | None
    reason: Annotated[str, StringConstraints(max_length=reserve_numbers.REASON_MOST, pattern=NO_NUL)]


@blueprint.post("")
@allow("tablet.use")
def reserve() -> Response:
    """Top up; the answer is every number that may be given out now, so asking twice changes nothing."""
    body = read_body(WantIn, SMALL)
    try:
        with work() as connection:
            numbers = reserve_numbers.reserve(
                connection, current_actor(), current_account(), UUID(body.tablet), body.want, datetime.now(UTC)
            )
    except TabletRefused as refused:
        raise Problem(403, refused.code, (refused.zh, refused.en)) from refused
    except Refused as refused:
        raise Problem(422, faults=refused.faults) from refused
    return jsonify(numbers=numbers)


@blueprint.post("/void")
@allow("tablet.use")
def void() -> Response:
    """Give numbers back as void, with the reason; those that were made void by this call."""
    body = read_body(VoidIn, SMALL)
    try:
        with work() as connection:
            done = reserve_numbers.void(
                connection, current_actor(), current_account(), UUID(body.tablet), body.number, body.reason
            )
    except TabletRefused as refused:
        raise Problem(403, refused.code, (refused.zh, refused.en)) from refused
    except NumberUsed:
        raise Problem(409, "used", USED) from None
    except LookupError:
        raise Problem(404) from None
    except Refused as refused:
        raise Problem(422, faults=refused.faults) from refused
    return jsonify(void=done)
