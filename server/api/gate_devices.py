"""Devices of gates: one of them, adding and changing; they are listed with their gate."""

from datetime import UTC, datetime

from apiflask import APIBlueprint
from werkzeug.exceptions import NotFound

from server.api.errors import Fault, invalid, refused_fields
from server.api.gate_models import GateDevice, GateDeviceAdded, GateDeviceNew
from server.api.idempotency import creating
from server.api.operations import operation
from server.flows import gate_rules, save_gate_device
from server.flows.refusals import Refused as FlowRefused
from server.store import gate_devices
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_gate_devices", __name__, url_prefix="/api/v1/gate-devices", tag="Gates")
EXAMPLE = {"gate_id": 1, "kind": "plate_camera", "number": "CAM-01", "address": "192.168.1.64"}


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
    blueprint, "POST", "", allow="gates.edit", takes=GateDeviceAdded, gives=GateDevice, status=201,
    summary="Put a device of a gate on file", examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: GateDeviceAdded) -> GateDevice:
    """Put one on file."""
    try:
        with creating() as connection:
            number = save_gate_device.add(connection, current_actor(), current_scope(), body.gate_id, _given(body))
    except LookupError:
        zh, en = "没有这个门禁", "There is no such gate"
        raise invalid([Fault(path="body.gate_id", code="refused", message_zh=zh, message_en=en)]) from None
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _device(number)


def _given(body: GateDeviceNew) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in body.model_dump(mode="json").items()}


@operation(
    blueprint, "PUT", "/<int:number>", allow="gates.edit", takes=GateDeviceNew, gives=GateDevice,
    summary="Change a device of a gate", about="The whole record is written anew.",
    examples={"body": {"kind": "plate_camera", "number": "CAM-01", "state": "suspended"}},
)  # fmt: skip
def change(body: GateDeviceNew, number: int) -> GateDevice:
    """Change one."""
    try:
        with work() as connection:
            save_gate_device.change(connection, current_actor(), current_scope(), number, _given(body))
    except LookupError:
        raise NotFound from None
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _device(number)
