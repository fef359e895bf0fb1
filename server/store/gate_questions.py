"""What a gate's question needs of the tables: which gate asks, and what its ledger last said of a truck."""

from typing import Any

from sqlalchemy import Connection, text

_GATE = """SELECT x.id, x.enterprise_id, x.division, x.name, x.entrance_no, x.barrier_no, x.state, e.name AS enterprise,
  coalesce(e.credit_code, '') AS credit_code FROM gates x JOIN enterprises e ON e.id = x.enterprise_id
  WHERE x.enterprise_id = :enterprise"""
_BY_NUMBER = text(f"{_GATE} AND x.id = :gate")
_BY_PLACE = text(f"{_GATE} AND x.entrance_no = :entrance AND x.barrier_no = :barrier")
_DECLARED = text(
    "SELECT plate, plate_colour, vehicle_type, stage, fuel FROM ledger_passages WHERE plate = :plate"
    " AND plate_colour = :colour AND enterprise_id = :enterprise AND state = 'taken'"
    " ORDER BY passed_at DESC, id DESC LIMIT 1"
)


def find_gate(connection: Connection, enterprise_id: int, number: int) -> dict[str, Any] | None:
    """A gate of an enterprise by its id."""
    row = connection.execute(_BY_NUMBER, {"enterprise": enterprise_id, "gate": number}).mappings().first()
    return None if row is None else dict(row)


def find_gate_at(connection: Connection, enterprise_id: int, entrance: str, barrier: str) -> dict[str, Any] | None:
    """A gate of an enterprise by its entrance and barrier numbers."""
    given = {"enterprise": enterprise_id, "entrance": entrance, "barrier": barrier}
    row = connection.execute(_BY_PLACE, given).mappings().first()
    return None if row is None else dict(row)


def last_declared(connection: Connection, enterprise_id: int, plate: str, colour: str) -> dict[str, Any] | None:
    """What the enterprise's ledger last said of a truck: kind, stage and fuel."""
    given = {"enterprise": enterprise_id, "plate": plate, "colour": colour}
    row = connection.execute(_DECLARED, given).mappings().first()
    return None if row is None else dict(row)
