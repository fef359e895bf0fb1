"""Large truck users: who stands on the list from which day to which, and who belongs there by its ledger."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, MaybeNull, Query, escape_like
from server.store.scopes import Scope

WRITTEN = (
    "list_version", "from_on", "industry", "kind", "people_supply", "trips_normal", "trips_alert", "gate_state",
    "plan_file", "contact", "phone", "reason_in",
)  # fmt: skip
TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
_STANDING = f"""CASE WHEN u.from_on > {TODAY} THEN 'planned' WHEN u.to_on <= {TODAY} THEN 'out' ELSE 'on' END"""
_COLUMNS = f"""u.*, {_STANDING} AS standing, e.name AS enterprise, e.credit_code, d.name_zh AS division_zh,
  d.name_en AS division_en, (SELECT x.name FROM users x WHERE x.id = u.recorded_by) AS recorder,
  (SELECT g.grade FROM performance_grades g WHERE g.enterprise_id = u.enterprise_id AND g.from_on <= {TODAY}
    AND (g.to_on IS NULL OR g.to_on > {TODAY})) AS grade"""
_NARROW = "large_users u JOIN enterprises e ON e.id = u.enterprise_id"
FILTERS: dict[str, str] = {
    "q": "e.name ILIKE :q OR e.credit_code ILIKE :q",
    "division": "u.division = :division",
    "industry": "u.industry = :industry",
    "kind": "u.kind = :kind",
    "standing": f"{_STANDING} = :standing",
    "list_version": "u.list_version = :list_version",
    "gate_state": "u.gate_state = :gate_state",
    "enterprise": "u.enterprise_id = cast(:enterprise AS int)",
}
SORTS = {
    "from_on": "u.from_on",
    "name": "e.name",
    "division": "u.division",
    "trips_normal": "u.trips_normal",
    "to_on": MaybeNull("u.to_on"),
}
_LISTING = Listing(
    _COLUMNS, f"{_NARROW} LEFT JOIN divisions d ON d.code = u.division", _NARROW, "u.id", SORTS, "from_on"
)


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of the list in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("u.division", "u.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One entry in the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("u.division", "u.enterprise_id")
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_NARROW} LEFT JOIN divisions d ON d.code = u.division"
            f" WHERE u.id = :id AND {clause}{' FOR UPDATE OF u' if hold else ''}"
        ),
        {"id": number, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def versions(connection: Connection) -> list[str]:
    """The versions of the list that there are, the newest first."""
    rows = connection.execute(
        text("SELECT list_version FROM large_users GROUP BY 1 ORDER BY max(from_on) DESC, 1 LIMIT 50")
    )
    return list(rows.scalars())


def overlapping(connection: Connection, enterprise_id: int, first: date, last: date | None, but: int) -> int | None:
    """Another entry of an enterprise that holds on one of these days."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM large_users WHERE enterprise_id = :e AND id <> :but"
            " AND daterange(from_on, to_on) && daterange(cast(:first AS date), cast(:last AS date)) LIMIT 1"
        ),
        {"e": enterprise_id, "first": first, "last": last, "but": but},
    ).scalar()
    return found


def lock(connection: Connection) -> None:
    """One change of the list at a time."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('large_users'))"))


def add(connection: Connection, enterprise_id: int, division: str, values: Mapping[str, Any], by: int | None) -> int:
    """Put an enterprise on the list; the entry's number."""
    names = ("enterprise_id", "division", "recorded_by", *WRITTEN)
    number: int = connection.execute(
        text(
            f"INSERT INTO large_users ({', '.join(names)}, fleet)"
            f" VALUES ({', '.join(f':{n}' for n in names)}, cast(:fleet AS jsonb)) RETURNING id"
        ),
        {**_bound(values), "enterprise_id": enterprise_id, "division": division, "recorded_by": by},
    ).scalar_one()
    return number


def change(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Write a locked entry anew."""
    sets = ", ".join(f"{name} = :{name}" for name in WRITTEN)
    connection.execute(
        text(f"UPDATE large_users SET {sets}, fleet = cast(:fleet AS jsonb), version = version + 1 WHERE id = :id"),
        {**_bound(values), "id": number},
    )


def _bound(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: values[name] for name in WRITTEN}, "fleet": json.dumps(values["fleet"])}


def end(connection: Connection, number: int, to_on: date, reason: str) -> None:
    """A locked entry stands on the list up to the day before `to_on`."""
    connection.execute(
        text("UPDATE large_users SET to_on = :to, reason_out = :reason, version = version + 1 WHERE id = :id"),
        {"id": number, "to": to_on, "reason": reason},
    )


def suggested(connection: Connection, scope: Scope, today: date, days: int, least: float) -> list[dict[str, Any]]:
    """Enterprises whose ledger shows so many passages a day and that stand on no list today; the busiest first."""
    clause, values = scope.condition("e.division", "e.id")
    rows = connection.execute(
        text(
            "SELECT e.id, e.name, e.credit_code, e.division, e.industry, s.passages, s.days, s.a_day FROM ("
            " SELECT enterprise_id, sum(passages) AS passages, count(DISTINCT day) AS days,"
            " round(sum(passages)::numeric / count(DISTINCT day), 1) AS a_day FROM ledger_days"
            " WHERE day < :today AND day >= cast(:today AS date) - cast(:days AS int) AND passages > 0"
            " GROUP BY enterprise_id HAVING sum(passages)::numeric / count(DISTINCT day) >= :least) s"
            f" JOIN enterprises e ON e.id = s.enterprise_id WHERE {clause} AND NOT EXISTS (SELECT FROM large_users u"
            " WHERE u.enterprise_id = e.id AND u.from_on <= :today AND (u.to_on IS NULL OR u.to_on > :today))"
            " ORDER BY s.a_day DESC, e.id LIMIT 200"
        ),
        {"today": today, "days": days, "least": least, **values},
    )
    return [dict(row) for row in rows.mappings()]
