"""Violations and leads as ingest writes them; how officers read and decide them is in store/violations.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from server.store.binary_arrays import Int8s


@dataclass(frozen=True, slots=True)
class Violation:
    """A forbidden visit, judged: what the row keeps of it."""

    terminal_id: int
    truck_id: int | None
    machine_id: int | None
    enterprise_id: int | None
    zone_id: int
    zone_version_id: int
    law: str
    reason_codes: Sequence[str]
    verdict: Mapping[str, Any]


VIOLATION_FIELDS = tuple(one.name for one in fields(Violation))


@dataclass(frozen=True, slots=True)
class KnownViolation:
    """A violation on file; `shape` is the (version, code) list of its forbidden segments when last judged."""

    id: int
    status: str
    shape: list[list[int]]
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class Lead:
    """What a person still has to check; (kind, key) is told once, a repetition counted."""

    kind: str
    key: str
    terminal_id: int | None
    zone_id: int | None
    device: str | None
    first_us: int
    last_us: int
    lon: float | None
    lat: float | None
    detail: Mapping[str, Any]


def find_by_visit(connection: psycopg.Connection, visit_ids: Sequence[int]) -> dict[int, KnownViolation]:
    """The violations of these visits, by visit."""
    cursor = connection.execute(
        "SELECT visit_id, id, status, verdict -> 'shape', (extract(epoch FROM first_at) * 1000000)::bigint, "
        "(extract(epoch FROM last_at) * 1000000)::bigint FROM violations WHERE visit_id = ANY(%s)",
        (list(visit_ids),),
    )
    return {row[0]: KnownViolation(*row[1:]) for row in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class NewViolation:
    """A violation to keep: its visit, the forbidden part's times, and where it began (lon, lat WGS-84)."""

    visit_id: int
    violation: Violation
    first_us: int
    last_us: int
    place: tuple[float, float]


def insert(connection: psycopg.Connection, rows: Sequence[NewViolation]) -> None:
    """New leads; a number is the day of the act (Asia/Shanghai) and a running number."""
    if not rows:
        return
    records = [
        {
            "visit_id": one.visit_id,
            "first_us": one.first_us,
            "last_us": one.last_us,
            "lon": one.place[0],
            "lat": one.place[1],
            **{name: getattr(one.violation, name) for name in VIOLATION_FIELDS},
        }
        for one in rows
    ]
    connection.execute(
        """
INSERT INTO violations (number, visit_id, terminal_id, truck_id, machine_id, enterprise_id, zone_id, zone_version_id,
  division, first_at, last_at, dwell_s, lon, lat, law, reason_codes, verdict)
SELECT 'V' || to_char(f.at AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') || '-'
       || lpad(nextval('violation_numbers')::text, 6, '0'),
  n.visit_id, n.terminal_id, n.truck_id, n.machine_id, n.enterprise_id, n.zone_id, n.zone_version_id,
  coalesce((SELECT d.code FROM divisions d WHERE d.level = 'county'
            AND ST_Intersects(d.geometry, ST_SetSRID(ST_MakePoint(n.lon, n.lat), 4326)) LIMIT 1),
           (SELECT z.division FROM zones z WHERE z.id = n.zone_id)),
  f.at, f.until, round(extract(epoch FROM f.until - f.at)), n.lon, n.lat, n.law, n.reason_codes, n.verdict
FROM jsonb_to_recordset(%s) AS n (visit_id bigint, first_us bigint, last_us bigint, lon float8, lat float8,
  terminal_id int, truck_id int, machine_id int, enterprise_id int, zone_id int, zone_version_id int, law text,
  reason_codes text[], verdict jsonb)
CROSS JOIN LATERAL (SELECT to_timestamp(n.first_us / 1e6) AS at, to_timestamp(n.last_us / 1e6) AS until) f
ORDER BY f.at, n.visit_id
""",
        (Jsonb(records),),
    )


