"""A plant with a gate and rows for its ledgers: what tests of the ledgers share."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from enforcement.rules.book import BEIJING
from server.db import transaction
from server.flows.take_passages import Source

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plant:
    """An enterprise with one gate."""

    enterprise_id: int
    gate_id: int
    source: Source


def make_plant(engine: Engine, name: str, enterprise_id: int | None = None) -> Plant:
    """An enterprise of this name (or the given one) with the gate 1/01."""
    with transaction(engine) as connection:
        if enterprise_id is None:
            enterprise_id = connection.execute(
                text("INSERT INTO enterprises (name, division) VALUES (:name, '211302') RETURNING id"), {"name": name}
            ).scalar_one()
        gate_id = add_gate(connection, enterprise_id)
    return Plant(enterprise_id, gate_id, Source(enterprise_id, "211302", "gate", gate_id))


def add_gate(connection: Connection, enterprise_id: int) -> int:
    found: int = connection.execute(
        text(
            "INSERT INTO gates (enterprise_id, division, entrance_no, barrier_no, name)"
            " VALUES (:e, '211302', '1', '01', '东门') RETURNING id"
        ),
        {"e": enterprise_id},
    ).scalar_one()
    return found


def passage_row(minutes_ago: float = 60, now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """A row as a gate sends it."""
    at = (now - timedelta(minutes=minutes_ago)).astimezone(BEIJING)
    given = {
        "entrance_no": "1",
        "barrier_no": "01",
        "direction": "1",
        "passed_at": at.strftime("%Y-%m-%d %H:%M:%S"),
        "plate": "辽N12345",
        "plate_colour": "1",
        "vehicle_type": "H11",
        "fuel": "B",
        "stage": "5",
        "cargo": "煤",
        "quantity": "32.5",
        "unit": "吨",
        "source_key": "k-1",
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}
