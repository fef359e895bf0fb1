"""One file per truck and machine (一车一档、一机一档): everything that happened to it, newest first, page by page.

Each source gives rows of one form (at, id, number, state, detail) by the subject's number, in the order of its own
index; the page is merged from the newest rows of each. A page goes on behind the last entry of the one before it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import Connection, text

from server.store.scopes import Scope

_BOUND = """SELECT t.id FROM terminals t WHERE t.{noun}_id = :subject"""

SOURCES: dict[str, str] = {
    "registry": """SELECT h.at, h.id, NULL AS number, CASE WHEN h.before IS NULL THEN 'registered' ELSE 'changed' END AS state,
  jsonb_build_object('reason', h.reason, 'actor', h.actor) AS detail
  FROM registry_history h WHERE h.noun = '{noun}s' AND h.row_id = :subject""",
    "visit": """SELECT v.first_at AS at, v.id, z.name_zh AS number, CASE WHEN v.forbidden THEN 'forbidden' ELSE 'allowed' END AS state,
  jsonb_build_object('until', v.last_at, 'name_zh', z.name_zh, 'name_en', z.name_en, 'zone_id', v.zone_id) AS detail
  FROM visits v JOIN zones z ON z.id = v.zone_id
  WHERE v.terminal_id IN ({bound}) AND v.established AND NOT v.superseded""",
    "violation": """SELECT v.first_at AS at, v.id, v.number, v.status AS state,
  jsonb_build_object('reasons', v.reason_codes, 'law', v.law) AS detail FROM violations v WHERE v.{noun}_id = :subject""",
    "whitelist": """SELECT w.created_at AS at, w.id, NULL AS number, CASE WHEN w.state = 'active' AND EXISTS (
  SELECT FROM whitelist_suspensions s WHERE s.entry_id = w.id AND s.to_at IS NULL) THEN 'suspended' ELSE w.state END AS state,
  jsonb_build_object('purpose', w.purpose, 'from', w.valid_from, 'until', w.valid_to) AS detail
  FROM whitelist_entries w WHERE w.{noun}_id = :subject""",
    "inspection": """SELECT i.inspected_at AS at, i.id, i.number, i.outcome AS state,
  jsonb_build_object('kind', i.kind, 'standing', i.standing, 'offences', i.offences, 'withdrawn', i.status = 'withdrawn')
    AS detail FROM inspections i WHERE i.{noun}_id = :subject""",
    "case": """SELECT c.opened_at AS at, c.id, c.number, c.state,
  jsonb_build_object('offences', c.offences, 'law', c.law, 'closed_at', c.closed_at) AS detail
  FROM cases c WHERE c.{noun}_id = :subject AND {case_scope}""",
    "penalty": """SELECT p.recorded_at AS at, p.id, p.decision_number AS number,
  CASE WHEN p.revoked_at IS NULL THEN 'decided' ELSE 'revoked' END AS state,
  jsonb_build_object('amount_cny', p.amount_cny, 'offence', p.offence, 'case_id', p.case_id) AS detail
  FROM penalties p JOIN cases c ON c.id = p.case_id WHERE c.{noun}_id = :subject AND {case_scope}""",
    "repair_notice": """SELECT n.created_at AS at, n.id, n.number, n.state, jsonb_build_object('due_on', n.due_on) AS detail
  FROM repair_notices n WHERE n.{noun}_id = :subject""",
    "repair": """SELECT r.accepted_at AS at, r.id, r.work_order AS number,
  CASE WHEN r.finished_at IS NULL THEN 'in_repair' ELSE 'repaired' END AS state,
  jsonb_build_object('station', s.name, 'notice_id', r.notice_id, 'certificate', r.certificate) AS detail
  FROM repairs r JOIN repair_notices n ON n.id = r.notice_id JOIN stations s ON s.id = r.station_id
  WHERE n.{noun}_id = :subject""",
}
TRUCK_ONLY: dict[str, str] = {
    "capture": """SELECT c.captured_at AS at, c.id, c.number, c.status AS state,
  jsonb_build_object('standing', c.standing, 'ringelmann', c.ringelmann) AS detail
  FROM captures c WHERE c.truck_id = :subject AND c.status <> 'duplicate'""",
}
KINDS = (*SOURCES, *TRUCK_ONLY)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a page ended: moment, kind and number of its last entry."""

    at: datetime
    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    at: datetime
    kind: str
    id: int
    number: str | None
    state: str | None
    detail: dict[str, Any]

    @property
    def place(self) -> Place:
        return Place(self.at, self.kind, self.id)


