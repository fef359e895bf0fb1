"""Performance grades of enterprises by days, the bureau's promises, and the counts of a month that they are held against."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, MaybeNull, Query, escape_like
from server.store.scopes import Scope

TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
_STANDING = f"""CASE WHEN g.from_on > {TODAY} THEN 'planned' WHEN g.to_on <= {TODAY} THEN 'out' ELSE 'on' END"""
_COLUMNS = f"""g.*, {_STANDING} AS standing, e.name AS enterprise, e.credit_code, d.name_zh AS division_zh,
  d.name_en AS division_en"""
_NARROW = "performance_grades g JOIN enterprises e ON e.id = g.enterprise_id"
_SOURCE = f"{_NARROW} LEFT JOIN divisions d ON d.code = g.division"
FILTERS: dict[str, str] = {
    "q": "e.name ILIKE :q OR e.credit_code ILIKE :q",
    "division": "g.division = :division",
    "industry": "g.industry = :industry",
    "grade": "g.grade = :grade",
    "standing": f"{_STANDING} = :standing",
    "enterprise": "g.enterprise_id = cast(:enterprise AS int)",
}
SORTS = {
    "from_on": "g.from_on",
    "name": "e.name",
    "grade": "g.grade",
    "division": "g.division",
    "to_on": MaybeNull("g.to_on"),
}
_LISTING = Listing(_COLUMNS, _SOURCE, _NARROW, "g.id", SORTS, "from_on")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of grades in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("g.division", "g.enterprise_id"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One grade in the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("g.division", "g.enterprise_id")
    lock = " FOR UPDATE OF g" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE g.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def lock(connection: Connection) -> None:
    """One change of the grades at a time."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('performance_grades'))"))


def overlapping(connection: Connection, enterprise_id: int, first: date, last: date | None) -> int | None:
    """Another grade of an enterprise that holds on one of these days."""
    found: int | None = connection.execute(
        text(
            "SELECT id FROM performance_grades WHERE enterprise_id = :e"
            " AND daterange(from_on, to_on) && daterange(cast(:first AS date), cast(:last AS date)) LIMIT 1"
        ),
        {"e": enterprise_id, "first": first, "last": last},
    ).scalar()
    return found


_NEW = ("enterprise_id", "division", "industry", "grade", "from_on", "to_on", "document", "reason", "recorded_by")


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Give an enterprise a grade; its number."""
    number: int = connection.execute(
        text(
            f"INSERT INTO performance_grades ({', '.join(_NEW)}) VALUES ({', '.join(f':{n}' for n in _NEW)}) RETURNING id"
        ),
        {name: values[name] for name in _NEW},
    ).scalar_one()
    return number


def end(connection: Connection, number: int, to_on: date) -> None:
    """A locked grade holds up to the day before `to_on`."""
    connection.execute(
        text("UPDATE performance_grades SET to_on = :to, version = version + 1 WHERE id = :id"),
        {"id": number, "to": to_on},
    )


def promises(connection: Connection) -> list[dict[str, Any]]:
    """The bureau's promises, every revision."""
    rows = connection.execute(
        text(
            "SELECT key, revision, industry, grade, subject, share_pct, least_stage, from_on, to_on, legal_basis, certainty,"
            " source, zh, en, withdrawn FROM grade_promises ORDER BY key, revision"
        )
    )
    return [dict(row) for row in rows.mappings()]


_PROMISE = (
    "key", "revision", "industry", "grade", "subject", "share_pct", "least_stage", "from_on", "to_on", "legal_basis",
    "certainty", "source", "zh", "en", "withdrawn", "reason", "recorded_by",
)  # fmt: skip


def add_promise(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep a revision of a promise."""
    connection.execute(
        text(f"INSERT INTO grade_promises ({', '.join(_PROMISE)}) VALUES ({', '.join(f':{n}' for n in _PROMISE)})"),
        {name: values[name] for name in _PROMISE},
    )


_COUNTS = """
SELECT enterprise_id, 'road' AS subject, stage, fuel, sum(passages) AS n FROM ledger_months
WHERE month = :month AND enterprise_id = ANY (:ids) AND passages > 0 GROUP BY 1, 3, 4
UNION ALL
SELECT enterprise_id, 'plant_vehicle', stage, fuel, count(*) FROM plant_vehicles
WHERE state = 'taken' AND enterprise_id = ANY (:ids) AND beijing_day(received_at) < :after
  AND (gone_on IS NULL OR gone_on >= :month) GROUP BY 1, 3, 4
UNION ALL
SELECT enterprise_id, 'machine', stage, fuel, count(*) FROM plant_machines
WHERE state = 'taken' AND enterprise_id = ANY (:ids) AND coalesce(entered_on, beijing_day(received_at)) < :after
  AND (left_on IS NULL OR left_on >= :month) GROUP BY 1, 3, 4
"""


def month_counts(connection: Connection, ids: list[int], month: date, after: date) -> list[dict[str, Any]]:
    """Passages of ledger A, vehicles of B and machines of C by stage and fuel in the month that ends before `after`."""
    rows = connection.execute(text(_COUNTS), {"ids": ids, "month": month, "after": after})
    return [dict(row) for row in rows.mappings()]


def graded_on(
    connection: Connection, scope: Scope, day: date, enterprise_id: int | None = None
) -> list[dict[str, Any]]:
    """Enterprises with the grade of a day, at most 500; of one enterprise where it is named."""
    clause, values = scope.condition("g.division", "g.enterprise_id")
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE {clause} AND g.from_on <= :day AND (g.to_on IS NULL OR g.to_on > :day)"
            " AND (cast(:e AS int) IS NULL OR g.enterprise_id = :e) ORDER BY e.name, g.id LIMIT 500"
        ),
        {"day": day, "e": enterprise_id, **values},
    )
    return [dict(row) for row in rows.mappings()]
