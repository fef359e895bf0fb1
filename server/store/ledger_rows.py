"""Rows of ledger A as they are taken: what is on file already, new rows and corrections as one statement each.

Whoever writes rows of an enterprise holds `lock` first: what was looked up then still stands when it is written, and
two batches never wait for each other's rows.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

CONTENT = {
    "passed_at": "timestamptz", "truck_id": "int", "answer_id": "bigint", "registered_on": "date",
    "inspected_on": "date", "max_mass_kg": "int", "rated_load_kg": "int", "networked": "boolean", "entrance_no": "text",
    "barrier_no": "text", "direction": "text", "plate": "text", "plate_colour": "text", "vehicle_type": "text",
    "vin": "text", "model": "text", "engine_model": "text", "engine_maker": "text", "engine_number": "text",
    "fuel": "text", "stage": "text", "stage_basis": "text", "usage": "text", "cargo": "text", "quantity": "numeric",
    "unit": "text", "tonnes": "numeric", "fleet": "text", "owner": "text", "owner_phone": "text",
    "control_result": "text", "photo": "text", "photos": "jsonb", "video": "text", "doubts": "text[]",
}  # fmt: skip
"""Columns that say what passed, and their types."""
_OF_SOURCE = {"source_key": "text", "content_sha256": "bytea"}
PLACE = ("passed_at", "plate", "plate_colour", "direction", "entrance_no", "barrier_no")


def lock(connection: Connection, enterprise_id: int) -> None:
    """Keep others from writing this enterprise's ledgers until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('ledger'), :enterprise)"), {"enterprise": enterprise_id}
    )


def on_file(
    connection: Connection, enterprise_id: int, keys: Collection[str], moments: Collection[datetime]
) -> list[dict[str, Any]]:
    """Rows that one of these may be again: of the same key, or of the same moment; with what they said before."""
    rows = connection.execute(
        text(
            "SELECT p.id, p.version, p.source, p.source_key, p.state, p.content_sha256, p.corrected_at, p.passed_at,"
            " p.plate, p.plate_colour, p.direction, p.entrance_no, p.barrier_no,"
            " ARRAY(SELECT h.before ->> 'content_sha256' FROM ledger_history h"
            "  WHERE h.ledger = 'A' AND h.row_id = p.id AND h.before ? 'content_sha256') AS older"
            " FROM ledger_passages p WHERE p.id IN"
            " (SELECT id FROM ledger_passages WHERE enterprise_id = :enterprise AND source_key = ANY(:keys)"
            "  UNION SELECT id FROM ledger_passages WHERE enterprise_id = :enterprise AND passed_at = ANY(:moments))"
            " ORDER BY p.id"
        ),
        {"enterprise": enterprise_id, "keys": list(keys), "moments": list(moments)},
    )
    return [dict(row) for row in rows.mappings()]


def registered(connection: Connection, vehicles: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Trucks of the register by plate and colour, whoever owns them."""
    pairs = sorted(set(vehicles))
    rows = connection.execute(
        text("SELECT plate, plate_colour, truck_id FROM registered_trucks(:plates, :colours)"),
        {"plates": [pair[0] for pair in pairs], "colours": [pair[1] for pair in pairs]},
    )
    return {(row.plate, row.plate_colour): row.truck_id for row in rows}


def insert(connection: Connection, common: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """New rows, in one statement; their ids in the order given."""
    columns = CONTENT | _OF_SOURCE
    made = connection.execute(
        text(
            "INSERT INTO ledger_passages (enterprise_id, division, batch_id, source, recorded_by, received_at, state,"
            f" {', '.join(columns)})"
            " SELECT cast(:enterprise_id AS int), cast(:division AS text), cast(:batch_id AS bigint),"
            " cast(:source AS text), cast(:recorded_by AS int), cast(:received_at AS timestamptz), cast(:state AS text),"
            f" {', '.join(f'r.{name}' for name in columns)} FROM jsonb_to_recordset(cast(:rows AS jsonb))"
            f" AS r ({_typed(columns)}) RETURNING id, {', '.join(PLACE)}"
        ),
        {**common, "rows": _json(rows)},
    )
    ids = {tuple(row)[1:]: row.id for row in made}
    return [ids[tuple(row[name] for name in PLACE)] for row in rows]


def rows_as_json(connection: Connection, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Whole rows as the database writes them, locked in the order of their ids."""
    found = connection.execute(
        text(
            "SELECT p.id, to_jsonb(p) AS said FROM"
            " (SELECT * FROM ledger_passages WHERE id = ANY(:ids) ORDER BY id FOR UPDATE) AS p"
        ),
        {"ids": sorted(ids)},
    )
    return {row.id: row.said for row in found}


def correct(connection: Connection, rows: Sequence[Mapping[str, Any]], by_hand_at: datetime | None = None) -> None:
    """Give rows (`id` in each) other content, in one statement; they are to be judged again.

    A person's correction leaves the hash of what the source sent: the source's row is known by it further on.
    """
    columns = CONTENT | ({} if by_hand_at else {"content_sha256": "bytea"})
    connection.execute(
        text(
            f"UPDATE ledger_passages p SET {', '.join(f'{name} = r.{name}' for name in columns)},"
            " version = p.version + 1, judged_at = NULL, corrected_at = coalesce(cast(:by_hand_at AS timestamptz), p.corrected_at)"
            f" FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r (id bigint, {_typed(columns)}) WHERE p.id = r.id"
        ),
        {"rows": _json(rows), "by_hand_at": by_hand_at},
    )


def set_state(connection: Connection, row_id: int, state: str) -> None:
    """Confirm, refuse or strike out a row."""
    connection.execute(
        text("UPDATE ledger_passages SET state = :state, version = version + 1, judged_at = NULL WHERE id = :id"),
        {"id": row_id, "state": state},
    )


def place_is_taken(connection: Connection, enterprise_id: int, place: Sequence[Any], but: int) -> bool:
    """Whether another open row has this vehicle, barrier and moment."""
    same = " AND ".join(f"{name} = :{name}" for name in PLACE)
    found = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM ledger_passages WHERE enterprise_id = :enterprise AND id <> :but"
            f" AND state IN ('taken', 'pending') AND {same})"
        ),
        {"enterprise": enterprise_id, "but": but, **dict(zip(PLACE, place, strict=True))},
    )
    return bool(found.scalar_one())


def gates_of(connection: Connection, enterprise_id: int) -> set[tuple[str, str]]:
    """The barriers on file of an enterprise: entrance and barrier number."""
    rows = connection.execute(
        text("SELECT entrance_no, barrier_no FROM gates WHERE enterprise_id = :enterprise"),
        {"enterprise": enterprise_id},
    )
    return {(row.entrance_no, row.barrier_no) for row in rows}


def answers_of(connection: Connection, enterprise_id: int, ids: Collection[int]) -> set[int]:
    """Which of these answers were given to this enterprise's gates."""
    if not ids:
        return set()
    rows = connection.execute(
        text("SELECT id FROM gate_answers WHERE enterprise_id = :enterprise AND id = ANY(:ids)"),
        {"enterprise": enterprise_id, "ids": list(ids)},
    )
    return set(rows.scalars())


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False, default=_written)


def _written(value: object) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
