"""Who stands at the gate: the truck of the register; where that is silent, as the plant's own ledger last said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from enforcement.registry.plates import PlateColour
from enforcement.registry.subjects import Truck
from server.flows.review_alerts import truck_of
from server.store import gate_questions, subjects


@dataclass(frozen=True, slots=True)
class AtGate:
    """A truck as far as anybody knows it; `known_by`: register, ledger (of this plant) or nobody."""

    truck: Truck
    truck_id: int | None
    known_by: str
    has_leave: bool = False

    @property
    def facts(self) -> dict[str, object]:
        """What an answer keeps of it."""
        one = self.truck
        return {
            "stage": str(one.stage), "fuel": str(one.fuel), "category": str(one.category),
            "gross_mass_kg": one.gross_mass_kg, "known_by": self.known_by,
        }  # fmt: skip


def at_gate(connection: Connection, enterprise_id: int, plate: str, colour: str) -> AtGate:
    """The truck with this plate in this colour at this plant."""
    return read_subject(gate_questions.find_subject(connection, enterprise_id, plate, colour), plate, colour)


def read_subject(row: Mapping[str, Any], plate: str, colour: str) -> AtGate:
    """A row of `gate_questions.find_subject`."""
    held = subjects.read_truck(row) if row["id"] is not None else None
    truck = held or Truck(plate, PlateColour(colour))
    if row["told_plate"] is None:
        return AtGate(truck, row["id"], "register" if held else "nobody", row["has_leave"])
    said = {"plate": plate, "plate_colour": colour, "vehicle_type": row["told_type"], "stage": row["told_stage"],
            "fuel": row["told_fuel"]}  # fmt: skip
    told = truck_of(said, held)
    return AtGate(told, row["id"], "register" if told == held else "ledger", row["has_leave"])
