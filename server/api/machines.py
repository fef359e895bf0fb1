"""Non-road machines as JSON."""

from datetime import datetime

from pydantic import Field

from server.api.register_routes import Face, routes
from server.flows.registry_nouns import MACHINES
from server.flows.save_machine import save_machine
from server.store import machines

SEEN = {
    "terminal_id": (int | None, Field(default=None, description="The terminal that spoke last.")),
    "terminal_device": (str | None, Field(default=None, description="Its device name.")),
    "seen_at": (datetime | None, Field(default=None, description="When its newest packet was received.")),
}
EXAMPLE = {
    "registration_number": "3-AB123456",
    "pin": "CAT0320DKABC12345",
    "category": "excavator",
    "fuel": "diesel",
    "stage": "3",
    "stage_basis": "nameplate",
    "power_kw": 103.0,
    "division": "211302",
}
blueprint = routes(
    Face(
        MACHINES, "Machine", "registry.read", "registry.edit", machines.find, machines.find_one, save_machine,
        "registration_number", EXAMPLE, SEEN,
    )
)  # fmt: skip
