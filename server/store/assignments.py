"""Assignments: what a team is to do on a Beijing day, its people, its named subjects, and the checks made for it.

How far one is follows from inspections that name it; nothing is counted twice, nothing is kept beside them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

_DONE = "(SELECT count(*) FROM inspections i WHERE i.assignment_id = a.id AND i.status = 'recorded')"
# a named subject is done when a check made for the assignment is about it; what no register holds is known by its text
_SUBJECT_DONE = """EXISTS (SELECT FROM inspections i WHERE i.assignment_id = s.assignment_id AND i.status = 'recorded'
  AND (i.truck_id = s.truck_id OR i.machine_id = s.machine_id OR i.subject_text = s.subject_text))"""
_COLUMNS = f"""a.*, {_DONE} AS done_n,
  (SELECT count(*) FROM assignment_subjects s WHERE s.assignment_id = a.id) AS subjects_n,
  (SELECT count(*) FROM assignment_subjects s WHERE s.assignment_id = a.id AND {_SUBJECT_DONE}) AS subjects_done,
  ARRAY(SELECT u.name FROM assignment_people p JOIN users u ON u.id = p.user_id WHERE p.assignment_id = a.id
    ORDER BY u.name, u.id) AS people,
  g.name_zh AS division_zh, g.name_en AS division_en, o.name_zh AS organisation_zh, o.name_en AS organisation_en,
  e.name AS enterprise, (SELECT u.name FROM users u WHERE u.id = a.created_by) AS maker"""
_SOURCE = """assignments a LEFT JOIN divisions g ON g.code = a.division JOIN organisations o ON o.id = a.organisation_id
  LEFT JOIN enterprises e ON e.id = a.enterprise_id"""

FILTERS: dict[str, str] = {
    "q": "a.title ILIKE :q OR a.place ILIKE :q",
    "state": "a.state = :state",
    "kind": "a.kind = :kind",
    "person": "a.id IN (SELECT p.assignment_id FROM assignment_people p WHERE p.user_id = cast(:person AS int))",
    "division": "a.division = :division",
    "from": "a.day >= cast(:from AS date)",
    "to": "a.day <= cast(:to AS date)",
}
SORTS = {"day": "a.day", "title": "a.title"}
_LISTING = Listing(_COLUMNS, _SOURCE, "assignments a", "a.id", SORTS, "day")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of assignments in the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("a.division"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One assignment of the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("a.division")
    lock = " FOR UPDATE OF a" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE a.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def between(connection: Connection, scope: Scope, first: date, last: date) -> list[dict[str, Any]]:
    """Assignments of these days that were not cancelled, by day; at most 500."""
    clause, values = scope.condition("a.division")
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE a.day BETWEEN :first AND :last AND a.state <> 'cancelled'"
            f" AND {clause} ORDER BY a.day, a.id LIMIT 500"
        ),
        {"first": first, "last": last, **values},
    )
    return [dict(row) for row in rows.mappings()]


def of_person(connection: Connection, user_id: int, first: date, last: date) -> list[dict[str, Any]]:
    """What one person is to do on these days and was not called off, by day."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE a.day BETWEEN :first AND :last AND a.state <> 'cancelled'"
            " AND a.id IN (SELECT p.assignment_id FROM assignment_people p WHERE p.user_id = :user)"
            " ORDER BY a.day, a.id"
        ),
        {"user": user_id, "first": first, "last": last},
    )
    return [dict(row) for row in rows.mappings()]


def offered(connection: Connection, organisation_id: int, first: date, last: date) -> list[dict[str, Any]]:
    """Id, day and title of an organisation's assignments of these days: what a check may be made for."""
    rows = connection.execute(
        text(
            "SELECT id, day, title, kind FROM assignments WHERE organisation_id = :o AND day BETWEEN :first AND :last"
            " AND state <> 'cancelled' ORDER BY day DESC, id"
        ),
        {"o": organisation_id, "first": first, "last": last},
    )
    return [dict(row) for row in rows.mappings()]


