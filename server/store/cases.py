"""Cases: the list, one case, its lock and its state; what a case rests on is in `case_sources`, its steps in `case_steps`.

Every read takes the scope: the ecology bureau by area, other bureaus and partner cities by what was sent to them,
an enterprise its own cases once they are filed (`visible`, and the row policies of migration 0057 behind it).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

_COLUMNS = """c.id, c.number, c.version, c.subject_kind, c.truck_id, c.machine_id, c.subject_text, c.home_city,
  c.enterprise_id, c.party_name, c.party_kind, c.party_code, c.division, c.organisation_id, c.acted_from, c.acted_to,
  c.place, c.law, c.offences, c.state, c.states, c.holder_id, c.assigned_to, c.outcome, c.opened_at, c.opened_by,
  c.filed_at, c.closed_at, c.updated_at, t.plate, t.plate_colour,
  coalesce(m.registration_number, m.machine_code, m.pin) AS machine_number,
  h.name_zh AS holder_zh, h.name_en AS holder_en, o.name_zh AS organisation_zh, o.name_en AS organisation_en,
  g.name_zh AS division_zh, g.name_en AS division_en, u.name AS assigned"""
_SOURCE = """cases c
  LEFT JOIN trucks t ON t.id = c.truck_id LEFT JOIN machines m ON m.id = c.machine_id
  JOIN organisations h ON h.id = c.holder_id JOIN organisations o ON o.id = c.organisation_id
  LEFT JOIN divisions g ON g.code = c.division LEFT JOIN users u ON u.id = c.assigned_to"""

FILTERS: dict[str, str] = {
    "q": "c.subject_text ILIKE :q OR c.number = :q_whole OR c.party_name = :q_whole",
    "state": "c.state = :state",
    "subject": "c.subject_kind = :subject",
    "law": "c.law = :law",
    "offence": ":offence = ANY (c.offences)",
    "division": "c.division = :division",
    "holder": "c.holder_id = cast(:holder AS int)",
    "assigned": "c.assigned_to = cast(:assigned AS int)",
    "open": "CASE :open WHEN 'yes' THEN c.closed_at IS NULL ELSE c.closed_at IS NOT NULL END",
    "from": "c.opened_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "c.opened_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "truck": "c.truck_id = cast(:truck AS int)",
    "machine": "c.machine_id = cast(:machine AS int)",
    "enterprise": "c.enterprise_id = cast(:enterprise AS int)",
}
SORTS = {"opened_at": "c.opened_at", "acted_from": "c.acted_from", "number": "c.number", "updated_at": "c.updated_at"}


def visible(scope: Scope, case: str = "c") -> tuple[str, dict[str, Any]]:
    """SQL for the cases that an account may see; `case` names the table."""
    if scope.kind == "enterprise":
        return f"{case}.enterprise_id = :scope_own AND {case}.filed_at IS NOT NULL", {"scope_own": scope.enterprise_id}
    if scope.kind == "station":
        return "false", {}
    if scope.kind != "ecology":
        sent = (
            "SELECT r.case_id FROM referrals r WHERE :scope_organisation IN (r.to_id, r.from_id)"
            " AND r.state <> 'withdrawn'"
        )
        # behind a row policy the planner guesses badly: the few ids of a fenced account are read first
        among = f"= ANY (ARRAY({sent}))" if scope.fence is not None else f"IN ({sent})"
        return f"{case}.id {among}", {"scope_organisation": scope.organisation_id}
    if scope.divisions is not None and len(scope.divisions) == 6:
        return f"{case}.division = :scope_division", {"scope_division": scope.divisions}
    return scope.condition(f"{case}.division")


_DUE = (
    """(SELECT min(d.due_on) FROM deadlines d WHERE d.case_id = c.id AND d.state IN ('running', 'paused')) AS due_on"""
)
_LISTING = Listing(f"{_COLUMNS}, {_DUE}", _SOURCE, "cases c", "c.id", SORTS, "opened_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of cases in the scope, each with the day on which something is due next."""
    clauses, values = query.conditions(FILTERS, visible(scope))
    if "q" in values:
        values |= {"q": escape_like(values["q"]), "q_whole": values["q"]}
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One case with all that its page says, if the scope has it."""
    clause, values = visible(scope)
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS}, c.facts, c.lon, c.lat, t.vin, t.stage, t.category, t.fuel,"
            " m.stage AS machine_stage, m.category AS machine_category, m.fuel AS machine_fuel,"
            " (SELECT e.name FROM enterprises e WHERE e.id = c.enterprise_id) AS enterprise,"
            " (SELECT p.name FROM users p WHERE p.id = c.opened_by) AS opener"
            f" FROM {_SOURCE} WHERE c.id = :id AND {clause}"
        ),
        {"id": number, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def find_id(connection: Connection, number: str) -> int | None:
    """The id of a case by its number; whether the account may see it is for the reader of the row to ask."""
    return connection.execute(text("SELECT id FROM cases WHERE number = :number"), {"number": number}).scalar()


def lock(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """A case in the scope, locked until the transaction ends: one moves it, the other waits."""
    clause, values = visible(scope)
    row = connection.execute(
        text(f"SELECT c.* FROM cases c WHERE c.id = :id AND {clause} FOR UPDATE OF c"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def lock_subject(connection: Connection, subject_kind: str, subject: object) -> None:
    """One at a time opens a case about, or fines, a truck or machine; held until the transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 57))"), {"subject": f"{subject_kind}:{subject}"}
    )


