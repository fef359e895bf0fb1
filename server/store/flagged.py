"""Violations and leads as ingest writes them; how officers read and decide them is in store/violations.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb


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


def insert(
    connection: psycopg.Connection,
    visit_id: int,
    one: Violation,
    first_us: int,
    last_us: int,
    place: tuple[float, float],
) -> None:
    """A new lead; its number is the day of the act (Asia/Shanghai) and a running number."""
    connection.execute(
        """
INSERT INTO violations (number, visit_id, terminal_id, truck_id, machine_id, enterprise_id, zone_id, zone_version_id,
  division, first_at, last_at, dwell_s, lon, lat, law, reason_codes, verdict)
SELECT 'V' || to_char(f.at AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') || '-'
       || lpad(nextval('violation_numbers')::text, 6, '0'),
  %(visit)s, %(terminal)s, %(truck)s, %(machine)s, %(enterprise)s, %(zone)s, %(version)s,
  coalesce((SELECT d.code FROM divisions d WHERE d.level = 'county'
            AND ST_Intersects(d.geometry, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)) LIMIT 1),
           (SELECT z.division FROM zones z WHERE z.id = %(zone)s)),
  f.at, f.until, round(extract(epoch FROM f.until - f.at)), %(lon)s, %(lat)s, %(law)s, %(reasons)s, %(verdict)s
FROM (SELECT to_timestamp(%(first)s / 1e6) AS at, to_timestamp(%(last)s / 1e6) AS until) f
""",
        {
            "visit": visit_id,
            "terminal": one.terminal_id,
            "truck": one.truck_id,
            "machine": one.machine_id,
            "enterprise": one.enterprise_id,
            "zone": one.zone_id,
            "version": one.zone_version_id,
            "first": first_us,
            "last": last_us,
            "lon": place[0],
            "lat": place[1],
            "law": one.law,
            "reasons": list(one.reason_codes),
            "verdict": Jsonb(dict(one.verdict)),
        },
    )


def move_on(connection: psycopg.Connection, number: int, first_us: int, last_us: int, judged: Violation | None) -> None:
    """The visit goes on: times and dwell move; the verdict is written anew where its segments changed."""
    connection.execute(
        "UPDATE violations SET first_at = f.at, last_at = f.until, dwell_s = round(extract(epoch FROM f.until - f.at)) "
        "FROM (SELECT to_timestamp(%s / 1e6) AS at, to_timestamp(%s / 1e6) AS until) f "
        "WHERE id = %s AND status = 'flagged'",
        (first_us, last_us, number),
    )
    if judged is not None:
        connection.execute(
            "UPDATE violations SET zone_version_id = %s, law = %s, reason_codes = %s, verdict = %s "
            "WHERE id = %s AND status = 'flagged'",
            (judged.zone_version_id, judged.law, list(judged.reason_codes), Jsonb(dict(judged.verdict)), number),
        )


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
INSERT INTO leads AS l (kind, key, terminal_id, zone_id, device, division, first_at, last_at, lon, lat, detail)
SELECT %(kind)s, %(key)s, %(terminal)s, %(zone)s, %(device)s,
  coalesce((SELECT d.code FROM divisions d WHERE d.level = 'county'
            AND ST_Intersects(d.geometry, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)) LIMIT 1),
           (SELECT z.division FROM zones z WHERE z.id = %(zone)s)),
  to_timestamp(%(first)s / 1e6), to_timestamp(%(last)s / 1e6), %(lon)s, %(lat)s, %(detail)s
ON CONFLICT (kind, key) DO UPDATE SET times = l.times + 1, last_at = greatest(l.last_at, excluded.last_at),
  first_at = least(l.first_at, excluded.first_at), lon = coalesce(excluded.lon, l.lon), lat = coalesce(excluded.lat, l.lat)
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
