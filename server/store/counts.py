"""Counts of what came in, per minute and worker slot, and the alarms that they raise."""

from typing import Any, Protocol

import psycopg
from psycopg.types.json import Jsonb

FEWEST_FOR_ALARM = 20


class Outcome(Protocol):
    """What became of a batch."""

    stored: int
    repeated: int
    held: int
    samples: int


def add(connection: psycopg.Connection, slot: int, received_us: int, received: int, outcome: Outcome) -> None:
    """Add a batch to its minute."""
    connection.execute(
        "INSERT INTO ingest_counts AS c (minute, slot, received, stored, repeated, held, samples) "
        "VALUES (date_trunc('minute', to_timestamp(%s / 1e6)), %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (minute, slot) DO UPDATE SET received = c.received + excluded.received, "
        "stored = c.stored + excluded.stored, repeated = c.repeated + excluded.repeated, "
        "held = c.held + excluded.held, samples = c.samples + excluded.samples",
        (received_us, slot, received, outcome.stored, outcome.repeated, outcome.held, outcome.samples),
    )


def raise_alarm(connection: psycopg.Connection, kind: str, detail: dict[str, Any]) -> None:
    """Raise an alarm unless one of the kind is open from the last hour."""
    connection.execute(
        "INSERT INTO alarms (kind, detail) SELECT %s, %s WHERE NOT EXISTS (SELECT FROM alarms WHERE kind = %s "
        "AND settled_at IS NULL AND at > now() - interval '1 hour')",
        (kind, Jsonb(detail), kind),
    )


def alarm_if_many_bad(connection: psycopg.Connection, slot: int, received: int, held: int, share_pct: int) -> bool:
    """A decoder fault must not look like a quiet fleet: alarm when the share of refused frames is far above normal."""
    if held < FEWEST_FOR_ALARM or held * 100 <= received * share_pct:
        return False
    raise_alarm(connection, "bad_frames", {"slot": slot, "received": received, "held": held})
    return True