def move_on(connection: psycopg.Connection, moves: Sequence[tuple[int, int, int]]) -> None:
    """The visits go on: (violation, first_us, last_us) each; only undecided ones move."""
    if not moves:
        return
    table = np.array(moves, np.int64)
    connection.execute(
        "UPDATE violations v SET first_at = f.at, last_at = f.until, "
        "dwell_s = round(extract(epoch FROM f.until - f.at)) "
        "FROM unnest(%s, %s, %s) AS n (id, first_us, last_us) "
        "CROSS JOIN LATERAL (SELECT to_timestamp(n.first_us / 1e6) AS at, to_timestamp(n.last_us / 1e6) AS until) f "
        "WHERE v.id = n.id AND v.status = 'flagged'",
        tuple(Int8s(column) for column in table.T),
    )


def judge_anew(connection: psycopg.Connection, number: int, judged: Violation) -> None:
    """Write the verdict again, where the forbidden part has changed; a decided violation keeps its own."""
    connection.execute(
        "UPDATE violations SET zone_version_id = %s, law = %s, reason_codes = %s, verdict = %s "
        "WHERE id = %s AND status = 'flagged'",
        (judged.zone_version_id, judged.law, list(judged.reason_codes), Jsonb(dict(judged.verdict)), number),
    )


def reinstate(connection: psycopg.Connection, number: int) -> None:
    """A lead that had fallen away stands again: still later packets say that the visit is forbidden after all."""
    connection.execute("UPDATE violations SET status = 'flagged' WHERE id = %s AND status = 'superseded'", (number,))


def note_revision(connection: psycopg.Connection, number: int, revision: dict[str, Any]) -> None:
    """Later data would alter a decided violation: it is said beside it, and altered by a person or not at all."""
    connection.execute(
        "UPDATE violations SET revised = revised || %s::jsonb WHERE id = %s AND NOT revised @> %s::jsonb",
        (Jsonb([revision]), number, Jsonb([revision])),
    )


def supersede(connection: psycopg.Connection, visit_ids: Sequence[int]) -> None:
    """The visits behind these leads do not stand; a decided one stays as it is, with a note."""
    connection.execute(
        "UPDATE violations SET status = 'superseded' WHERE visit_id = ANY(%s) AND status = 'flagged'",
        (list(visit_ids),),
    )
    note = Jsonb([{"superseded": True}])
    connection.execute(
        "UPDATE violations SET revised = revised || %s::jsonb WHERE visit_id = ANY(%s) "
        "AND status IN ('confirmed', 'dismissed') AND NOT revised @> %s::jsonb",
        (note, list(visit_ids), note),
    )


def lead(connection: psycopg.Connection, one: Lead) -> None:
    """Make or lengthen a lead."""
    connection.execute(
        """
INSERT INTO leads AS l (kind, key, terminal_id, zone_id, enterprise_id, device, division, first_at, last_at, lon, lat,
  detail)
SELECT %(kind)s, %(key)s, %(terminal)s, %(zone)s,
  (SELECT s.enterprise_id FROM sites s WHERE s.zone_id = %(zone)s), %(device)s,
  coalesce((SELECT d.code FROM divisions d WHERE d.level = 'county'
            AND ST_Intersects(d.geometry, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)) LIMIT 1),
           (SELECT z.division FROM zones z WHERE z.id = %(zone)s)),
  to_timestamp(%(first)s / 1e6), to_timestamp(%(last)s / 1e6), %(lon)s, %(lat)s, %(detail)s
ON CONFLICT (kind, key) DO UPDATE SET times = l.times + 1, last_at = greatest(l.last_at, excluded.last_at),
  first_at = least(l.first_at, excluded.first_at),
  lon = coalesce(excluded.lon, l.lon), lat = coalesce(excluded.lat, l.lat)
""",
        {
            "kind": one.kind,
            "key": one.key,
            "terminal": one.terminal_id,
            "zone": one.zone_id,
            "device": one.device,
            "first": one.first_us,
            "last": one.last_us,
            "lon": one.lon,
            "lat": one.lat,
            "detail": Jsonb(dict(one.detail)),
        },
    )


def set_inside(connection: psycopg.Connection, inside: Mapping[int, int]) -> None:
    """Whether these terminals have open visits."""
    connection.execute(
        "UPDATE terminal_states s SET inside = n.inside FROM unnest(%s::int[], %s::smallint[]) AS n (id, inside) "
        "WHERE s.terminal_id = n.id",
        (list(inside), list(inside.values())),
    )
