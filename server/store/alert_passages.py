"""Passages of ledger A as the review of an alert reads them, and what was done with each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

_UNJUDGED = """
SELECT p.id, p.enterprise_id, p.division, p.passed_at, p.direction, p.plate, p.plate_colour, p.truck_id, p.stage, p.fuel,
  p.vehicle_type, p.vin, p.control_result, p.answer_id, g.answer, g.reason_zh, g.reason_en, e.name AS enterprise
FROM ledger_passages p JOIN enterprises e ON e.id = p.enterprise_id
LEFT JOIN gate_answers g ON g.id = p.answer_id
WHERE p.judged_at IS NULL AND p.state = 'taken' ORDER BY p.id LIMIT :most"""


def lock(connection: Connection) -> None:
    """Wait for writers of passages that may not have seen a new alert, and hold others until this commits."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('alert review'))"))


def changed_alerts(connection: Connection) -> list[dict[str, Any]]:
    """Alerts, withdrawn ones too, that the ledgers were not compared with in their present version."""
    rows = connection.execute(
        text(
            "SELECT a.id, a.version, a.division, a.from_at, a.to_at, a.state, r.alert_id IS NULL AS is_new FROM alerts a"
            " LEFT JOIN alert_reviews r ON r.alert_id = a.id WHERE r.version IS DISTINCT FROM a.version ORDER BY a.id"
        )
    )
    return [dict(row) for row in rows.mappings()]


def unjudge(connection: Connection, division: str, from_at: datetime, to_at: datetime | None) -> int:
    """Judge the passages of a period and area again; how many."""
    done = connection.execute(
        text(
            "UPDATE ledger_passages SET judged_at = NULL WHERE passed_at >= :from_at"
            " AND passed_at < coalesce(cast(:to_at AS timestamptz), 'infinity') AND division LIKE :division || '%'"
            " AND judged_at IS NOT NULL AND state = 'taken'"
        ),
        {"from_at": from_at, "to_at": to_at, "division": division},
    )
    return int(done.rowcount)


def applied(connection: Connection, alert_id: int, version: int, normal_days: Sequence[date]) -> None:
    """Note that the ledgers follow this version of the alert."""
    connection.execute(
        text(
            "INSERT INTO alert_reviews (alert_id, version, normal_days) VALUES (:id, :version, :days)"
            " ON CONFLICT (alert_id) DO UPDATE SET version = excluded.version, normal_days = excluded.normal_days,"
            " applied_at = now()"
        ),
        {"id": alert_id, "version": version, "days": list(normal_days)},
    )


def unjudged(connection: Connection, most: int) -> list[dict[str, Any]]:
    """The oldest passages that were not judged."""
    return [dict(row) for row in connection.execute(text(_UNJUDGED), {"most": most}).mappings()]


def judged(connection: Connection, ids: Sequence[int]) -> None:
    """Mark passages as judged."""
    connection.execute(
        text("UPDATE ledger_passages SET judged_at = now() WHERE id = ANY(:ids) AND judged_at IS NULL"),
        {"ids": list(ids)},
    )


def normal_days(connection: Connection, division: str, before: date, wanted: int, back: int) -> list[date]:
    """The last days before a day on which no alert held in the area."""
    rows = connection.execute(
        text(
            "SELECT d.day FROM (SELECT cast(:before AS date) - n AS day FROM generate_series(1, cast(:back AS int)) n) d"
            " WHERE NOT EXISTS (SELECT FROM alerts a WHERE a.state = 'active' AND (a.division LIKE :division || '%'"
            " OR :division LIKE rtrim(regexp_replace(a.division, '(00)+$', '')) || '%')"
            " AND a.from_at < (d.day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'"
            " AND coalesce(a.to_at, 'infinity') > d.day::timestamp AT TIME ZONE 'Asia/Shanghai')"
            " ORDER BY d.day DESC LIMIT :wanted"
        ),
        {"division": division, "before": before, "wanted": wanted, "back": back},
    )
    return list(rows.scalars())


_NORMALS = """
INSERT INTO alert_normals (alert_id, enterprise_id, hour, passages)
SELECT :id, p.enterprise_id, extract(hour FROM p.passed_at AT TIME ZONE 'Asia/Shanghai'), count(*)::float8 / :n
FROM unnest(cast(:days AS date[])) AS d (day)
JOIN ledger_passages p ON p.passed_at >= d.day::timestamp AT TIME ZONE 'Asia/Shanghai'
  AND p.passed_at < (d.day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
WHERE p.state = 'taken' AND p.division LIKE :division || '%' GROUP BY 2, 3"""


def sum_normals(connection: Connection, alert_id: int, division: str, days: Sequence[date]) -> None:
    """Count the hours of normal days once, so that the live page need not."""
    connection.execute(text("DELETE FROM alert_normals WHERE alert_id = :id"), {"id": alert_id})
    if days:
        values: Mapping[str, Any] = {"id": alert_id, "division": division, "days": list(days), "n": len(days)}
        connection.execute(text(_NORMALS), values)
