"""Leads: what a person still has to check, such as an unregistered device in a zone."""

from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

_SOURCE = (
    "leads l LEFT JOIN zones z ON z.id = l.zone_id LEFT JOIN enterprises e ON e.id = l.enterprise_id"
    " LEFT JOIN trucks t ON t.id = l.truck_id LEFT JOIN machines m ON m.id = l.machine_id"
    " LEFT JOIN alerts a ON a.id = l.alert_id"
)
_COLUMNS = """l.*, z.name_zh AS zone_zh, z.name_en AS zone_en, e.name AS enterprise, t.plate, t.plate_colour,
  coalesce(m.registration_number, m.pin, m.machine_code, m.engine_number) AS machine_number, a.level AS alert_level,
  a.document AS alert_document,
  (SELECT g.name_zh FROM divisions g WHERE g.code = l.division) AS division_zh,
  (SELECT g.name_en FROM divisions g WHERE g.code = l.division) AS division_en"""

FILTERS: dict[str, str] = {
    "status": "l.status = :status",
    "kind": "l.kind = :kind",
    "zone": "l.zone_id = cast(:zone AS int)",
    "from": "l.last_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "l.first_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "q": "l.device ILIKE :q OR l.key ILIKE :q",
    "enterprise": "l.enterprise_id = cast(:enterprise AS int)",
    "alert": "l.alert_id = cast(:alert AS int)",
    "passage": "l.passage_id = cast(:passage AS bigint)",
}
SORTS = {"last_at": "l.last_at", "first_at": "l.first_at", "times": "l.times"}


_LISTING = Listing(_COLUMNS, _SOURCE, "leads l", "l.id", SORTS, "last_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of leads in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("l.division"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One lead, if the scope has it."""
    clause, values = scope.condition("l.division")
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS}, (SELECT u.name FROM users u WHERE u.id = l.decided_by) AS decider"
            f" FROM {_SOURCE} WHERE l.id = :id AND {clause}"
        ),
        {"id": number, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def decide(connection: Connection, number: int, status: str, user_id: int | None, reason: str, note: str) -> bool:
    """Write the decision, if the lead is still open; whether it was."""
    done = connection.execute(
        text(
            "UPDATE leads SET status = :status, decided_at = now(), decided_by = :user, decision_reason = :reason,"
            " decision_note = :note WHERE id = :id AND status = 'open'"
        ),
        {"id": number, "status": status, "user": user_id, "reason": reason, "note": note},
    )
    return bool(done.rowcount)


def open_count(connection: Connection, scope: Scope) -> int:
    """Open leads in the scope."""
    clause, values = scope.condition("l.division")
    number: int = connection.execute(
        text(f"SELECT count(*) FROM leads l WHERE l.status = 'open' AND {clause}"),
        values,
    ).scalar_one()
    return number
