"""Leads that rest on ledgers, sites and alerts: put by jobs, one per kind and key, repetitions counted."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class LedgerLead:
    """What a person still has to check. `detail`: zh and en sentences, `rules` and facts; lon, lat WGS-84."""

    kind: str
    key: str
    division: str
    enterprise_id: int | None = None
    truck_id: int | None = None
    machine_id: int | None = None
    zone_id: int | None = None
    alert_id: int | None = None
    passage_id: int | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    device: str | None = None


PUT = """
INSERT INTO leads AS l (kind, key, division, enterprise_id, truck_id, machine_id, zone_id, alert_id, passage_id,
  first_at, last_at, lon, lat, detail, device)
VALUES (:kind, :key, :division, :enterprise_id, :truck_id, :machine_id, :zone_id, :alert_id, :passage_id,
  coalesce(:first_at, :last_at, now()), coalesce(:last_at, :first_at, now()), :lon, :lat, cast(:detail AS jsonb), :device)
ON CONFLICT (kind, key) DO UPDATE SET times = l.times + 1, first_at = least(l.first_at, excluded.first_at),
  last_at = greatest(l.last_at, excluded.last_at), detail = excluded.detail, enterprise_id = excluded.enterprise_id,
  truck_id = excluded.truck_id, machine_id = excluded.machine_id, alert_id = excluded.alert_id,
  passage_id = excluded.passage_id
WHERE l.status = 'open' AND (l.detail, l.last_at, l.alert_id, l.passage_id) IS DISTINCT FROM
  (excluded.detail, greatest(l.last_at, excluded.last_at), excluded.alert_id, excluded.passage_id)
RETURNING (xmax = 0)"""


def put(connection: Connection, lead: LedgerLead) -> bool:
    """Put a lead, or count it once more where it says something new and is still open; whether it is a new one."""
    values = {**asdict(lead), "detail": json.dumps(dict(lead.detail), ensure_ascii=False, default=str)}
    return bool(connection.execute(text(PUT), values).scalar())


def drop(connection: Connection, kind: str, key: str, reason: str) -> bool:
    """Close an open lead that no longer stands: nobody decided it, the facts under it changed."""
    done = connection.execute(
        text(
            "UPDATE leads SET status = 'dismissed', decided_at = now(), decision_reason = 'fell_away',"
            " decision_note = :reason WHERE kind = :kind AND key = :key AND status = 'open'"
        ),
        {"kind": kind, "key": key, "reason": reason},
    )
    return bool(done.rowcount)


def open_passages(connection: Connection, kind: str, passage_ids: list[int]) -> set[int]:
    """Which of these passages have an open lead of that kind."""
    rows = connection.execute(
        text("SELECT passage_id FROM leads WHERE passage_id = ANY(:ids) AND kind = :kind AND status = 'open'"),
        {"ids": passage_ids, "kind": kind},
    )
    return set(rows.scalars())
