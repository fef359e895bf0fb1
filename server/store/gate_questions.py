"""What a gate's question needs of the tables: which gate asks, and what its ledger last said of a truck."""

from typing import Any

from sqlalchemy import Connection, text

_GATE = """SELECT x.id, x.enterprise_id, x.division, x.name, x.entrance_no, x.barrier_no, x.state, e.name AS enterprise,
  coalesce(e.credit_code, '') AS credit_code FROM gates x JOIN enterprises e ON e.id = x.enterprise_id
  WHERE x.enterprise_id = :enterprise"""
_BY_NUMBER = text(f"{_GATE} AND x.id = :gate")
_BY_PLACE = text(f"{_GATE} AND x.entrance_no = :entrance AND x.barrier_no = :barrier")
TOLD = """d.plate AS told_plate, d.vehicle_type AS told_type, d.stage AS told_stage, d.fuel AS told_fuel,
  EXISTS (SELECT FROM whitelist_entries w WHERE w.truck_id = t.id AND w.state IN ('active', 'withdrawn')) AS has_leave
FROM asked one LEFT JOIN trucks t ON t.plate = one.plate AND t.plate_colour = one.plate_colour
LEFT JOIN LATERAL (
  SELECT p.plate, p.vehicle_type, p.stage, p.fuel FROM ledger_passages p WHERE p.plate = one.plate
  AND p.plate_colour = one.plate_colour AND p.enterprise_id = :enterprise AND p.state = 'taken'
  ORDER BY p.passed_at DESC, p.id DESC LIMIT 1) d
ON t.id IS NULL OR coalesce(t.stage, 'X') = 'X' OR coalesce(t.fuel, 'unknown') = 'unknown'
  OR coalesce(t.category, 'unknown') IN ('unknown', 'other')"""
"""Behind `t.*` and a WITH that names `asked`: what the ledger said where the register is silent, and leave."""
_SUBJECT = text(
    f"WITH asked AS (SELECT cast(:plate AS text) AS plate, cast(:colour AS text) AS plate_colour) SELECT t.*, {TOLD}"
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


def find_subject(connection: Connection, enterprise_id: int, plate: str, colour: str) -> dict[str, Any]:
    """One round trip: the truck of the register (`id` None: there is none), what the enterprise's ledger last said of
    it where the register is silent, and whether anybody ever gave it leave.
    """
    given = {"enterprise": enterprise_id, "plate": plate, "colour": colour}
    return dict(connection.execute(_SUBJECT, given).mappings().one())
