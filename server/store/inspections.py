"""Inspections: the newest version of each, its list by index order, and every version for the history."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

_JOINED = """inspections i LEFT JOIN trucks t ON t.id = i.truck_id LEFT JOIN machines m ON m.id = i.machine_id"""
_LIST_COLUMNS = """i.id, i.number, i.version, i.kind, i.source, i.truck_id, i.machine_id, i.subject_text,
  i.enterprise_id, i.organisation_id, i.inspected_at, i.lon, i.lat, i.place, i.division, i.methods, i.outcome,
  i.standing, i.offences, i.law, i.status, i.recorded_at, t.plate, t.plate_colour,
  coalesce(m.registration_number, m.machine_code, m.pin) AS machine_number,
  (SELECT g.name_zh FROM divisions g WHERE g.code = i.division) AS division_zh,
  (SELECT g.name_en FROM divisions g WHERE g.code = i.division) AS division_en"""

FILTERS: dict[str, str] = {
    "q": "i.subject_text ILIKE :q OR i.number ILIKE :q",
    "kind": "i.kind = :kind",
    "outcome": "i.outcome = :outcome",
    "standing": "i.standing = :standing",
    "status": "i.status = :status",
    "division": "i.division = :division",
    "subject": "CASE :subject WHEN 'truck' THEN i.truck_id IS NOT NULL ELSE i.machine_id IS NOT NULL END",
    "method": "i.methods @> ARRAY[:method]",
    "law": "i.law = :law",
    "from": "i.inspected_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "i.inspected_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "truck": "i.truck_id = cast(:truck AS int)",
    "machine": "i.machine_id = cast(:machine AS int)",
}
SORTS = {"inspected_at": "i.inspected_at", "number": "i.number", "recorded_at": "i.recorded_at"}


def condition(scope: Scope) -> tuple[str, dict[str, Any]]:
    """Who sees an inspection: bureaus by area, an enterprise its own, a station what it recorded.

    The row policy says the same for the last two. One county is compared whole, so that its index serves.
    """
    if scope.fence is not None:
        return (
            "(i.enterprise_id = :scope_enterprise OR i.organisation_id = :scope_organisation)",
            {"scope_enterprise": scope.enterprise_id, "scope_organisation": scope.organisation_id},
        )
    if scope.divisions is not None and len(scope.divisions) == 6:
        return "i.division = :scope_division", {"scope_division": scope.divisions}
    return scope.condition("i.division")


_LISTING = Listing(_LIST_COLUMNS, _JOINED, "inspections i", "i.id", SORTS, "inspected_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of inspections in the scope; the page is picked along an index before anything is joined."""
    clauses, values = query.conditions(FILTERS, condition(scope))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One inspection with all that its page says, if the scope has it; `hold` locks it."""
    clause, values = condition(scope)
    lock = " FOR UPDATE OF i" if hold else ""
    row = connection.execute(
        text(
            f"SELECT {_LIST_COLUMNS}, i.content, i.verdict, i.zone_version_ids, i.retest_of, i.source_key, i.recorded_by,"
            " t.vin, t.stage, t.category, t.fuel, t.owner, m.stage AS machine_stage, m.category AS machine_category,"
            " m.power_kw, m.owner AS machine_owner,"
            " (SELECT e.name FROM enterprises e WHERE e.id = i.enterprise_id) AS enterprise"
            f" FROM {_JOINED} WHERE i.id = :id AND {clause}{lock}"
        ),
        {"id": number, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def find_id(connection: Connection, number: str) -> int | None:
    """The id of an inspection by its number; whether the account may see it is for the reader of the row to ask."""
    return connection.execute(text("SELECT id FROM inspections WHERE number = :number"), {"number": number}).scalar()


def by_source_key(connection: Connection, key: str) -> dict[str, Any] | None:
    """The inspection that was sent under this key."""
    row = connection.execute(
        text("SELECT id, number, version, subject_text, content FROM inspections WHERE source_key = :key"), {"key": key}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_subject(
    connection: Connection, scope: Scope, truck_id: int | None = None, machine_id: int | None = None, most: int = 20
) -> list[dict[str, Any]]:
    """The newest inspections of a truck or machine."""
    clause, values = condition(scope)
    column, number = ("truck_id", truck_id) if truck_id is not None else ("machine_id", machine_id)
    rows = connection.execute(
        text(
            f"SELECT {_LIST_COLUMNS} FROM {_JOINED} WHERE i.{column} = :subject AND {clause}"
            " ORDER BY i.inspected_at DESC, i.id DESC LIMIT :most"
        ),
        {"subject": number, "most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def history(connection: Connection, truck_id: int, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Recorded inspections of a truck in a span of time with what was judged, oldest first: for the rule of HJ 845."""
    rows = connection.execute(
        text(
            "SELECT id, number, kind, inspected_at, outcome, standing, methods, content, verdict, division"
            " FROM inspections WHERE truck_id = :truck AND status = 'recorded'"
            " AND inspected_at BETWEEN :since AND :until ORDER BY inspected_at, id"
        ),
        {"truck": truck_id, "since": since, "until": until},
    )
    return [dict(row) for row in rows.mappings()]


