"""Figures of an alert by enterprise: trips beside those of normal days, banned entries, refusals, machines, inspections.

Whole days come from the sums by day, begun ones from the passages themselves, normal days from what was counted once:
the page stays quick over years of ledgers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Span:
    """The time looked at: whole Beijing days, begun ones as (from, to), and hours of the day with how often each fell."""

    alert_id: int
    area: str
    from_at: datetime
    to_at: datetime
    days: Sequence[date]
    begun: Sequence[tuple[datetime, datetime]]
    hours: Sequence[float]


_FIGURES = """
WITH seen AS (
  SELECT d.enterprise_id, d.passages::bigint AS n FROM ledger_days d WHERE d.day = ANY(cast(:days AS date[]))
  UNION ALL
  SELECT p.enterprise_id, count(*) FROM unnest(cast(:begin AS timestamptz[]), cast(:end AS timestamptz[])) AS s (a, b)
  JOIN ledger_passages p ON p.passed_at >= s.a AND p.passed_at < s.b WHERE p.state = 'taken' GROUP BY 1),
trips AS (SELECT enterprise_id, sum(n) AS n FROM seen GROUP BY 1),
normal AS (
  SELECT x.enterprise_id, sum(x.passages * h.weight) AS n FROM alert_normals x
  JOIN unnest(cast(:hours AS float8[])) WITH ORDINALITY AS h (weight, place) ON h.place = x.hour + 1
  WHERE x.alert_id = :alert GROUP BY 1),
led AS (
  SELECT enterprise_id, count(*) FILTER (WHERE kind = 'banned_entry' AND decision_reason IS DISTINCT FROM 'fell_away') AS banned,
    count(*) FILTER (WHERE kind = 'banned_entry' AND status = 'open') AS waiting,
    count(*) FILTER (WHERE kind = 'alert_machine' AND decision_reason IS DISTINCT FROM 'fell_away') AS machines
  FROM leads WHERE alert_id = :alert GROUP BY 1),
turned AS (
  SELECT enterprise_id, count(*) FILTER (WHERE answer = 'deny') AS denied, count(*) FILTER (WHERE answer = 'check') AS looked
  FROM gate_answers WHERE asked_at >= :from_at AND asked_at < :to_at AND answer <> 'allow' GROUP BY 1),
looked AS (
  SELECT enterprise_id, count(*) AS inspections, count(*) FILTER (WHERE outcome = 'failed') AS failed FROM inspections
  WHERE inspected_at >= :from_at AND inspected_at < :to_at AND status = 'recorded' AND enterprise_id IS NOT NULL GROUP BY 1)
SELECT e.id, e.name, e.industry, e.division, g.name_zh AS division_zh, g.name_en AS division_en,
  coalesce(trips.n, 0)::bigint AS trips, normal.n AS expected, coalesce(led.banned, 0) AS banned,
  coalesce(led.waiting, 0) AS waiting, coalesce(led.machines, 0) AS machines, coalesce(turned.denied, 0) AS denied,
  coalesce(turned.looked, 0) AS looked, coalesce(looked.inspections, 0) AS inspections, coalesce(looked.failed, 0) AS failed
FROM enterprises e LEFT JOIN trips ON trips.enterprise_id = e.id LEFT JOIN normal ON normal.enterprise_id = e.id
LEFT JOIN led ON led.enterprise_id = e.id LEFT JOIN turned ON turned.enterprise_id = e.id
LEFT JOIN looked ON looked.enterprise_id = e.id LEFT JOIN divisions g ON g.code = e.division
WHERE e.division LIKE :area || '%' AND (trips.n > 0 OR normal.n > 0 OR led.enterprise_id IS NOT NULL
  OR turned.enterprise_id IS NOT NULL OR looked.enterprise_id IS NOT NULL)
ORDER BY coalesce(led.banned, 0) DESC, coalesce(trips.n, 0) - coalesce(normal.n, 0) DESC, e.id"""


def by_enterprise(connection: Connection, span: Span) -> list[dict[str, Any]]:
    """One row an enterprise, the most pressing first."""
    values = {
        "alert": span.alert_id, "area": span.area, "from_at": span.from_at, "to_at": span.to_at,
        "days": list(span.days), "begin": [a for a, _ in span.begun], "end": [b for _, b in span.begun],
        "hours": list(span.hours),
    }  # fmt: skip
    return [dict(row) for row in connection.execute(text(_FIGURES), values).mappings()]


def machines_now(connection: Connection, area: str, now: datetime) -> dict[str, int]:
    """Machines of the area that reported in the last quarter of an hour, and of them those that move."""
    row = connection.execute(
        text(
            "SELECT count(*) AS reporting, count(*) FILTER (WHERE s.speed_kmh > 1) AS moving FROM terminal_states s"
            " JOIN terminals d ON d.id = s.terminal_id JOIN machines m ON m.id = d.machine_id"
            " WHERE m.division LIKE :area || '%' AND s.measured_at > cast(:now AS timestamptz) - interval '15 minutes'"
        ),
        {"area": area, "now": now},
    ).mappings()
    return dict(row.one())


def inspections_made(connection: Connection, area: str, from_at: datetime, to_at: datetime) -> dict[str, int]:
    """Inspections of the area in the period, those at no enterprise too."""
    row = connection.execute(
        text(
            "SELECT count(*) AS made, count(*) FILTER (WHERE outcome = 'failed') AS failed FROM inspections"
            " WHERE inspected_at >= :from_at AND inspected_at < :to_at AND status = 'recorded'"
            " AND division LIKE :area || '%'"
        ),
        {"area": area, "from_at": from_at, "to_at": to_at},
    ).mappings()
    return dict(row.one())


def newest_leads(connection: Connection, alert_id: int, area: str, most: int) -> list[dict[str, Any]]:
    """The newest leads of the alert that stand."""
    rows = connection.execute(
        text(
            "SELECT l.id, l.kind, l.last_at, l.device, l.status, l.detail, l.truck_id, l.machine_id, e.name AS enterprise,"
            " z.name_zh AS zone_zh, z.name_en AS zone_en, t.plate, t.plate_colour FROM leads l"
            " LEFT JOIN enterprises e ON e.id = l.enterprise_id LEFT JOIN zones z ON z.id = l.zone_id"
            " LEFT JOIN trucks t ON t.id = l.truck_id WHERE l.alert_id = :alert AND l.division LIKE :area || '%'"
            " AND l.decision_reason IS DISTINCT FROM 'fell_away' ORDER BY l.last_at DESC, l.id DESC LIMIT :most"
        ),
        {"alert": alert_id, "area": area, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def normal_days(connection: Connection, alert_id: int) -> list[date]:
    """The days that the alert is compared with; empty before its first review."""
    found = connection.execute(
        text("SELECT normal_days FROM alert_reviews WHERE alert_id = :id"), {"id": alert_id}
    ).scalar()
    return list(found or [])
