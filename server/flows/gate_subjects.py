"""Who stands at the gate: the truck of the register; where that is silent, as the plant's own ledger last said."""

from dataclasses import dataclass

from sqlalchemy import Connection

from enforcement.registry.categories import TruckCategory
from enforcement.registry.fuels import Fuel
from enforcement.registry.plates import PlateColour
from enforcement.registry.stages import Stage
from enforcement.registry.subjects import Truck
from server.flows.review_alerts import truck_of
from server.store import gate_questions, subjects


@dataclass(frozen=True, slots=True)
class AtGate:
    """A truck as far as anybody knows it; `known_by`: register, ledger (of this plant) or nobody."""

    truck: Truck
    truck_id: int | None
    known_by: str

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
    held = subjects.find_truck(connection, plate, colour)
    truck = held[1] if held else Truck(plate, PlateColour(colour))
    if not _is_silent(truck):
        return AtGate(truck, held[0] if held else None, "register")
    row = gate_questions.last_declared(connection, enterprise_id, plate, colour)
    told = truck_of(row, held[1] if held else None) if row else truck
    known_by = "register" if held and told == truck else "ledger" if row else "nobody"
    return AtGate(told, held[0] if held else None, known_by)


def _is_silent(truck: Truck) -> bool:
    return (
        truck.stage is Stage.UNKNOWN or truck.fuel is Fuel.UNKNOWN
        or truck.category in (TruckCategory.UNKNOWN, TruckCategory.OTHER)
    )  # fmt: skip
