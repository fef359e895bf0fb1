"""Rows of ledgers B and C come in: vehicles and machines of a plant, known again by their number."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.ledgers.codes import Codes
from enforcement.ledgers.plant import PlantMachine, PlantVehicle, read_machine, read_vehicle
from server.flows import ledger_intake
from server.flows.ledger_intake import Intake, Source, Taken
from server.flows.take_rows import Ledger, take_rows
from server.store import ledger_rows
from server.store.audit import Actor
from server.store.ledger_tables import MACHINES, VEHICLES, LedgerTable

__all__ = ["take_machines", "take_vehicles"]


def take_vehicles(
    connection: Connection, actor: Actor, source: Source, rows: Sequence[Mapping[str, object]], now: datetime,
    codes: Codes | None = None, batch_id: int | None = None, positions: Sequence[int] | None = None,
) -> Taken:  # fmt: skip
    """Take rows of ledger B; a bad row stops no other."""
    places = positions if positions is not None else range(len(rows))
    intake = ledger_intake.begin(connection, source, "B", now, codes or Codes(), places, batch_id)
    take_rows(intake, actor, LEDGER_OF_VEHICLES, ledger_intake.readable(intake, rows, read_vehicle))
    return ledger_intake.finish(intake, actor, rows)


def take_machines(
    connection: Connection, actor: Actor, source: Source, rows: Sequence[Mapping[str, object]], now: datetime,
    codes: Codes | None = None, batch_id: int | None = None, positions: Sequence[int] | None = None,
) -> Taken:  # fmt: skip
    """Take rows of ledger C; a bad row stops no other."""
    places = positions if positions is not None else range(len(rows))
    intake = ledger_intake.begin(connection, source, "C", now, codes or Codes(), places, batch_id)
    take_rows(intake, actor, LEDGER_OF_MACHINES, ledger_intake.readable(intake, rows, read_machine))
    return ledger_intake.finish(intake, actor, rows)


def _on_file(
    table: LedgerTable, intake: Intake, rows: Sequence[PlantVehicle] | Sequence[PlantMachine]
) -> list[dict[str, Any]]:
    keys = {one.key for one in rows}
    found = ledger_rows.plant_on_file(intake.connection, table, intake.source.enterprise_id, keys)
    return [{**row, "place": (row["key"],)} for row in found]


def vehicle_values(connection: Connection, rows: Sequence[PlantVehicle]) -> list[dict[str, Any]]:
    """Vehicles as rows of the table."""
    pairs = {(one.plate, one.colour.value) for one in rows if one.plate and one.colour}
    trucks = ledger_rows.registered_trucks(connection, pairs) if pairs else {}
    plain = [name for name in VEHICLES.content if name not in {"truck_id", "plate_colour"}]
    found = []
    for one in rows:
        colour = one.colour.value if one.colour else None
        found.append({
            **{name: getattr(one, name) for name in plain}, "plate_colour": colour,
            "truck_id": trucks.get((one.plate or "", colour or "")), "photos": dict(one.photos) or None,
            "doubts": list(one.doubts), "content_sha256": one.sha256,
        })  # fmt: skip
    return found


def machine_values(connection: Connection, rows: Sequence[PlantMachine]) -> list[dict[str, Any]]:
    """Machines as rows of the table."""
    names = ("registration_number", "pin", "machine_code")
    numbers = [{name: getattr(one, name) for name in names} for one in rows]
    machines = ledger_rows.registered_machines(connection, numbers)
    plain = [name for name in MACHINES.content if name != "machine_id"]
    return [
        {
            **{name: getattr(one, name) for name in plain}, "machine_id": machine,
            "photos": dict(one.photos) or None, "doubts": list(one.doubts), "content_sha256": one.sha256,
        }
        for one, machine in zip(rows, machines, strict=True)
    ]  # fmt: skip


LEDGER_OF_VEHICLES: Ledger[PlantVehicle] = Ledger(
    VEHICLES,
    lambda intake, rows: _on_file(VEHICLES, intake, rows),
    lambda intake, rows: vehicle_values(intake.connection, rows),
)
LEDGER_OF_MACHINES: Ledger[PlantMachine] = Ledger(
    MACHINES,
    lambda intake, rows: _on_file(MACHINES, intake, rows),
    lambda intake, rows: machine_values(intake.connection, rows),
)
