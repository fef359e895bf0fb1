"""What a case rests on: violations, captures, inspections, leads, referrals. A source is in one case at most."""

from typing import Any

from sqlalchemy import Connection, text

from server.store.cases import visible
from server.store.scopes import Scope


def add(connection: Connection, case_id: int, kind: str, source_id: int, user_id: int | None) -> bool:
    """Put a source into a case; False where it is in one already (who waited for the other learns it here)."""
    done = connection.execute(
        text(
            "INSERT INTO case_sources (kind, source_id, case_id, added_by) VALUES (:kind, :source, :case, :user)"
            " ON CONFLICT DO NOTHING"
        ),
        {"kind": kind, "source": source_id, "case": case_id, "user": user_id},
    )
    return bool(done.rowcount)


def case_of(connection: Connection, kind: str, source_id: int) -> dict[str, Any] | None:
    """The case that a source is in: id, number, division."""
    row = connection.execute(
        text(
            "SELECT c.id, c.number, c.division FROM case_sources s JOIN cases c ON c.id = s.case_id"
            " WHERE s.kind = :kind AND s.source_id = :source"
        ),
        {"kind": kind, "source": source_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def seen(connection: Connection, scope: Scope, kind: str, source_id: int) -> dict[str, Any] | None:
    """The case that a source is in, where the account may see it: id and number."""
    clause, values = visible(scope)
    row = connection.execute(
        text(
            "SELECT c.id, c.number FROM case_sources s JOIN cases c ON c.id = s.case_id"
            f" WHERE s.kind = :kind AND s.source_id = :source AND {clause}"
        ),
        {"kind": kind, "source": source_id, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_case(connection: Connection, case_id: int) -> list[dict[str, Any]]:
    """The sources of a case, in order: kind, source_id, added_at, adder, number and time of the source."""
    rows = connection.execute(
        text(
            """
SELECT s.kind, s.source_id, s.added_at, u.name AS adder,
  coalesce(v.number, k.number, i.number, r.number) AS number,
  coalesce(v.first_at, k.captured_at, i.inspected_at, r.sent_at, l.first_at) AS at,
  coalesce(v.status, k.status, i.outcome, r.state, l.status) AS status
FROM case_sources s LEFT JOIN users u ON u.id = s.added_by
  LEFT JOIN violations v ON s.kind = 'violation' AND v.id = s.source_id
  LEFT JOIN captures k ON s.kind = 'capture' AND k.id = s.source_id
  LEFT JOIN inspections i ON s.kind = 'inspection' AND i.id = s.source_id
  LEFT JOIN referrals r ON s.kind = 'referral' AND r.id = s.source_id
  LEFT JOIN leads l ON s.kind = 'lead' AND l.id = s.source_id
WHERE s.case_id = :case ORDER BY s.added_at, s.kind, s.source_id"""
        ),
        {"case": case_id},
    )
    return [dict(row) for row in rows.mappings()]
