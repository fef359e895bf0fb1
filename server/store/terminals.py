"""Terminals: kind and device name (the words in the topic), bound to a truck or a machine or to nothing yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store import registry_rows
from server.store.machines import TITLE
from server.store.paging import Found, Query
from server.store.registry_rows import Register
from server.store.scopes import Scope
from server.store.subject_registers import MATCH_ENTERPRISE

_SOURCE = """terminals t LEFT JOIN trucks k ON k.id = t.truck_id LEFT JOIN machines m ON m.id = t.machine_id
LEFT JOIN enterprises e ON e.id = coalesce(t.enterprise_id, k.enterprise_id, m.enterprise_id)
LEFT JOIN terminal_states s ON s.terminal_id = t.id"""

TERMINALS = Register(
    table="terminals",
    select="t.*, k.plate, k.plate_colour, k.vin, " + TITLE.format("m") + " AS machine, m.registration_number,"
    " coalesce(k.division, m.division, e.division) AS division, e.id AS holder_id, e.name AS enterprise,"
    " d.name_zh AS division_zh, d.name_en AS division_en,"
    " e.credit_code AS enterprise_code, s.measured_at, s.received_at AS seen_at, s.lon, s.lat, s.speed_kmh,"
    " s.direction_deg, s.clock_offset_s, s.flags, s.inside",
    source=_SOURCE + " LEFT JOIN divisions d ON d.code = coalesce(k.division, m.division, e.division)",
    counted=_SOURCE,
    division="coalesce(k.division, m.division, e.division)",
    enterprise="coalesce(t.enterprise_id, k.enterprise_id, m.enterprise_id)",
    incoming={
        "kind": "text",
        "device": "text",
        "protocol": "text",
        "layout": "text",
        "answers": "boolean",
        "coordinates": "text",
        "accuracy_m": "real",
        "truck_id": "int",
        "machine_id": "int",
        "enterprise_id": "int",
        "maker": "text",
        "model": "text",
        "sim": "text",
        "installed_on": "date",
        "state": "text",
    },
    filters={
        "q": "t.device ILIKE :q OR t.truck_id IN (SELECT x.id FROM trucks x WHERE x.plate ILIKE :q)"
        " OR t.machine_id IN (SELECT x.id FROM machines x WHERE x.registration_number ILIKE :q)",
        "kind": "t.kind = :kind",
        "bound": "CASE :bound WHEN 'truck' THEN t.truck_id IS NOT NULL WHEN 'machine' THEN t.machine_id IS NOT NULL"
        " ELSE num_nonnulls(t.truck_id, t.machine_id) = 0 END",
        "line": "CASE :line WHEN 'online' THEN s.received_at > now() - interval '{late} s'"
        " WHEN 'late' THEN s.received_at BETWEEN now() - interval '{offline} s' AND now() - interval '{late} s'"
        " WHEN 'offline' THEN s.received_at < now() - interval '{offline} s' ELSE s.received_at IS NULL END",
        "enterprise_id": "coalesce(t.enterprise_id, k.enterprise_id, m.enterprise_id)::text = :enterprise_id",
        "maker": "t.maker ILIKE :maker",
        "state": "t.state = :state",
    },
    contains=frozenset({"q", "maker"}),
    sorts={
        "device": "t.device",
        "updated_at": "t.updated_at",
        "seen_at": "s.received_at",
        "installed_on": "t.installed_on",
    },
    default_sort="device",
    defaults={"answers": "true", "coordinates": "'wgs84'", "accuracy_m": "10", "state": "'active'"},
)

REFERENCES = {"enterprise": "enterprise_id", "truck": "truck_id", "machine": "machine_id"}
MATCH = (
    "UPDATE incoming i SET row_id = t.id FROM terminals t WHERE t.kind = i.kind AND t.device = i.device",
    "UPDATE incoming i SET truck_id = t.id FROM trucks t"
    " WHERE t.plate = split_part(i.truck, ' ', 1) AND t.plate_colour = split_part(i.truck, ' ', 2)",
    *(
        f"UPDATE incoming i SET machine_id = t.id FROM machines t WHERE i.machine_id IS NULL AND t.{column} = i.machine"
        for column in ("registration_number", "pin", "machine_code")
    ),
    *MATCH_ENTERPRISE,
)
CLASHES = (
    "SELECT i.row_no, 'truck', i.truck, t.id, t.device FROM incoming i JOIN terminals t ON t.id = i.row_id"
    " WHERE i.truck_id IS NOT NULL AND t.machine_id IS NOT NULL"
    " UNION ALL SELECT i.row_no, 'machine', i.machine, t.id, t.device FROM incoming i"
    " JOIN terminals t ON t.id = i.row_id WHERE i.machine_id IS NOT NULL AND t.truck_id IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Seconds since the last packet after which a terminal counts as late, and as off-line (rule book rows)."""

    late_s: int
    offline_s: int


def with_thresholds(thresholds: Thresholds) -> Register:
    """The register with the on-line filter at these thresholds."""
    line = TERMINALS.filters["line"].format(late=int(thresholds.late_s), offline=int(thresholds.offline_s))
    return replace(TERMINALS, filters={**TERMINALS.filters, "line": line})


def find(connection: Connection, query: Query, scope: Scope, thresholds: Thresholds) -> Found:
    """A page of the terminals."""
    return registry_rows.find(connection, with_thresholds(thresholds), query, scope)


def stream(connection: Connection, query: Query, scope: Scope, thresholds: Thresholds) -> Iterator[dict[str, Any]]:
    """All terminals of a list."""
    return registry_rows.stream(connection, with_thresholds(thresholds), query, scope)


def find_one(connection: Connection, terminal_id: int, scope: Scope) -> dict[str, Any] | None:
    """One terminal with its last state, if the scope covers it."""
    return registry_rows.find_one(connection, TERMINALS, terminal_id, scope)


def find_key(connection: Connection, kind: str, device: str) -> dict[str, Any] | None:
    """The terminal that publishes under this name."""
    row = connection.execute(
        text("SELECT id, kind, device FROM terminals WHERE kind = :kind AND device = :device"),
        {"kind": kind, "device": device},
    )
    found = row.mappings().first()
    return dict(found) if found else None


def of_subject(
    connection: Connection, truck_id: int | None = None, machine_id: int | None = None
) -> list[dict[str, Any]]:
    """Terminals bound to a truck or a machine, with their last sign."""
    rows = connection.execute(
        text(
            "SELECT t.id, t.kind, t.device, t.state, t.maker, t.model, s.received_at AS seen_at, s.clock_offset_s"
            " FROM terminals t LEFT JOIN terminal_states s ON s.terminal_id = t.id"
            " WHERE t.truck_id = :truck_id OR t.machine_id = :machine_id ORDER BY t.state, t.id"
        ),
        {"truck_id": truck_id, "machine_id": machine_id},
    )
    return [dict(row) for row in rows.mappings()]


def line_state(seen_at: datetime | None, now: datetime, thresholds: Thresholds) -> str:
    """online, late, offline, or never (nothing was received yet)."""
    if seen_at is None:
        return "never"
    age = (now - seen_at).total_seconds()
    return "online" if age <= thresholds.late_s else "late" if age <= thresholds.offline_s else "offline"


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add a terminal; its id."""
    return registry_rows.insert(connection, TERMINALS, values)


def update(connection: Connection, terminal_id: int, values: Mapping[str, Any]) -> bool:
    """Write a terminal as given; false when nothing differed."""
    return registry_rows.update(connection, TERMINALS, terminal_id, values)
