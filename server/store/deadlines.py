"""Deadlines of cases: started and ended by steps, paused by law, reminded of by the platform; the queue of a bureau."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

_COLUMNS = """d.id, d.case_id, d.referral_id, d.kind, d.rule_key, d.day_kind, d.days, d.starts_on, d.due_on,
  d.organisation_id, d.user_id, d.state, d.ended_at, d.reminded_at, c.number AS case_number, c.subject_kind,
  c.subject_text, c.state AS case_state, t.plate, t.plate_colour,
  coalesce(m.registration_number, m.machine_code, m.pin) AS machine_number,
  o.name_zh AS organisation_zh, o.name_en AS organisation_en, u.name AS person"""
_SOURCE = """deadlines d JOIN cases c ON c.id = d.case_id
  LEFT JOIN trucks t ON t.id = c.truck_id LEFT JOIN machines m ON m.id = c.machine_id
  JOIN organisations o ON o.id = d.organisation_id LEFT JOIN users u ON u.id = d.user_id"""
RUNNING = "d.state IN ('running', 'paused')"

FILTERS: dict[str, str] = {
    "q": "d.case_id IN (SELECT x.id FROM cases x WHERE x.subject_text ILIKE :q OR x.number = :q_whole)",
    "kind": "d.kind = :kind",
    "organisation": "d.organisation_id = cast(:organisation AS int)",
    "person": "CASE :person WHEN '0' THEN d.user_id IS NULL ELSE d.user_id = cast(:person AS int) END",
    "from": "d.due_on >= cast(:from AS date)",
    "to": "d.due_on <= cast(:to AS date)",
}
SORTS = {"due_on": "d.due_on"}
DUE = {
    "overdue": f"{RUNNING} AND d.state = 'running' AND d.due_on < :today",
    "due_soon": f"{RUNNING} AND d.state = 'running' AND d.due_on BETWEEN :today AND :soon",
    "running": RUNNING,
    "paused": f"{RUNNING} AND d.state = 'paused'",
    "ended": "d.state IN ('met', 'cancelled')",
}
"""What the filter `due` means; `today` is the Beijing day, `soon` the last day that counts as due soon."""


def visible(scope: Scope) -> tuple[str, dict[str, Any]]:
    """SQL for deadlines of the account's own organisation; the city's ecology bureau sees its branches' too."""
    if scope.kind == "ecology" and scope.divisions is not None and len(scope.divisions) < 6:
        inside = "SELECT o.id FROM organisations o WHERE o.kind = 'ecology' AND o.division LIKE :scope_divisions"
        return f"d.organisation_id = ANY (ARRAY({inside}))", {"scope_divisions": scope.divisions + "%"}
    if scope.organisation_id is None:
        return ("true", {}) if scope.kind == "ecology" else ("false", {})
    return "d.organisation_id = :scope_organisation", {"scope_organisation": scope.organisation_id}


_LISTING = Listing(_COLUMNS, _SOURCE, "deadlines d", "d.id", SORTS, "due_on")


def find(connection: Connection, scope: Scope, query: Query, due: str, today: dt.date, soon: dt.date) -> Found:
    """A page of the queue; `due` is a key of DUE. The first due comes first, ended ones the last ended first."""
    more = (DUE[due], {name: value for name, value in (("today", today), ("soon", soon)) if f":{name}" in DUE[due]})
    clauses, values = query.conditions(FILTERS, visible(scope), more)
    if "q" in values:
        values |= {"q": escape_like(values["q"]), "q_whole": values["q"]}
    return _LISTING.find(connection, query, clauses, values)


