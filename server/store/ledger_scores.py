"""Scores of ledgers by enterprise and month: what is counted, set by set, and the rows behind each number.

A month is one of Beijing. `compared` and `differs` say the same in SQL as `enforcement.ledgers.reconciliation` says of
two values; a test holds the two together.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from enforcement.ledgers.reconciliation import ReviewTerms
from enforcement.ledgers.scores import ScorePart
from server.store.paging import Found, Listing, Nullable, Query
from server.store.scopes import Scope

EXPECTED = {
    "vehicle_type", "vin", "registered_on", "model", "engine_model", "engine_number", "usage", "networked", "cargo",
    "quantity", "tonnes", "photo", "photos", "owner", "fleet", "stage_basis", "max_mass_kg", "inspected_on",
}  # fmt: skip
"""Columns that a rule may expect of a complete row."""

_UNKNOWN_STAGE = "('', 'X')"
_UNKNOWN_FUEL = "('', 'unknown', 'none')"
STAGE_COMPARED = f"(coalesce(t.stage, '') NOT IN {_UNKNOWN_STAGE} AND p.stage NOT IN {_UNKNOWN_STAGE})"
STAGE_DIFFERS = (
    f"({STAGE_COMPARED} AND p.stage <> t.stage AND NOT (p.stage IN ('6', '6a', '6b') AND t.stage IN ('6', '6a', '6b')"
    " AND '6' IN (p.stage, t.stage)))"
)
FUEL_COMPARED = f"(coalesce(t.fuel, '') NOT IN {_UNKNOWN_FUEL} AND p.fuel NOT IN {_UNKNOWN_FUEL})"
FUEL_DIFFERS = f"({FUEL_COMPARED} AND p.fuel <> t.fuel)"
VIN_COMPARED = "(coalesce(p.vin, '') <> '' AND coalesce(t.vin, '') <> '')"
VIN_DIFFERS = f"({VIN_COMPARED} AND upper(p.vin) <> upper(t.vin))"
COMPARED = f"({STAGE_COMPARED} OR {FUEL_COMPARED} OR {VIN_COMPARED})"
DIFFERS = f"({STAGE_DIFFERS} OR {FUEL_DIFFERS} OR {VIN_DIFFERS})"

MONTH = (
    "p.passed_at >= cast(:month AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'"
    " AND p.passed_at < (cast(:month AS date) + interval '1 month') AT TIME ZONE 'Asia/Shanghai'"
)
SITE_VISITS = """visits v JOIN sites s ON s.zone_id = v.zone_id JOIN terminals k ON k.id = v.terminal_id
  JOIN trucks t ON t.id = k.truck_id"""
VISIT_COUNTS = """v.established AND NOT v.superseded AND NOT v.open
  AND EXISTS (SELECT FROM gates g WHERE g.enterprise_id = s.enterprise_id AND g.state = 'active')
  AND NOT EXISTS (SELECT FROM plant_vehicles b WHERE b.enterprise_id = s.enterprise_id AND b.truck_id = t.id
    AND b.state = 'taken')"""
VISIT_KNOWN = """EXISTS (SELECT FROM ledger_passages q WHERE q.enterprise_id = s.enterprise_id AND q.plate = t.plate
  AND q.plate_colour = t.plate_colour AND q.state IN ('taken', 'pending')
  AND q.passed_at BETWEEN v.first_at - :tolerance AND v.last_at + :tolerance)"""
CAPTURES_AT = """captures c JOIN capture_devices d ON d.id = c.device_id
  JOIN LATERAL (SELECT g.enterprise_id, g.division FROM gates g WHERE g.location IS NOT NULL AND g.state = 'active'
    AND ST_DWithin(g.location::geography, ST_SetSRID(ST_MakePoint(d.lon, d.lat), 4326)::geography, :radius)
    ORDER BY g.location <-> ST_SetSRID(ST_MakePoint(d.lon, d.lat), 4326), g.id LIMIT 1) s ON true"""
CAPTURE_COUNTS = "c.plate IS NOT NULL AND c.status NOT IN ('rejected', 'duplicate')"
CAPTURE_KNOWN = """EXISTS (SELECT FROM ledger_passages q WHERE q.enterprise_id = s.enterprise_id AND q.plate = c.plate
  AND (c.plate_colour IS NULL OR q.plate_colour = c.plate_colour) AND q.state IN ('taken', 'pending')
  AND q.passed_at BETWEEN c.captured_at - :tolerance AND c.captured_at + :tolerance)"""


def complete_sql(expected: Collection[str]) -> str:
    """A row has every expected field and no doubt; KeyError-free: names that are no column are left out."""
    filled = [f"p.{name} IS NOT NULL" for name in sorted(EXPECTED & set(expected))]
    return " AND ".join(["p.doubts = '{}'", *filled])


def _in_month(column: str) -> str:
    return MONTH.replace("p.passed_at", column)


def _values(month: date, terms: ReviewTerms) -> dict[str, Any]:
    return {
        "month": month, "late": terms.late, "tolerance": terms.tolerance, "radius": terms.capture_radius_m,
    }  # fmt: skip


Counts = dict[int, dict[ScorePart, tuple[int, int]]]
"""By enterprise: each part's good ones and how many were compared."""