def subjects(connection: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Named subjects of assignments in their order, each with whether it is done and the newest check of it."""
    rows = connection.execute(
        text(
            f"SELECT s.*, {_SUBJECT_DONE} AS done, coalesce(t.owner, m.owner) AS owner, c.id AS inspection_id,"
            " c.number AS inspection_number, c.outcome FROM assignment_subjects s"
            " LEFT JOIN trucks t ON t.id = s.truck_id LEFT JOIN machines m ON m.id = s.machine_id"
            " LEFT JOIN LATERAL (SELECT i.id, i.number, i.outcome FROM inspections i"
            " WHERE i.assignment_id = s.assignment_id AND i.status = 'recorded' AND (i.truck_id = s.truck_id"
            " OR i.machine_id = s.machine_id OR i.subject_text = s.subject_text)"
            " ORDER BY i.inspected_at DESC, i.id DESC LIMIT 1) c ON true"
            " WHERE s.assignment_id = ANY (:ids) ORDER BY s.assignment_id, s.id"
        ),
        {"ids": list(ids)},
    )
    return [dict(row) for row in rows.mappings()]


def checks(connection: Connection, number: int, most: int = 200) -> list[dict[str, Any]]:
    """Inspections made for an assignment, the newest first."""
    rows = connection.execute(
        text(
            "SELECT i.id, i.number, i.kind, i.subject_text, i.inspected_at, i.outcome, i.standing, i.status, t.plate,"
            " t.plate_colour, (SELECT u.name FROM users u WHERE u.id = i.recorded_by) AS recorder"
            " FROM inspections i LEFT JOIN trucks t ON t.id = i.truck_id WHERE i.assignment_id = :id"
            " ORDER BY i.inspected_at DESC, i.id DESC LIMIT :most"
        ),
        {"id": number, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def people(connection: Connection, number: int) -> list[dict[str, Any]]:
    """Who is to do it."""
    rows = connection.execute(
        text(
            "SELECT u.id, u.name, u.enforcement_card FROM assignment_people p JOIN users u ON u.id = p.user_id"
            " WHERE p.assignment_id = :id ORDER BY u.name, u.id"
        ),
        {"id": number},
    )
    return [dict(row) for row in rows.mappings()]


_WRITTEN = (
    "day", "kind", "title", "place", "lon", "lat", "enterprise_id", "note", "wanted", "division",
)  # fmt: skip
_NEW = (*_WRITTEN, "organisation_id", "created_by")


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Keep an assignment; its id."""
    number: int = connection.execute(
        text(f"INSERT INTO assignments ({', '.join(_NEW)}) VALUES ({', '.join(f':{n}' for n in _NEW)}) RETURNING id"),
        {name: values[name] for name in _NEW},
    ).scalar_one()
    return number


def change(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Write a locked assignment anew."""
    sets = ", ".join(f"{name} = :{name}" for name in _WRITTEN)
    connection.execute(
        text(f"UPDATE assignments SET {sets}, version = version + 1 WHERE id = :id"),
        {**{name: values[name] for name in _WRITTEN}, "id": number},
    )


def settle(connection: Connection, number: int, state: str, reason: str | None) -> None:
    """Done or cancelled, with why or a note."""
    connection.execute(
        text("UPDATE assignments SET state = :state, closed_reason = :reason, version = version + 1 WHERE id = :id"),
        {"id": number, "state": state, "reason": reason},
    )


def put_people(connection: Connection, number: int, ids: Sequence[int]) -> None:
    """These people and no others."""
    connection.execute(text("DELETE FROM assignment_people WHERE assignment_id = :id"), {"id": number})
    for user in dict.fromkeys(ids):
        connection.execute(
            text("INSERT INTO assignment_people (assignment_id, user_id) VALUES (:id, :user)"),
            {"id": number, "user": user},
        )


def put_subjects(connection: Connection, number: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """These subjects in this order. One that stood before keeps its id: tablets name it by that."""
    connection.execute(
        text("DELETE FROM assignment_subjects WHERE assignment_id = :id AND subject_text <> ALL (:texts)"),
        {"id": number, "texts": [row["subject_text"] for row in rows]},
    )
    for row in rows:
        values = {name: row[name] for name in ("truck_id", "machine_id", "subject_text", "plate_colour", "why")}
        written = connection.execute(
            text(
                "UPDATE assignment_subjects SET truck_id = :truck_id, machine_id = :machine_id, plate_colour = :plate_colour,"
                " why = :why WHERE assignment_id = :id AND subject_text = :subject_text"
            ),
            {"id": number, **values},
        )
        if not written.rowcount:
            connection.execute(
                text(
                    "INSERT INTO assignment_subjects (assignment_id, truck_id, machine_id, subject_text, plate_colour, why)"
                    " VALUES (:id, :truck_id, :machine_id, :subject_text, :plate_colour, :why)"
                ),
                {"id": number, **values},
            )


def link(connection: Connection, number: int, inspection_id: int) -> None:
    """An inspection was made for the assignment."""
    connection.execute(
        text("UPDATE inspections SET assignment_id = :a WHERE id = :i"), {"a": number, "i": inspection_id}
    )


def of_inspection(connection: Connection, inspection_id: int) -> dict[str, Any] | None:
    """The assignment that an inspection was made for: id, day and title."""
    row = connection.execute(
        text(
            "SELECT a.id, a.day, a.title FROM inspections i JOIN assignments a ON a.id = i.assignment_id WHERE i.id = :i"
        ),
        {"i": inspection_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def enterprises_named(connection: Connection, scope: Scope, words: str) -> list[dict[str, Any]]:
    """Enterprises of that very name or credit code: id, division, lon, lat."""
    clause, values = scope.condition("division")
    rows = connection.execute(
        text(
            "SELECT id, name, division, ST_X(location) AS lon, ST_Y(location) AS lat FROM enterprises"
            f" WHERE (name = :words OR credit_code = upper(:words)) AND {clause} ORDER BY id LIMIT 2"
        ),
        {"words": words, **values},
    )
    return [dict(row) for row in rows.mappings()]


def enterprises_like(connection: Connection, scope: Scope, words: str, most: int = 12) -> list[dict[str, Any]]:
    """Enterprises whose name holds the words, for the field of a form."""
    clause, values = scope.condition("division")
    rows = connection.execute(
        text(
            "SELECT name, address AS owner FROM enterprises WHERE name ILIKE :words AND state = 'active'"
            f" AND {clause} ORDER BY name LIMIT :most"
        ),
        {"words": escape_like(words), "most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def any_assignment(connection: Connection) -> bool:
    """Whether there is one at all."""
    return bool(connection.execute(text("SELECT EXISTS (SELECT FROM assignments)")).scalar())
