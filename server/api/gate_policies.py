"""What the gates of an enterprise do when the platform cannot be reached."""

from apiflask import APIBlueprint
from werkzeug.exceptions import NotFound

from server.api.errors import refused_fields
from server.api.gate_models import GatePolicy, GatePolicySet
from server.api.operations import operation
from server.flows import set_gate_policy
from server.flows.refusals import Refused as FlowRefused
from server.store import gate_policies
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_gate_policies", __name__, url_prefix="/api/v1/gate-policies", tag="Gates")


def _policy(number: int) -> GatePolicy:
    with work() as connection:
        row = gate_policies.find_one(connection, current_scope(), number)
    if row is None:
        raise NotFound
    return GatePolicy.model_validate(row)


@operation(
    blueprint, "GET", "/<int:number>", allow="gates.read", gives=GatePolicy,
    summary="What an enterprise's gates do while cut off",
    about="By the id of the enterprise. Where nobody has set it the gates let through and flag.",
)  # fmt: skip
def show(number: int) -> GatePolicy:
    """The policy of one enterprise."""
    return _policy(number)


@operation(
    blueprint, "PUT", "/<int:number>", allow="gates.edit", takes=GatePolicySet, gives=GatePolicy,
    summary="Set what an enterprise's gates do while cut off", about="What it was before stays in the audit log.",
    examples={"body": {"when_unreachable": "list", "list_hours": 48, "reason": "厂区专线不稳定，按离线名单执行"}},
)  # fmt: skip
def put(body: GatePolicySet, number: int) -> GatePolicy:
    """Set it."""
    try:
        with work() as connection:
            set_gate_policy.set_policy(
                connection, current_actor(), current_scope(), number, body.when_unreachable, body.list_hours,
                str(body.reason),
            )  # fmt: skip
    except LookupError:
        raise NotFound from None
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _policy(number)