_TABLE_COLUMNS = (
    "subject_kind", "truck_id", "machine_id", "subject_text", "home_city", "enterprise_id", "party_name", "party_kind",
    "party_code", "division", "organisation_id", "acted_from", "acted_to", "place", "lon", "lat", "law", "offences",
    "facts", "state", "states", "holder_id", "assigned_to", "opened_by", "opened_at", "filed_at",
)  # fmt: skip
_JSON = frozenset({"facts", "states"})
_PLACES = {
    **{name: f"cast(:{name} AS jsonb)" for name in _JSON},
    "opened_at": "coalesce(cast(:opened_at AS timestamptz), now())",
}


def insert(connection: Connection, values: Mapping[str, Any], day: str) -> tuple[int, str]:
    """A new case, numbered with its day (YYYYMMDD): its id and number."""
    columns = ", ".join(_TABLE_COLUMNS)
    places = ", ".join(_PLACES.get(name, f":{name}") for name in _TABLE_COLUMNS)
    row = connection.execute(
        text(
            f"INSERT INTO cases (number, {columns}) VALUES"
            f" ('C' || :day || '-' || lpad(nextval('case_numbers')::text, 6, '0'), {places}) RETURNING id, number"
        ),
        {"day": day, **{name: _written(name, values.get(name)) for name in _TABLE_COLUMNS}},
    ).one()
    return row.id, row.number


def _written(name: str, value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if name in _JSON else value


def change(connection: Connection, case_id: int, values: Mapping[str, Any]) -> int:
    """Write these columns and count the version on; the new version."""
    names = [name for name in values if name in (*_TABLE_COLUMNS, "outcome", "closed_at")]
    sets = "".join(f"{name} = " + (f"cast(:{name} AS jsonb)" if name in _JSON else f":{name}") + ", " for name in names)
    version: int = connection.execute(
        text(f"UPDATE cases SET {sets} version = version + 1, updated_at = now() WHERE id = :id RETURNING version"),
        {"id": case_id, **{name: _written(name, values[name]) for name in names}},
    ).scalar_one()
    return version


def near(
    connection: Connection, subject: Mapping[str, Any], acted_from: datetime, acted_to: datetime, most: int = 20
) -> list[dict[str, Any]]:
    """Cases about the same truck, machine or plate whose act lies within a week of this one, the newest first."""
    if subject["truck_id"]:
        clause, values = "truck_id = :truck_id", {"truck_id": subject["truck_id"]}
    elif subject["machine_id"]:
        clause, values = "machine_id = :machine_id", {"machine_id": subject["machine_id"]}
    else:
        clause = "truck_id IS NULL AND machine_id IS NULL AND subject_text = :subject_text"
        values = {"subject_text": subject["subject_text"]}
    rows = connection.execute(
        text(
            "SELECT id, number, state, closed_at, acted_from, acted_to, version, division, offences, organisation_id"
            f" FROM cases WHERE {clause} AND acted_from <= cast(:to AS timestamptz) + interval '7 days'"
            " AND acted_to >= cast(:from AS timestamptz) - interval '7 days' ORDER BY id DESC LIMIT :most"
        ),
        {**values, "from": acted_from, "to": acted_to, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def of_subject(
    connection: Connection, scope: Scope, truck_id: int | None, machine_id: int | None, most: int = 50
) -> list[dict[str, Any]]:
    """Cases about a truck or machine that the account may see, the newest act first."""
    clause, values = visible(scope)
    rows = connection.execute(
        text(
            "SELECT c.id, c.number, c.state, c.states, c.acted_from, c.offences, c.opened_at FROM cases c"
            f" WHERE (c.truck_id = :truck_id OR c.machine_id = :machine_id) AND {clause}"
            " ORDER BY c.acted_from DESC, c.id LIMIT :most"
        ),
        {"truck_id": truck_id, "machine_id": machine_id, "most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def states_in_use(connection: Connection) -> list[str]:
    """Main states that occur, for the filter (walks the distinct values of the index)."""
    rows = connection.execute(
        text(
            "WITH RECURSIVE one AS ((SELECT state FROM cases ORDER BY state LIMIT 1) UNION ALL"
            " SELECT (SELECT c.state FROM cases c WHERE c.state > one.state ORDER BY c.state LIMIT 1) FROM one"
            " WHERE one.state IS NOT NULL) SELECT state FROM one WHERE state IS NOT NULL"
        )
    )
    return list(rows.scalars())


def colleagues(connection: Connection, organisation_id: int) -> list[dict[str, Any]]:
    """Active accounts of an organisation, for assigning."""
    rows = connection.execute(
        text("SELECT id, name FROM users WHERE organisation_id = :o AND active ORDER BY name, id"),
        {"o": organisation_id},
    )
    return [dict(row) for row in rows.mappings()]


def any_case(connection: Connection) -> bool:
    """Whether there is a case at all."""
    found: bool = connection.execute(text("SELECT EXISTS (SELECT FROM cases)")).scalar_one()
    return found
