"""Leave by the whitelist as gates and the review of alerts read it, of many trucks or machines at once."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from enforcement.zones.terms import Purpose
from enforcement.zones.whitelist import WhitelistEntry

_LEAVE = """
SELECT l.*, t.plate, t.plate_colour, m.pin, m.machine_code, m.registration_number, m.engine_number, m.engine_maker,
  (extract(epoch FROM l.held_from) * 1000000)::bigint AS from_us,
  (extract(epoch FROM l.held_to) * 1000000)::bigint AS to_us
FROM whitelist_leave l LEFT JOIN trucks t ON t.id = l.truck_id LEFT JOIN machines m ON m.id = l.machine_id
WHERE l.{column} = ANY(:ids) ORDER BY l.entry_id, l.held_from"""


def of_trucks(connection: Connection, ids: Sequence[int]) -> dict[int, list[WhitelistEntry]]:
    """The leave of each of these trucks."""
    return _read(connection, "truck_id", ids)


def of_machines(connection: Connection, ids: Sequence[int]) -> dict[int, list[WhitelistEntry]]:
    """The leave of each of these machines."""
    return _read(connection, "machine_id", ids)


def _read(connection: Connection, column: str, ids: Sequence[int]) -> dict[int, list[WhitelistEntry]]:
    found: dict[int, list[WhitelistEntry]] = defaultdict(list)
    if ids:
        rows = connection.execute(text(_LEAVE.format(column=column)), {"ids": list(ids)})
        for row in rows.mappings():
            found[row[column]].append(_entry(row))
    return found


def _entry(row: Any) -> WhitelistEntry:
    return WhitelistEntry(
        _key(row), row["zone_id"], Purpose(row["purpose"]), row["from_us"], row["to_us"], row["approver"],
        entry_id=row["entry_id"], enterprise_id=row["enterprise_id"], level_to=row["level_to"],
        gates_only=row["gates_only"],
    )  # fmt: skip


def _key(row: Any) -> tuple[str, str]:
    if row["truck_id"] is not None:
        return "plate", f"{row['plate']} {row['plate_colour']}"
    for name, column in (("pin", "pin"), ("machine_code", "machine_code"), ("registration_no", "registration_number")):
        if row[column]:
            return name, row[column]
    return "engine", f"{row['engine_number']} {row['engine_maker']}"
