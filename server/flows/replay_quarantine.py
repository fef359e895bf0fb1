"""Replay held frames after a mend: what can now be read is stored as if it had just come, the rest stays held.

The frames keep their first receipt time, so that a replayed frame is neither late nor repeated because of us.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine, RowMapping, text

from server import db
from server.flows.ingest import Ingest
from server.store import audit
from server.store.audit import Actor

PORTION = 500


class Again(NamedTuple):
    """A held frame as a message; QoS 1 and not retained, because that cause is not mended by a replay."""

    topic: str
    payload: bytes
    qos: int
    retained: bool


def replay(engine: Engine, ids: Sequence[int], actor: Actor) -> int:
    """Take these held frames again; how many are stored now. Each portion is a transaction of its own."""
    url = engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    stored = 0
    with db.connect(url) as connection:
        ingest = Ingest(connection, slot=-1, alarm_pct=100)
        for at in range(0, len(ids), PORTION):
            stored += _portion(engine, ingest, ids[at : at + PORTION], actor)
    with engine.begin() as one:
        detail = {"frames": len(ids), "stored": stored, "ids": list(ids[:100])}
        audit.append(one, actor, "quarantine.replay", "quarantine", str(ids[0]) if ids else "", detail)
    return stored


def _portion(engine: Engine, ingest: Ingest, ids: Sequence[int], actor: Actor) -> int:
    with engine.begin() as connection:
        rows = _held(connection, ids)
    stored = 0
    for received_us in sorted({row["received_us"] for row in rows}):
        own = [row for row in rows if row["received_us"] == received_us]
        again = [Again(row["topic"], row["raw"], int(row["code"] != "qos"), row["code"] == "retained") for row in own]
        tally = ingest.take(again, received_us)
        stored += tally.stored + tally.repeated
    with engine.begin() as connection:
        _settle(connection, rows, actor)
    return stored


def _held(connection: Connection, ids: Sequence[int]) -> list[RowMapping]:
    found = connection.execute(
        text(
            "SELECT id, (extract(epoch FROM received_at) * 1000000)::bigint AS received_us, topic, raw, code, times "
            "FROM quarantine WHERE id = ANY(:ids) AND state <> 'replayed'"
        ),
        {"ids": list(ids)},
    )
    return list(found.mappings())


def _settle(connection: Connection, rows: Sequence[RowMapping], actor: Actor) -> None:
    """Mark as replayed what was not refused again: a refusal counts `times` up."""
    connection.execute(
        text(
            "UPDATE quarantine q SET state = 'replayed', settled_at = now(), settled_by = :user_id "
            "FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS int[])) AS n (id, times) "
            "WHERE q.id = n.id AND q.times = n.times"
        ),
        {"ids": [row["id"] for row in rows], "times": [row["times"] for row in rows], "user_id": actor.user_id},
    )
