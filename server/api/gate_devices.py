"""Changing a device of a gate; devices are listed and added with their gate."""

from datetime import UTC, datetime

from apiflask import APIBlueprint
from werkzeug.exceptions import NotFound

from server.api.errors import refused_fields
from server.api.gate_models import GateDevice, GateDeviceNew
from server.api.operations import operation
from server.flows import gate_rules, save_gate_device
from server.flows.refusals import Refused as FlowRefused
from server.store import gate_devices
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_gate_devices", __name__, url_prefix="/api/v1/gate-devices", tag="Gates")


def _device(number: int) -> GateDevice:
    with work() as connection:
        late = gate_rules.offline_s(connection, datetime.now(UTC))
        row = gate_devices.find_one(connection, current_scope(), number, late)
    if row is None:
        raise NotFound
    return GateDevice.model_validate(row)


@operation(blueprint, "GET", "/<int:number>", allow="gates.read", gives=GateDevice, summary="One device of a gate")
def show(number: int) -> GateDevice:
    """One device."""
    return _device(number)


@operation(
    blueprint, "PUT", "/<int:number>", allow="gates.edit", takes=GateDeviceNew, gives=GateDevice,
    summary="Change a device of a gate", about="The whole record is written anew.",
    examples={"body": {"kind": "plate_camera", "number": "CAM-01", "state": "suspended"}},
)  # fmt: skip
def change(body: GateDeviceNew, number: int) -> GateDevice:
    """Change one."""
    given = {name: "" if value is None else str(value) for name, value in body.model_dump(mode="json").items()}
    try:
        with work() as connection:
            save_gate_device.change(connection, current_actor(), current_scope(), number, given)
    except LookupError:
        raise NotFound from None
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _device(number)