def passages_of(connection: Connection, month: date) -> dict[int, int]:
    """Passages that stand in a month, by enterprise."""
    rows = connection.execute(
        text(
            f"SELECT p.enterprise_id, count(*) AS n FROM ledger_passages p WHERE p.state = 'taken' AND {MONTH} GROUP BY 1"
        ),
        {"month": month},
    )
    return {row.enterprise_id: row.n for row in rows}


def counts_of(connection: Connection, month: date, terms: ReviewTerms, expected: Collection[str]) -> Counts:
    """Everything that a month's scores rest on, of every enterprise."""
    found: Counts = {}
    values = _values(month, terms)
    for part, statement in _statements(expected).items():
        for row in connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement}):
            for name, good, of in zip(part, row[1::2], row[2::2], strict=True):
                found.setdefault(row[0], {})[name] = (good, of)
    return found


def _statements(expected: Collection[str]) -> dict[tuple[ScorePart, ...], str]:
    rows = f"""SELECT p.enterprise_id, count(*) FILTER (WHERE {complete_sql(expected)}), count(*),
      count(*) FILTER (WHERE {COMPARED} AND NOT {DIFFERS}), count(*) FILTER (WHERE {COMPARED}),
      count(*) FILTER (WHERE p.received_at <= p.passed_at + :late), count(*)
      FROM ledger_passages p LEFT JOIN trucks t ON t.id = p.truck_id WHERE p.state = 'taken' AND {MONTH} GROUP BY 1"""
    tracks = f"""SELECT s.enterprise_id, count(*) FILTER (WHERE known), count(*) FROM (
      SELECT s.enterprise_id, {VISIT_KNOWN} AS known FROM {SITE_VISITS} WHERE {VISIT_COUNTS} AND {_in_month("v.first_at")}
      UNION ALL SELECT l.enterprise_id, false FROM leads l WHERE l.kind = 'passage_without_track'
        AND l.status <> 'dismissed' AND {_in_month("l.first_at")}) s GROUP BY 1"""
    captures = f"""SELECT s.enterprise_id, count(*) FILTER (WHERE {CAPTURE_KNOWN}), count(*) FROM {CAPTURES_AT}
      WHERE {CAPTURE_COUNTS} AND {_in_month("c.captured_at")} GROUP BY 1"""
    refused = f"""SELECT s.enterprise_id, sum(s.good), sum(s.good + s.bad) FROM (
      SELECT d.enterprise_id, d.passages AS good, 0 AS bad FROM ledger_days d
        WHERE d.day >= :month AND d.day < cast(:month AS date) + interval '1 month'
      UNION ALL SELECT r.enterprise_id, 0, 1 FROM ledger_refusals r
        WHERE r.ledger = 'A' AND r.settled_at IS NULL AND {_in_month("r.first_at")}) s GROUP BY 1"""
    part = ScorePart
    return {
        (part.COMPLETE, part.REGISTER, part.TIMELY): rows, (part.TRACKS,): tracks, (part.CAPTURES,): captures,
        (part.REFUSED,): refused,
    }  # fmt: skip


