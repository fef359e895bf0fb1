"""Terminals as JSON; what they reported is in telemetry.py."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from server.api.register_routes import Face, routes
from server.flows.registry_nouns import TERMINALS
from server.flows.save_terminal import save_terminal
from server.store import terminals
from server.store.paging import Found, Query
from server.store.scopes import Scope
from server.web.terminal_lines import thresholds

MORE = {
    "truck_id": (int | None, Field(default=None, description="The truck it is bound to.")),
    "machine_id": (int | None, Field(default=None, description="The machine it is bound to.")),
    "division": (str | None, Field(default=None, description="The area of what it is bound to.")),
    "line": (
        Literal["online", "late", "offline", "never"],
        Field(description="By the age of its last packet and the rule book's limits."),
    ),
    "seen_at": (datetime | None, Field(default=None, description="When its newest packet was received.")),
    "measured_at": (datetime | None, Field(default=None, description="What its clock said in it.")),
    "clock_offset_s": (float | None, Field(default=None, description="Receipt minus its clock, seconds.")),
    "lon": (float | None, Field(default=None, description="Last position, degrees WGS-84.")),
    "lat": (float | None, Field(default=None, description="Last position, degrees WGS-84.")),
    "speed_kmh": (float | None, Field(default=None, description="Speed there, km/h.")),
}
EXAMPLE = {"kind": "hdv", "device": "LFWSRXRJ6H1E00001", "truck": "辽N12345 黄", "coordinates": "wgs84"}


def _find(connection: Connection, query: Query, scope: Scope) -> Found:
    return terminals.find(connection, query, scope, thresholds(datetime.now(UTC)))


def _finish(values: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {**values, "line": terminals.line_state(values["seen_at"], now, thresholds(now))}


blueprint = routes(
    Face(
        TERMINALS, "Terminal", "terminals.read", "terminals.edit", _find, terminals.find_one, save_terminal, "device",
        EXAMPLE, MORE, _finish,
    )
)  # fmt: skip
