"""Trucks as JSON."""

from datetime import datetime

from pydantic import Field

from server.api.register_routes import Face, routes
from server.flows.registry_nouns import TRUCKS
from server.flows.save_truck import save_truck
from server.store import trucks

SEEN = {
    "terminal_id": (int | None, Field(default=None, description="The terminal that spoke last.")),
    "terminal_device": (str | None, Field(default=None, description="Its device name.")),
    "seen_at": (datetime | None, Field(default=None, description="When its newest packet was received.")),
    "lon": (float | None, Field(default=None, description="Last position, degrees WGS-84.")),
    "lat": (float | None, Field(default=None, description="Last position, degrees WGS-84.")),
}
EXAMPLE = {
    "plate": "辽N12345",
    "plate_colour": "yellow",
    "vin": "LFWSRXRJ6H1E00001",
    "category": "heavy_goods",
    "fuel": "diesel",
    "stage": "5",
    "stage_basis": "vehicle_list",
    "gross_mass_kg": 25000,
    "division": "211302",
}
blueprint = routes(
    Face(
        TRUCKS,
        "Truck",
        "registry.read",
        "registry.edit",
        trucks.find,
        trucks.find_one,
        save_truck,
        "plate",
        EXAMPLE,
        SEEN,
    )
)