def put(connection: Connection, month: date, rows: Iterable[Mapping[str, Any]], now: datetime) -> int:
    """Write the scores of a month; those of enterprises that have nothing any more go."""
    given = [{**row, "parts": row["parts"]} for row in rows]
    connection.execute(
        text(
            "INSERT INTO ledger_scores (enterprise_id, division, month, score, passages, parts, rule_keys, computed_at)"
            " SELECT r.enterprise_id, coalesce(e.division, ''), cast(:month AS date), r.score, r.passages, r.parts,"
            " ARRAY(SELECT jsonb_array_elements_text(r.rule_keys)), cast(:now AS timestamptz)"
            " FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r (enterprise_id int, score numeric, passages int,"
            " parts jsonb, rule_keys jsonb) JOIN enterprises e ON e.id = r.enterprise_id ORDER BY 1"
            " ON CONFLICT (enterprise_id, month) DO UPDATE SET division = excluded.division, score = excluded.score,"
            " passages = excluded.passages, parts = excluded.parts, rule_keys = excluded.rule_keys,"
            " computed_at = excluded.computed_at"
        ),
        {"month": month, "now": now, "rows": json.dumps(given, ensure_ascii=False, default=str)},
    )
    connection.execute(
        text("DELETE FROM ledger_scores WHERE month = :month AND computed_at <> :now"), {"month": month, "now": now}
    )
    return len(given)


def unscored_months(connection: Connection, oldest: date) -> list[date]:
    """Months from `oldest` on that have rows and no scores, oldest first."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT m.month FROM ledger_months m WHERE m.month >= :oldest"
            " AND NOT EXISTS (SELECT FROM ledger_scores s WHERE s.month = m.month) ORDER BY 1"
        ),
        {"oldest": oldest},
    )
    return list(rows.scalars())


def months_received(connection: Connection, since: datetime) -> list[date]:
    """Months of passages that came in since then: a backlog changes scores made before."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT date_trunc('month', passed_at AT TIME ZONE 'Asia/Shanghai')::date FROM ledger_passages"
            " WHERE received_at >= :since ORDER BY 1"
        ),
        {"since": since},
    )
    return list(rows.scalars())


_SOURCE = "ledger_scores l JOIN enterprises e ON e.id = l.enterprise_id LEFT JOIN divisions g ON g.code = l.division"
_COLUMNS = """l.enterprise_id AS id, l.enterprise_id, e.name AS enterprise, e.industry, l.division, l.month, l.score,
  l.passages, l.parts, l.rule_keys, l.computed_at, g.name_zh AS division_zh, g.name_en AS division_en"""
FILTERS: dict[str, str] = {
    "month": "l.month = date_trunc('month', cast(:month AS date))",
    "q": "strpos(lower(e.name), lower(:q)) > 0",
    "industry": "e.industry = :industry",
    "division": "l.division = :division",
    "below": "l.score < cast(:below AS numeric)",
    "enterprise": "l.enterprise_id = cast(:enterprise AS int)",
}
SORTS = {
    "score": Nullable("l.score"), "passages": "l.passages", "enterprise": "e.name", "month": "l.month",
}  # fmt: skip
_NARROW = "ledger_scores l JOIN enterprises e ON e.id = l.enterprise_id"


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of scores of the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("l.division", "l.enterprise_id"))
    listing = Listing(_COLUMNS, _SOURCE, _NARROW, "l.enterprise_id", SORTS, "score")
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE {clauses} ORDER BY {listing.order(query)} LIMIT :limit OFFSET :offset"
        ),
        {**values, **query.window},
    )
    total: int = connection.execute(text(f"SELECT count(*) FROM {_NARROW} WHERE {clauses}"), values).scalar_one()
    return Found([dict(row) for row in rows.mappings()], total)