def entries(
    connection: Connection,
    scope: Scope,
    noun: str,
    number: int,
    kinds: Collection[str],
    before: Place | None,
    most: int,
) -> list[Entry]:
    """The next `most` entries of a truck or machine (`noun`), newest first, of the kinds asked for."""
    sources = {**SOURCES, **(TRUCK_ONLY if noun == "truck" else {})}
    found = [
        _of_kind(connection, scope, kind, sources[kind], noun, number, before, most)
        for kind in sources
        if kind in kinds
    ]
    return list(islice(merge(*found, key=lambda entry: entry.place, reverse=True), most))


def _of_kind(
    connection: Connection,
    scope: Scope,
    kind: str,
    source: str,
    noun: str,
    number: int,
    before: Place | None,
    most: int,
) -> list[Entry]:
    clause, values = scope.bureau_condition("c.division", "c.id") if "{case_scope}" in source else ("true", {})
    statement = source.format(noun=noun, bound=_BOUND.format(noun=noun), case_scope=clause)
    place = ""
    if before is not None:
        place = "WHERE s.at < :at OR s.at = :at AND (:before_kind > :kind OR :before_kind = :kind AND s.id < :id)"
        values = {**values, "at": before.at, "before_kind": before.kind, "kind": kind, "id": before.id}
    rows = connection.execute(
        text(f"SELECT s.* FROM ({statement}) s {place} ORDER BY s.at DESC, s.id DESC LIMIT :most"),
        {**values, "subject": number, "most": most},
    )
    return [Entry(row.at, kind, row.id, row.number, row.state, row.detail) for row in rows]


def counts(connection: Connection, scope: Scope, noun: str, number: int, kinds: Collection[str]) -> dict[str, int]:
    """How many entries of each kind there are, at most 1,000 of each."""
    sources = {**SOURCES, **(TRUCK_ONLY if noun == "truck" else {})}
    found: dict[str, int] = {}
    for kind in (kind for kind in sources if kind in kinds):
        clause, values = (
            scope.bureau_condition("c.division", "c.id") if "{case_scope}" in sources[kind] else ("true", {})
        )
        statement = sources[kind].format(noun=noun, bound=_BOUND.format(noun=noun), case_scope=clause)
        counted = text(f"SELECT count(*) FROM (SELECT 1 FROM ({statement}) s LIMIT 1000) n")
        found[kind] = connection.execute(counted, {**values, "subject": number}).scalar_one()
    return found


def telemetry(connection: Connection, noun: str, number: int, now: datetime, days: int = 7) -> list[dict[str, Any]]:
    """What each terminal bound now sent on each of the last local days: packets, samples, first and last."""
    rows = connection.execute(
        text(
            "SELECT p.terminal_id, t.device, (p.measured_at AT TIME ZONE 'Asia/Shanghai')::date AS day,"
            " count(*) AS packets, sum(p.samples_n) AS samples, min(p.measured_at) AS first_at,"
            " max(p.last_at) AS last_at FROM packets p JOIN terminals t ON t.id = p.terminal_id"
            f" WHERE p.terminal_id IN ({_BOUND.format(noun=noun)}) AND p.measured_at >= :since AND p.measured_at < :now"
            " GROUP BY 1, 2, 3 ORDER BY 3 DESC, 2"
        ),
        {"subject": number, "since": now - timedelta(days=days), "now": now + timedelta(hours=1)},
    )
    return [dict(row) for row in rows.mappings()]
