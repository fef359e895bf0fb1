"""Leave by the whitelist as gates and the review of alerts read it: intervals with suspensions cut out."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from enforcement.zones.terms import Purpose
from enforcement.zones.whitelist import WhitelistEntry

_LEAVE = """
SELECT w.id, w.truck_id, w.machine_id, w.zone_id, w.purpose, w.approver, w.enterprise_id, w.level_to, t.plate,
  t.plate_colour, m.pin, m.machine_code, m.registration_number, m.engine_number, m.engine_maker,
  (extract(epoch FROM lower(held.span)) * 1000000)::bigint AS from_us,
  (extract(epoch FROM upper(held.span)) * 1000000)::bigint AS to_us
FROM whitelist_entries w LEFT JOIN trucks t ON t.id = w.truck_id LEFT JOIN machines m ON m.id = w.machine_id
CROSS JOIN LATERAL unnest(
  tstzmultirange(tstzrange(greatest(w.valid_from, w.decided_at), least(w.valid_to, w.withdrawn_at)))
  - coalesce((SELECT range_agg(tstzrange(s.from_at, s.to_at)) FROM whitelist_suspensions s WHERE s.entry_id = w.id),
             tstzmultirange())) AS held (span)
WHERE w.state IN ('active', 'withdrawn') AND greatest(w.valid_from, w.decided_at) < least(w.valid_to, w.withdrawn_at)
  AND w.{column} = ANY(:ids)"""


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
        _key(row), row["zone_id"], Purpose(row["purpose"]), row["from_us"], row["to_us"], row["approver"] or "",
        entry_id=row["id"], enterprise_id=row["enterprise_id"], level_to=row["level_to"],
    )  # fmt: skip


def _key(row: Any) -> tuple[str, str]:
    if row["truck_id"] is not None:
        return "plate", f"{row['plate']} {row['plate_colour']}"
    for name, column in (("pin", "pin"), ("machine_code", "machine_code"), ("registration_no", "registration_number")):
        if row[column]:
            return name, row[column]
    return "engine", f"{row['engine_number']} {row['engine_maker']}"