def next_number(connection: Connection, day: str) -> str:
    """A number that no inspection has yet: J, the local day of the inspection, a running number."""
    found: int = connection.execute(text("SELECT nextval('inspection_numbers')")).scalar_one()
    return f"J{day}-{found:06}"


_WRITTEN = (
    "kind", "truck_id", "machine_id", "subject_text", "enterprise_id", "inspected_at", "lon", "lat", "place",
    "division", "zone_version_ids", "methods", "content", "verdict", "outcome", "standing", "offences", "law",
)  # fmt: skip
_FIRST = ("number", "source", "source_key", "organisation_id", "retest_of", "recorded_by")


def _bound(name: str) -> str:
    return f"cast(:{name} AS jsonb)" if name in {"content", "verdict"} else f":{name}"


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: json.dumps(row[name], ensure_ascii=False) if name in {"content", "verdict"} else row[name] for name in row
    }


def insert(connection: Connection, row: Mapping[str, Any]) -> int | None:
    """Write a new inspection; its id, or None where one with its source key stands already."""
    names = _FIRST + _WRITTEN
    found: int | None = connection.execute(
        text(
            f"INSERT INTO inspections ({', '.join(names)}) VALUES ({', '.join(map(_bound, names))})"
            " ON CONFLICT (source_key) DO NOTHING RETURNING id"
        ),
        _values(row),
    ).scalar()
    return found


def replace(connection: Connection, number: int, row: Mapping[str, Any]) -> None:
    """Put the next version of a locked inspection in the place of the one before."""
    changes = ", ".join(f"{name} = {_bound(name)}" for name in _WRITTEN)
    connection.execute(
        text(f"UPDATE inspections SET {changes}, version = version + 1 WHERE id = :id"),
        {**_values({name: row[name] for name in _WRITTEN}), "id": number},
    )


def withdraw(connection: Connection, number: int) -> None:
    """Mark a locked inspection as withdrawn; this, too, is a version."""
    connection.execute(
        text("UPDATE inspections SET status = 'withdrawn', version = version + 1 WHERE id = :id"), {"id": number}
    )


def add_version(connection: Connection, number: int, reason: str | None, user_id: int | None) -> None:
    """Put the row as it now stands among its versions, which cannot be changed."""
    connection.execute(
        text(
            "INSERT INTO inspection_versions (inspection_id, version, row, reason, by_user)"
            " SELECT id, version, to_jsonb(i), :reason, :user FROM inspections i WHERE id = :id"
        ),
        {"id": number, "reason": reason, "user": user_id},
    )


def versions(connection: Connection, number: int) -> list[dict[str, Any]]:
    """Every version, the first first, with who made it and why."""
    rows = connection.execute(
        text(
            "SELECT v.version, v.row, v.reason, v.at, (SELECT u.name FROM users u WHERE u.id = v.by_user) AS maker"
            " FROM inspection_versions v WHERE v.inspection_id = :id ORDER BY v.version"
        ),
        {"id": number},
    )
    return [dict(row) for row in rows.mappings()]


def case_of(connection: Connection, number: int) -> dict[str, Any] | None:
    """The case that rests on the inspection, if one does."""
    row = connection.execute(
        text(
            "SELECT c.id, c.number FROM case_sources s JOIN cases c ON c.id = s.case_id"
            " WHERE s.kind = 'inspection' AND s.source_id = :id"
        ),
        {"id": number},
    ).one_or_none()
    return None if row is None else dict(row._mapping)
