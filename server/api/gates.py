"""Gates of enterprises: the list, one of them with its devices, keeping them, heartbeats."""

from datetime import UTC, datetime

from apiflask import APIBlueprint
from werkzeug.exceptions import NotFound

from geo.crs import Crs
from server.api import versions
from server.api.errors import refuse, refused_fields
from server.api.gate_models import (
    Doubt,
    Gate,
    GateChange,
    GateDevice,
    GateFilters,
    GateNew,
    GatePage,
    Heard,
    Heartbeat,
)
from server.api.idempotency import creating
from server.api.kinds import page_values
from server.api.operations import operation
from server.flows import gate_places, gate_rules, hear_gate, rule_book, save_gate
from server.flows.refusals import Refused as FlowRefused
from server.flows.save_gate import StaleGate
from server.store import gate_devices, gate_policies, gates
from server.web.access import current_actor, current_scope, work

blueprint = APIBlueprint("api_gates", __name__, url_prefix="/api/v1/gates", tag="Gates")
EXAMPLE = {
    "entrance_no": "1",
    "barrier_no": "01",
    "name": "东门",
    "lon": 120.451234,
    "lat": 41.573612,
    "person": "张三",
}


@operation(
    blueprint, "GET", "", allow="gates.read", asks=GateFilters, gives=GatePage, summary="List gates",
    about="The gates of the account's area or enterprise.",
)  # fmt: skip
def index(query: GateFilters) -> GatePage:
    """A page of gates."""
    with work() as connection:
        late = gate_rules.offline_s(connection, datetime.now(UTC))
        found = gates.find(connection, current_scope(), query.query("enterprise", descending=False), late)
    return GatePage(items=[Gate.model_validate(row) for row in found.rows], **page_values(query, found))


@operation(
    blueprint, "GET", "/<int:number>", allow="gates.read", gives=Gate, versioned=True, summary="One gate",
    about="With its devices, and what speaks against its place.",
)  # fmt: skip
def show(number: int) -> Gate:
    """One gate."""
    return _gate(number)


def _gate(number: int) -> Gate:
    now = datetime.now(UTC)
    with work() as connection:
        rules = rule_book.current(connection)
        late = gate_rules.seconds(rules, "offline_after_s", now)
        row = gates.find_one(connection, current_scope(), number, late)
        if row is None:
            raise NotFound
        devices = gate_devices.of_gate(connection, number, late)
        doubts = gate_places.doubts(connection, row, gate_rules.seconds(rules, "far_m", now))
    versions.tag_of(row)
    return Gate.model_validate(
        {
            **row,
            "devices": [GateDevice.model_validate(one) for one in devices],
            "doubts": [Doubt(field=one.field, code=one.code, zh=one.zh, en=one.en) for one in doubts],
        }
    )


def _given(body: GateNew) -> dict[str, str]:
    """As a form gives it; a point is told in degrees with six decimals."""
    values = body.model_dump(mode="json")
    for name in ("lon", "lat"):
        values[name] = "" if values[name] is None else f"{values[name]:.9f}"
    values["for_goods"] = "yes" if body.for_goods else "no"
    values["crs"] = str(Crs(body.crs))
    return {name: str(value) for name, value in values.items()}


@operation(
    blueprint, "POST", "", allow="gates.edit", takes=GateNew, gives=Gate, status=201, summary="Put a gate on file",
    about="An entrance and a barrier number name one gate of an enterprise.", examples={"body": EXAMPLE},
)  # fmt: skip
def create(body: GateNew) -> Gate:
    """Put one on file."""
    try:
        with creating() as connection:
            number = save_gate.add(connection, current_actor(), current_scope(), _given(body))
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _gate(number)


@operation(
    blueprint, "PUT", "/<int:number>", allow="gates.edit", takes=GateChange, gives=Gate, refuses=(412,), versioned=True,
    summary="Change a gate", about="The whole record is written anew; the enterprise stays.",
    examples={"body": EXAMPLE},
)  # fmt: skip
def change(body: GateChange, number: int) -> Gate:
    """Change one."""
    try:
        with work() as connection:
            row = gates.find_one(connection, current_scope(), number, hold=True)
            if row is None:
                raise NotFound
            versions.check(row)
            save_gate.change(connection, current_actor(), current_scope(), number, row["version"], _given(body))
    except StaleGate as stale:
        raise refuse(412) from stale
    except FlowRefused as refused:
        raise refused_fields(refused) from refused
    return _gate(number)


@operation(
    blueprint, "POST", "/<int:number>/heartbeat", allow="gates.ask", takes=Heartbeat, gives=Heard,
    summary="Say that a gate is alive",
    about="Once a minute or so: a gate or device that is not heard of for long counts as off-line. The answer says "
    "what the gate shall do when the platform cannot be reached.",
    examples={"body": {"devices": [{"kind": "plate_camera", "number": "CAM-01"}]}},
)  # fmt: skip
def heartbeat(body: Heartbeat, number: int) -> Heard:
    """Note that it is alive."""
    now = datetime.now(UTC)
    devices = [(str(one.kind), one.number) for one in body.devices]
    try:
        with work() as connection:
            unknown = hear_gate.hear(connection, current_scope(), number, devices, now)
            gate = gates.find_one(connection, current_scope(), number)
            policy = gate_policies.find_one(connection, current_scope(), gate["enterprise_id"]) if gate else None
    except LookupError:
        raise NotFound from None
    known = policy or dict(zip(("when_unreachable", "list_hours"), gate_policies.DEFAULT, strict=True))
    return Heard(at=now, unknown=unknown, when_unreachable=known["when_unreachable"], list_hours=known["list_hours"])
