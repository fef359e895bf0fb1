"""Barriers lifted by hand: the list, one of them, recording one."""

from datetime import UTC, datetime

from apiflask import APIBlueprint
from werkzeug.exceptions import NotFound

from server.api.errors import refused_fields
from server.api.gate_models import GateLift, LiftFilters, LiftNew, LiftPage
from server.api.idempotency import creating
from server.api.kinds import page_values
from server.api.operations import operation
from server.flows import record_lift
from server.flows.record_lift import Lift
from server.flows.refusals import Refused as FlowRefused
from server.store import gate_lifts
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_gate_lifts", __name__, url_prefix="/api/v1/gate-lifts", tag="Gates")
EXAMPLE = {"gate_id": 1, "at": "2026-11-24T08:15:00+08:00", "person": "李四", "reason": "power_cut",
           "source_key": "lift-20261124-001"}  # fmt: skip


@operation(
    blueprint, "GET", "", allow="gates.read", asks=LiftFilters, gives=LiftPage, summary="List lifts by hand",
)  # fmt: skip
def index(query: LiftFilters) -> LiftPage:
    """A page of lifts."""
    with work() as connection:
        found = gate_lifts.find(connection, current_scope(), query.query("at"))
    return LiftPage(items=[GateLift.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(blueprint, "GET", "/<int:number64>", allow="gates.read", gives=GateLift, summary="One lift by hand")
def show(number64: int) -> GateLift:
    """One lift."""
    return _lift(number64)


def _lift(number: int) -> GateLift:
    with work() as connection:
        row = gate_lifts.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    return GateLift.model_validate(row)


@operation(
    blueprint, "POST", "", allow="gates.ask", takes=LiftNew, gives=GateLift, status=201,
    summary="Record a lift by hand",
    about="Who lifted the barrier and why. Sent again with the same `source_key` it is the same lift: nothing is kept "
    "twice, and the answer is that of the first.",
    examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: LiftNew) -> GateLift:
    """Record it."""
    lift = Lift(
        body.gate_id, body.at, str(body.person), str(body.reason), str(body.plate), body.plate_colour or "",
        body.direction or "", str(body.note), body.answer_id, body.source_key,
    )  # fmt: skip
    try:
        with creating() as connection:
            number, _new = record_lift.record(connection, current_actor(), current_scope(), lift, datetime.now(UTC))
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _lift(number)