def of_case(connection: Connection, case_id: int, organisation_id: int | None = None) -> list[dict[str, Any]]:
    """The deadlines of a case in order (those of one organisation, where it is named), each with its pauses."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE d.case_id = :case"
            " AND d.organisation_id = coalesce(cast(:organisation AS int), d.organisation_id) ORDER BY d.id"
        ),
        {"case": case_id, "organisation": organisation_id},
    )
    found = [dict(row) for row in rows.mappings()]
    pauses = pauses_of(connection, [row["id"] for row in found])
    return [{**row, "pauses": pauses.get(row["id"], [])} for row in found]


def pauses_of(connection: Connection, numbers: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The pauses of these deadlines in order; `to_day` is null while it goes on."""
    rows = connection.execute(
        text(
            "SELECT deadline_id, id, from_day, to_day, reason, document FROM deadline_pauses"
            " WHERE deadline_id = ANY (:numbers) ORDER BY from_day, id"
        ),
        {"numbers": numbers},
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows.mappings():
        found.setdefault(row["deadline_id"], []).append(dict(row))
    return found


def start(connection: Connection, values: Mapping[str, Any]) -> int:
    """A clock that runs from now on; its id."""
    number: int = connection.execute(
        text(
            "INSERT INTO deadlines (case_id, referral_id, kind, rule_key, day_kind, days, starts_on, due_on,"
            " organisation_id, user_id) VALUES (:case_id, :referral_id, :kind, :rule_key, :day_kind, :days, :starts_on,"
            " :due_on, :organisation_id, :user_id) RETURNING id"
        ),
        values,
    ).scalar_one()
    return number


def end(
    connection: Connection, case_id: int, kinds: list[str], state: str, referral_id: int | None = None
) -> list[int]:
    """End the clocks of these kinds (of one referral, where it is named) as met or cancelled; their ids."""
    rows = connection.execute(
        text(
            "UPDATE deadlines SET state = :state, ended_at = now() WHERE case_id = :case"
            " AND state IN ('running', 'paused') AND kind = ANY (:kinds)"
            " AND (cast(:referral AS bigint) IS NULL OR referral_id = :referral) RETURNING id"
        ),
        {"case": case_id, "kinds": kinds, "state": state, "referral": referral_id},
    )
    return list(rows.scalars())


def end_all(connection: Connection, case_id: int) -> list[int]:
    """The case is over: nothing of it is due any more."""
    rows = connection.execute(
        text(
            "UPDATE deadlines SET state = 'cancelled', ended_at = now() WHERE case_id = :case"
            " AND state IN ('running', 'paused') RETURNING id"
        ),
        {"case": case_id},
    )
    return list(rows.scalars())


def lock(connection: Connection, case_id: int, number: int) -> dict[str, Any] | None:
    """A deadline of a case that is under way, locked, with its pauses."""
    row = connection.execute(
        text(f"SELECT d.* FROM deadlines d WHERE d.id = :id AND d.case_id = :case AND {RUNNING} FOR UPDATE"),
        {"id": number, "case": case_id},
    ).one_or_none()
    return None if row is None else {**row._mapping, "pauses": pauses_of(connection, [number]).get(number, [])}


def pause(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """A pause begins (`to_day` null) or is entered whole."""
    connection.execute(
        text(
            "INSERT INTO deadline_pauses (deadline_id, from_day, to_day, reason, document, recorded_by)"
            " VALUES (:deadline, :from_day, :to_day, :reason, :document, :user)"
        ),
        {"deadline": number, **values},
    )


def end_pause(connection: Connection, number: int, to_day: dt.date) -> None:
    """The pause that goes on ends with this day."""
    connection.execute(
        text("UPDATE deadline_pauses SET to_day = :to WHERE deadline_id = :deadline AND to_day IS NULL"),
        {"deadline": number, "to": to_day},
    )


def set_due(connection: Connection, number: int, state: str, due_on: dt.date) -> None:
    """The state and last day of a deadline as its pauses have made them; a later day is reminded of anew."""
    connection.execute(
        text(
            "UPDATE deadlines SET reminded_at = CASE WHEN due_on < :due THEN NULL ELSE reminded_at END,"
            " state = :state, due_on = :due WHERE id = :id"
        ),
        {"id": number, "state": state, "due": due_on},
    )


def set_days(connection: Connection, number: int, days: int, rule_key: str) -> None:
    """The length of a deadline as an approved extension has made it, with the rule rows it rests on."""
    connection.execute(
        text("UPDATE deadlines SET days = :days, rule_key = :rule WHERE id = :id"),
        {"id": number, "days": days, "rule": rule_key},
    )


def hand_over(connection: Connection, case_id: int, organisation_id: int, user_id: int | None) -> None:
    """The running clocks of an organisation in a case are now this person's."""
    connection.execute(
        text(
            "UPDATE deadlines SET user_id = :user WHERE case_id = :case AND organisation_id = :organisation"
            " AND state IN ('running', 'paused')"
        ),
        {"case": case_id, "organisation": organisation_id, "user": user_id},
    )


def remind(connection: psycopg.Connection, soon: dt.date, most: int) -> int:
    """Mark running deadlines due up to `soon` that nobody was reminded of; how many. For a worker."""
    done = connection.execute(
        "UPDATE deadlines SET reminded_at = now() WHERE id IN (SELECT id FROM deadlines WHERE state = 'running'"
        " AND reminded_at IS NULL AND due_on <= %s ORDER BY due_on LIMIT %s FOR UPDATE SKIP LOCKED)",
        (soon, most),
    )
    return done.rowcount


def counts(connection: Connection, scope: Scope, today: dt.date, soon: dt.date) -> dict[str, int]:
    """Overdue and due soon in the account's queue."""
    clause, values = visible(scope)
    row = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE d.due_on < :today) AS overdue,"
            " count(*) FILTER (WHERE d.due_on >= :today) AS due_soon FROM deadlines d"
            f" WHERE d.state = 'running' AND {RUNNING} AND d.due_on <= :soon AND {clause}"
        ),
        {"today": today, "soon": soon, **values},
    ).one()
    return dict(row._mapping)


def reminders(connection: Connection, scope: Scope, most: int) -> list[dict[str, Any]]:
    """What the platform has reminded of and is still due, the first due first."""
    clause, values = visible(scope)
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE d.state = 'running' AND {RUNNING} AND d.reminded_at IS NOT NULL"
            f" AND {clause} ORDER BY d.due_on, d.id LIMIT :most"
        ),
        {"most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def persons(connection: Connection, scope: Scope) -> list[dict[str, Any]]:
    """Who has deadlines running in the account's queue, for the filter."""
    clause, values = visible(scope)
    rows = connection.execute(
        text(
            "SELECT u.id, u.name FROM users u WHERE EXISTS (SELECT FROM deadlines d WHERE d.user_id = u.id"
            f" AND {RUNNING} AND {clause}) ORDER BY u.name, u.id"
        ),
        values,
    )
    return [dict(row) for row in rows.mappings()]


def today(connection: Connection) -> dt.date:
    """The Beijing day of the transaction."""
    day: dt.date = connection.execute(text("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date")).scalar_one()
    return day


def bodies(connection: Connection, scope: Scope) -> list[dict[str, Any]]:
    """Bodies with deadlines running in the account's queue, for the filter."""
    clause, values = visible(scope)
    rows = connection.execute(
        text(
            "SELECT o.id, o.name_zh, o.name_en FROM organisations o WHERE EXISTS (SELECT FROM deadlines d"
            f" WHERE d.organisation_id = o.id AND {RUNNING} AND {clause}) ORDER BY o.id"
        ),
        values,
    )
    return [dict(row) for row in rows.mappings()]
