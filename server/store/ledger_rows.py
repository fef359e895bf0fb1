"""What is on file when rows of the ledgers come in: the same rows, the register, the gates and their answers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.ledger_tables import LedgerTable

_OLDER = """ARRAY(SELECT h.before ->> 'content_sha256' FROM ledger_history h
  WHERE h.ledger = :ledger AND h.row_id = p.id AND h.before ? 'content_sha256') AS older"""


def passages_on_file(
    connection: Connection, enterprise_id: int, keys: Collection[str], moments: Collection[datetime]
) -> list[dict[str, Any]]:
    """Passages that one of these may be again: of the same key, or of the same moment; with what they said before.

    OFFSET 0 keeps it a probe of an index for each: a table that was just filled has no statistics, and the planner
    would walk the whole plant for every batch.
    """
    rows = connection.execute(
        text(
            "SELECT p.id, p.source, p.source_key, p.state, p.content_sha256, p.corrected_at, p.passed_at, p.plate,"
            f" p.plate_colour, p.direction, p.entrance_no, p.barrier_no, {_OLDER} FROM ledger_passages p WHERE p.id IN"
            " (SELECT same.id FROM unnest(cast(:keys AS text[])) AS sent (key) CROSS JOIN LATERAL (SELECT id FROM"
            "   ledger_passages WHERE enterprise_id = :enterprise AND source_key = sent.key OFFSET 0) AS same"
            "  UNION SELECT same.id FROM unnest(cast(:moments AS timestamptz[])) AS sent (at) CROSS JOIN LATERAL (SELECT"
            "   id FROM ledger_passages WHERE enterprise_id = :enterprise AND passed_at = sent.at OFFSET 0) AS same)"
            " ORDER BY p.id"
        ),
        {"enterprise": enterprise_id, "keys": list(keys), "moments": list(moments), "ledger": "A"},
    )
    return [dict(row) for row in rows.mappings()]


def plant_on_file(
    connection: Connection, table: LedgerTable, enterprise_id: int, keys: Collection[str]
) -> list[dict[str, Any]]:
    """Vehicles or machines of a plant with one of these numbers."""
    rows = connection.execute(
        text(
            f"SELECT p.id, p.source, p.state, p.content_sha256, p.corrected_at, {table.key_sql} AS key, {_OLDER}"
            f" FROM {table.name} p WHERE p.enterprise_id = :enterprise AND {table.key_sql} = ANY(:keys) ORDER BY p.id"
        ),
        {"enterprise": enterprise_id, "keys": list(keys), "ledger": table.ledger},
    )
    return [dict(row) for row in rows.mappings()]


def registered_trucks(connection: Connection, vehicles: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Trucks of the register by plate and colour, whoever owns them."""
    pairs = sorted(set(vehicles))
    rows = connection.execute(
        text("SELECT plate, plate_colour, truck_id FROM registered_trucks(:plates, :colours)"),
        {"plates": [pair[0] for pair in pairs], "colours": [pair[1] for pair in pairs]},
    )
    return {(row.plate, row.plate_colour): row.truck_id for row in rows}


def registered_machines(connection: Connection, numbers: Sequence[Mapping[str, str | None]]) -> list[int | None]:
    """Machines of the register by their numbers, whoever owns them, in the order given."""
    rows = connection.execute(
        text(
            "SELECT machine_id FROM registered_machines(cast(:numbers AS text[]), cast(:pins AS text[]),"
            " cast(:codes AS text[])) ORDER BY place"
        ),
        {
            "numbers": [one["registration_number"] for one in numbers],
            "pins": [one["pin"] for one in numbers],
            "codes": [one["machine_code"] for one in numbers],
        },
    )
    return list(rows.scalars())


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


def has_gate(connection: Connection, enterprise_id: int, gate_id: int) -> bool:
    """Whether a gate is this enterprise's."""
    found = connection.execute(
        text("SELECT EXISTS (SELECT FROM gates WHERE enterprise_id = :enterprise AND id = :gate)"),
        {"enterprise": enterprise_id, "gate": gate_id},
    )
    return bool(found.scalar_one())
