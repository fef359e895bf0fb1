"""Enterprises as JSON."""

from pydantic import Field

from server.api.register_routes import Face, routes
from server.flows.registry_nouns import ENTERPRISES
from server.flows.save_enterprise import save_enterprise
from server.store import enterprises

MORE = {
    "trucks_n": (int, Field(description="Trucks on file for it.", examples=[12])),
    "machines_n": (int, Field(description="Machines on file for it.", examples=[3])),
}
EXAMPLE = {
    "credit_code": "91211302MA0UABCD1X",
    "name": "宏达运输有限公司",
    "industry": "logistics",
    "division": "211302",
}
blueprint = routes(
    Face(
        ENTERPRISES, "Enterprise", "registry.read", "registry.edit", enterprises.find, enterprises.find_one,
        save_enterprise, "name", EXAMPLE, MORE,
    )
)  # fmt: skip
