"""Visits: rows that the state machine of enforcement.visits.steps goes on from.

`state` holds the Visit itself as a list of its fields, so that a worker that takes over steps on exactly where the
last commit left it; the columns beside it are for lists and pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from enforcement.visits.records import Ending, Segment, SettingsByZone, Visit

HEAD_FIELDS = tuple(one.name for one in fields(Visit))[:-2]
SEGMENT_FIELDS = tuple(one.name for one in fields(Segment))
RECORDS = (
    "AS n (id bigint, terminal_id int, zone_id int, first_us bigint, last_us bigint, established bool, forbidden bool, "
    "open bool, state jsonb)"
)


@dataclass(frozen=True, slots=True)
class KeptVisit:
    """A visit and its row."""

    id: int
    visit: Visit
    open: bool


def to_state(visit: Visit) -> list[Any]:
    """The visit as JSON: its fields in order, segments as lists."""
    segments = [[getattr(segment, name) for name in SEGMENT_FIELDS] for segment in visit.segments]
    return [*(getattr(visit, name) for name in HEAD_FIELDS), segments, str(visit.ending)]


def from_state(state: Sequence[Any]) -> Visit:
    """The visit that `to_state` wrote."""
    *head, segments, ending = state
    named = dict(zip(HEAD_FIELDS, head, strict=True))
    return Visit(**named, segments=tuple(Segment(*one) for one in segments), ending=Ending(ending))


def find_open(connection: psycopg.Connection, terminal_ids: Sequence[int]) -> list[KeptVisit]:
    """The open visits of these terminals."""
    cursor = connection.execute(
        "SELECT id, state, open FROM visits WHERE terminal_id = ANY(%s) AND open AND NOT superseded",
        (list(terminal_ids),),
    )
    return [KeptVisit(number, from_state(state), is_open) for number, state, is_open in cursor.fetchall()]


def find_silent(connection: psycopg.Connection, before_us: int) -> list[KeptVisit]:
    """Open visits of terminals without a fix since `before_us`, read after the terminals' states were locked."""
    cursor = connection.execute(
        "SELECT s.terminal_id FROM terminal_states s WHERE s.last_fix_us < %s AND s.terminal_id IN "
        "(SELECT v.terminal_id FROM visits v WHERE v.open AND NOT v.superseded) "
        "ORDER BY s.terminal_id FOR UPDATE OF s SKIP LOCKED",
        (before_us,),
    )
    return find_open(connection, [row[0] for row in cursor.fetchall()])


def find_ended_by_clock(connection: psycopg.Connection, terminal_ids: Sequence[int]) -> list[KeptVisit]:
    """Visits that were ended because time went by without a fix, not by a fix: a late packet may go on with them."""
    cursor = connection.execute(
        "SELECT v.id, v.state, v.open FROM visits v JOIN terminal_states s USING (terminal_id) "
        "WHERE v.terminal_id = ANY(%s) AND NOT v.superseded AND NOT v.open AND v.state ->> -1 = %s "
        "AND (v.state ->> %s)::bigint = s.last_fix_us",
        (list(terminal_ids), str(Ending.SILENT), HEAD_FIELDS.index("last_fix_us")),
    )
    return [KeptVisit(number, from_state(state), is_open) for number, state, is_open in cursor.fetchall()]


def find_between(connection: psycopg.Connection, terminal_id: int, from_us: int, to_us: int) -> list[KeptVisit]:
    """The visits of one terminal that began in [from, to]."""
    cursor = connection.execute(
        "SELECT id, state, open FROM visits WHERE terminal_id = %s AND NOT superseded "
        "AND first_at BETWEEN to_timestamp(%s / 1e6) AND to_timestamp(%s / 1e6) ORDER BY first_at",
        (terminal_id, from_us, to_us),
    )
    return [KeptVisit(number, from_state(state), is_open) for number, state, is_open in cursor.fetchall()]


def insert(connection: psycopg.Connection, visits: Sequence[Visit], settings: SettingsByZone) -> list[int]:
    """Keep new visits; their row numbers, in order."""
    if not visits:
        return []
    cursor = connection.execute(
        f"""
WITH n AS (
  SELECT n.*, nextval(pg_get_serial_sequence('visits', 'id')) AS number FROM jsonb_to_recordset(%s) {RECORDS}
), kept AS (
  INSERT INTO visits (id, terminal_id, zone_id, first_at, last_at, established, forbidden, open, state)
  OVERRIDING SYSTEM VALUE
  SELECT number, terminal_id, zone_id, to_timestamp(first_us / 1e6), to_timestamp(last_us / 1e6), established,
    forbidden, open, state FROM n
)
SELECT number FROM n ORDER BY id
""",
        (Jsonb([_record(place, visit, settings) for place, visit in enumerate(visits)]),),
    )
    return [row[0] for row in cursor.fetchall()]


def update(connection: psycopg.Connection, kept: Sequence[tuple[int, Visit]], settings: SettingsByZone) -> None:
    """Move rows on to what their visits are now."""
    if not kept:
        return
    connection.execute(
        f"""
UPDATE visits v SET first_at = to_timestamp(n.first_us / 1e6), last_at = to_timestamp(n.last_us / 1e6),
  established = n.established, forbidden = n.forbidden, open = n.open, state = n.state, updated_at = now()
FROM jsonb_to_recordset(%s) {RECORDS}
WHERE v.id = n.id
""",
        (Jsonb([_record(number, visit, settings) for number, visit in kept]),),
    )


def supersede(connection: psycopg.Connection, numbers: Sequence[int]) -> None:
    """Later data showed that these visits were not as recorded; the rows stay, marked."""
    connection.execute(
        "UPDATE visits SET superseded = true, open = false, updated_at = now() WHERE id = ANY(%s)", (list(numbers),)
    )


def _record(number: int, visit: Visit, settings: SettingsByZone) -> dict[str, Any]:
    zone = settings.of(visit.zone_id)
    return {
        "id": number,
        "terminal_id": visit.device,
        "zone_id": visit.zone_id,
        "first_us": visit.first_us,
        "last_us": visit.last_us,
        "established": visit.is_established(zone),
        "forbidden": bool(visit.forbidden(zone)),
        "open": visit.ending is Ending.OPEN,
        "state": to_state(visit),
    }
