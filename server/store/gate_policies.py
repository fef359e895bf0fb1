"""What the gates of an enterprise do when the platform cannot be reached; without a row: allow and flag."""

from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

POLICIES = ("deny", "allow_and_flag", "list")
DEFAULT = ("allow_and_flag", 24)  # what holds without a row: a plant is not stopped because a line is down
_COLUMNS = """e.id, e.name AS enterprise, e.division, d.name_zh AS division_zh, d.name_en AS division_en,
  coalesce(p.when_unreachable, 'allow_and_flag') AS when_unreachable, coalesce(p.list_hours, 24) AS list_hours,
  coalesce(p.reason, '') AS reason, p.set_at, (SELECT u.name FROM users u WHERE u.id = p.set_by) AS set_by,
  p.enterprise_id IS NOT NULL AS chosen,
  (SELECT count(*) FROM gates x WHERE x.enterprise_id = e.id AND x.state = 'active') AS gates_n,
  (SELECT max(l.made_at) FROM gate_lists l WHERE l.enterprise_id = e.id) AS list_made_at"""
_NARROW = "enterprises e LEFT JOIN gate_policies p ON p.enterprise_id = e.id"
_SOURCE = _NARROW + " LEFT JOIN divisions d ON d.code = e.division"
_HAS_GATES = "EXISTS (SELECT FROM gates x WHERE x.enterprise_id = e.id)"
FILTERS: dict[str, str] = {
    "q": "e.name ILIKE :q",
    "when_unreachable": "coalesce(p.when_unreachable, 'allow_and_flag') = :when_unreachable",
}
SORTS = {"enterprise": "e.name"}
_LISTING = Listing(_COLUMNS, _SOURCE, _NARROW, "e.id", SORTS, "enterprise")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """Enterprises of the scope that have gates, each with its policy."""
    clauses, values = query.conditions(FILTERS, scope.condition("e.division", "e.id"), (_HAS_GATES, {}))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, enterprise_id: int) -> dict[str, Any] | None:
    """The policy of an enterprise of the scope."""
    clause, values = scope.condition("e.division", "e.id")
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE e.id = :e AND {clause}"), {"e": enterprise_id, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def put(
    connection: Connection, enterprise_id: int, when_unreachable: str, list_hours: int, reason: str, by: int | None
) -> None:
    """This is the policy from now on; what it was is in the audit log."""
    connection.execute(
        text(
            "INSERT INTO gate_policies (enterprise_id, when_unreachable, list_hours, reason, set_by)"
            " VALUES (:e, :policy, :hours, :reason, :by) ON CONFLICT (enterprise_id) DO UPDATE SET"
            " when_unreachable = excluded.when_unreachable, list_hours = excluded.list_hours, reason = excluded.reason,"
            " set_at = now(), set_by = excluded.set_by"
        ),
        {"e": enterprise_id, "policy": when_unreachable, "hours": list_hours, "reason": reason, "by": by},
    )
