"""The tables of ledgers A, B and C as they are written: new rows and corrections as one statement each.

Whoever writes rows of an enterprise holds `lock` first: what was looked up then still stands when it is written, and
two batches never wait for each other's rows.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

Key = tuple[Any, ...]
NUMBERS = ("registration_number", "pin", "machine_code", "engine_number")


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """A ledger's table: `content` are the columns that say something, with their types; `key` makes a row this one."""

    ledger: str
    name: str
    subject: str
    content: Mapping[str, str]
    key: tuple[str, ...]
    own: Mapping[str, str]
    has_states: bool = False

    @property
    def key_sql(self) -> str:
        return ", ".join(self.key)


_ENGINE = {"engine_model": "text", "engine_maker": "text", "engine_number": "text"}
_TAIL = {"photos": "jsonb", "doubts": "text[]"}
_HASH = {"content_sha256": "bytea"}
PASSAGES = LedgerTable(
    "A", "ledger_passages", "passage",
    {
        "passed_at": "timestamptz", "truck_id": "int", "answer_id": "bigint", "registered_on": "date",
        "inspected_on": "date", "max_mass_kg": "int", "rated_load_kg": "int", "networked": "boolean",
        "entrance_no": "text", "barrier_no": "text", "direction": "text", "plate": "text", "plate_colour": "text",
        "vehicle_type": "text", "vin": "text", "model": "text", **_ENGINE, "fuel": "text", "stage": "text",
        "stage_basis": "text", "usage": "text", "cargo": "text", "quantity": "numeric", "unit": "text",
        "tonnes": "numeric", "fleet": "text", "owner": "text", "owner_phone": "text", "control_result": "text",
        "photo": "text", "video": "text", **_TAIL,
    },
    ("passed_at", "plate", "plate_colour", "direction", "entrance_no", "barrier_no"),
    {"source_key": "text", **_HASH},
    has_states=True,
)  # fmt: skip
VEHICLES = LedgerTable(
    "B", "plant_vehicles", "plant_vehicle",
    {
        "internal_no": "text", "truck_id": "int", "vin": "text", "built_on": "date", "plate": "text",
        "plate_colour": "text", "registered_on": "date", "model": "text", "fuel": "text", "stage": "text",
        "stage_basis": "text", "networked": "boolean", "owner": "text", **_ENGINE, "gone_on": "date",
        "gone_how": "text", **_TAIL,
    },
    ("internal_no",),
    _HASH,
)  # fmt: skip
MACHINES = LedgerTable(
    "C", "plant_machines", "plant_machine",
    {
        "registration_number": "text", "machine_id": "int", "built_on": "date", "plate": "text", "stage": "text",
        "fuel": "text", "category": "text", "pin": "text", "machine_code": "text", "model": "text", **_ENGINE,
        "owner": "text", "power_kw": "numeric", "entered_on": "date", "left_on": "date", **_TAIL,
    },
    (f"coalesce({', '.join(NUMBERS)})",),
    _HASH,
)  # fmt: skip
TABLES = {table.ledger: table for table in (PASSAGES, VEHICLES, MACHINES)}


def lock(connection: Connection, enterprise_id: int) -> None:
    """Keep others from writing this enterprise's ledgers until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('ledger'), :enterprise)"), {"enterprise": enterprise_id}
    )


def enterprise_of(connection: Connection, table: LedgerTable, row_id: int) -> int | None:
    """Whose row it is; None where there is none that the account may see."""
    found: int | None = connection.execute(
        text(f"SELECT enterprise_id FROM {table.name} WHERE id = :id"), {"id": row_id}
    ).scalar_one_or_none()
    return found


def insert(
    connection: Connection, table: LedgerTable, common: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> dict[Key, int]:
    """New rows, in one statement; their ids by key."""
    columns = {**table.content, **table.own}
    state, given = ("state, ", "cast(:state AS text), ") if table.has_states else ("", "")
    made = connection.execute(
        text(
            f"INSERT INTO {table.name} (enterprise_id, division, batch_id, source, recorded_by, received_at,"
            f" {state}{', '.join(columns)})"
            " SELECT cast(:enterprise_id AS int), cast(:division AS text), cast(:batch_id AS bigint),"
            f" cast(:source AS text), cast(:recorded_by AS int), cast(:received_at AS timestamptz), {given}"
            f" {', '.join(f'r.{name}' for name in columns)} FROM jsonb_to_recordset(cast(:rows AS jsonb))"
            f" AS r ({_typed(columns)}) RETURNING id, {table.key_sql}"
        ),
        {**common, "rows": _json(rows)},
    )
    return {tuple(row)[1:]: row.id for row in made}


def rows_as_json(connection: Connection, table: LedgerTable, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Whole rows as the database writes them, locked in the order of their ids."""
    found = connection.execute(
        text(
            "SELECT p.id, to_jsonb(p) AS said FROM"
            f" (SELECT * FROM {table.name} WHERE id = ANY(:ids) ORDER BY id FOR UPDATE) AS p"
        ),
        {"ids": sorted(ids)},
    )
    return {row.id: row.said for row in found}


def correct(
    connection: Connection, table: LedgerTable, rows: Sequence[Mapping[str, Any]], by_hand_at: datetime | None = None
) -> None:
    """Give rows (`id` in each) other content, in one statement; passages are to be judged again.

    A person's correction leaves the hash of what the source sent: the source's row is known by it further on.
    """
    columns = {**table.content, **({} if by_hand_at else _HASH)}
    again = "judged_at = NULL, " if table.has_states else ""
    connection.execute(
        text(
            f"UPDATE {table.name} p SET {', '.join(f'{name} = r.{name}' for name in columns)}, {again}"
            "version = p.version + 1, corrected_at = coalesce(cast(:by_hand_at AS timestamptz), p.corrected_at)"
            f" FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r (id bigint, {_typed(columns)}) WHERE p.id = r.id"
        ),
        {"rows": _json(rows), "by_hand_at": by_hand_at},
    )


def set_state(connection: Connection, table: LedgerTable, row_id: int, state: str) -> None:
    """Confirm, refuse or strike out a row."""
    again = "judged_at = NULL, " if table.has_states else ""
    connection.execute(
        text(f"UPDATE {table.name} SET state = :state, {again}version = version + 1 WHERE id = :id"),
        {"id": row_id, "state": state},
    )


def key_is_taken(connection: Connection, table: LedgerTable, enterprise_id: int, key: Key, but: int) -> bool:
    """Whether another row that stands or waits has this key."""
    same = " AND ".join(f"{name} = :key_{place}" for place, name in enumerate(table.key))
    found = connection.execute(
        text(
            f"SELECT EXISTS (SELECT FROM {table.name} WHERE enterprise_id = :enterprise AND id <> :but"
            f" AND state IN ('taken', 'pending') AND {same})"
        ),
        {"enterprise": enterprise_id, "but": but, **{f"key_{place}": value for place, value in enumerate(key)}},
    )
    return bool(found.scalar_one())


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False, default=_written)


def _written(value: object) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