def newest_month(connection: Connection, scope: Scope) -> date | None:
    """The newest month that has scores in the scope."""
    clause, values = scope.condition("l.division", "l.enterprise_id")
    found: date | None = connection.execute(
        text(f"SELECT max(l.month) FROM ledger_scores l WHERE {clause}"), values
    ).scalar()
    return found


def of_enterprise(connection: Connection, scope: Scope, enterprise_id: int) -> list[dict[str, Any]]:
    """Every month of an enterprise of the scope, the newest first."""
    clause, values = scope.condition("l.division", "l.enterprise_id")
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE l.enterprise_id = :e AND {clause} ORDER BY l.month DESC LIMIT 60"
        ),
        {"e": enterprise_id, **values},
    )
    return [dict(row) for row in rows.mappings()]


def rows_behind(
    connection: Connection, enterprise_id: int, month: date, part: ScorePart, terms: ReviewTerms,
    expected: Collection[str], most: int,
) -> list[dict[str, Any]]:  # fmt: skip
    """What lowers a part: passages, visits, captures or refused rows of an enterprise and month, the newest first."""
    statement = _behind(part, expected)
    values = {**_values(month, terms), "e": enterprise_id, "most": most}
    rows = connection.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
    return [dict(row) for row in rows.mappings()]


def _behind(part: ScorePart, expected: Collection[str]) -> str:
    passages = f"""SELECT 'passage' AS kind, p.id, p.passed_at AS at, p.plate, p.plate_colour, p.stage, p.fuel, p.vin,
      p.doubts, p.received_at, t.stage AS registered_stage, t.fuel AS registered_fuel, t.vin AS registered_vin,
      {_lacking(expected)} AS lacking
      FROM ledger_passages p LEFT JOIN trucks t ON t.id = p.truck_id WHERE p.state = 'taken' AND p.enterprise_id = :e
      AND {MONTH} AND {{bad}} ORDER BY p.passed_at DESC, p.id DESC LIMIT :most"""
    if part is ScorePart.TRACKS:
        return f"""SELECT 'visit' AS kind, v.id, v.first_at AS at, v.last_at, t.plate, t.plate_colour, k.id AS terminal_id
          FROM {SITE_VISITS} WHERE s.enterprise_id = :e AND {VISIT_COUNTS} AND {_in_month("v.first_at")}
          AND NOT {VISIT_KNOWN} ORDER BY v.first_at DESC LIMIT :most"""
    if part is ScorePart.CAPTURES:
        return f"""SELECT 'capture' AS kind, c.id, c.captured_at AS at, c.plate, c.plate_colour, c.number FROM {CAPTURES_AT}
          WHERE s.enterprise_id = :e AND {CAPTURE_COUNTS} AND {_in_month("c.captured_at")} AND NOT {CAPTURE_KNOWN}
          ORDER BY c.captured_at DESC LIMIT :most"""
    if part is ScorePart.REFUSED:
        return f"""SELECT 'refusal' AS kind, r.id, r.first_at AS at, r.faults, r.times, r.position FROM ledger_refusals r
          WHERE r.enterprise_id = :e AND r.ledger = 'A' AND r.settled_at IS NULL AND {_in_month("r.first_at")}
          ORDER BY r.first_at DESC LIMIT :most"""
    bad = {
        ScorePart.COMPLETE: f"NOT ({complete_sql(expected)})", ScorePart.REGISTER: DIFFERS,
        ScorePart.TIMELY: "p.received_at > p.passed_at + :late",
    }  # fmt: skip
    return passages.format(bad=bad[part])


def _lacking(expected: Collection[str]) -> str:
    """Names of expected fields that a row lacks."""
    cases = [f"CASE WHEN p.{name} IS NULL THEN '{name}' END" for name in sorted(EXPECTED & set(expected))]
    return f"array_remove(ARRAY[{', '.join(cases) or 'NULL'}]::text[], NULL)"
