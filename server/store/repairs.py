"""Repair notices, the work of maintenance stations on them, and re-tests (enforcement.md 3).

Overdue is not a state: it follows from `due_on` and the Beijing day. Stations are held by the row policies of migration
0058; they come to a notice through `look_up` alone.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query, escape_like
from server.store.scopes import Scope

TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
_COLUMNS = f"""n.id, n.number, n.version, n.case_id, n.inspection_id, n.truck_id, n.machine_id, n.subject_text, n.plate_colour, n.vin,
  n.enterprise_id, n.division, n.organisation_id, n.failed_items, n.issued_on, n.due_on, n.rule_key, n.state,
  n.closed_at, n.document_id, n.withdrawn_reason, n.created_at, n.closed_at IS NULL AND n.due_on < {TODAY} AS overdue,
  n.due_on - {TODAY} AS days_left, g.name_zh AS division_zh, g.name_en AS division_en,
  o.name_zh AS organisation_zh, o.name_en AS organisation_en,
  (SELECT e.name FROM enterprises e WHERE e.id = n.enterprise_id) AS enterprise,
  coalesce((SELECT t.owner FROM trucks t WHERE t.id = n.truck_id), (SELECT m.owner FROM machines m WHERE m.id = n.machine_id))
    AS owner,
  (SELECT s.name FROM repairs r JOIN stations s ON s.id = r.station_id WHERE r.notice_id = n.id ORDER BY r.id DESC LIMIT 1)
    AS station,
  (SELECT c.number FROM cases c WHERE c.id = n.case_id) AS case_number,
  (SELECT i.number FROM inspections i WHERE i.id = n.inspection_id) AS inspection_number,
  (SELECT d.number FROM documents d WHERE d.id = n.document_id) AS document_number"""
_SOURCE = """repair_notices n LEFT JOIN divisions g ON g.code = n.division
  JOIN organisations o ON o.id = n.organisation_id"""

FILTERS: dict[str, str] = {
    "q": "n.subject_text ILIKE :q OR n.number = :q_whole OR n.vin = :q_whole",
    "state": "n.state = :state",
    "open": "CASE :open WHEN 'yes' THEN n.closed_at IS NULL ELSE n.closed_at IS NOT NULL END",
    "overdue": f"CASE :overdue WHEN 'yes' THEN n.closed_at IS NULL AND n.due_on < {TODAY}"
    f" ELSE NOT (n.closed_at IS NULL AND n.due_on < {TODAY}) END",
    "division": "n.division = :division",
    "subject": "CASE :subject WHEN 'truck' THEN n.truck_id IS NOT NULL ELSE n.machine_id IS NOT NULL END",
    "from": "n.issued_on >= cast(:from AS date)",
    "to": "n.issued_on <= cast(:to AS date)",
    "case": "n.case_id = cast(:case AS bigint)",
    "truck": "n.truck_id = cast(:truck AS int)",
    "machine": "n.machine_id = cast(:machine AS int)",
}
SORTS = {"due_on": "n.due_on", "issued_on": "n.issued_on", "number": "n.number"}


def visible(scope: Scope) -> tuple[str, dict[str, Any]]:
    """SQL for the notices of an account. Transport supervises repair: it sees every notice of its area (7.1)."""
    if scope.fence is not None:
        return "true", {}  # the row policy holds
    if scope.kind in {"ecology", "transport"}:
        return scope.condition("n.division")
    return scope.bureau_condition("n.division", "n.case_id")


_LISTING = Listing(_COLUMNS, _SOURCE, "repair_notices n", "n.id", SORTS, "due_on")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of notices in the scope."""
    clauses, values = query.conditions(FILTERS, visible(scope))
    if "q" in values:
        values |= {"q": escape_like(values["q"]), "q_whole": values["q"].strip().upper()}
    return _LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """One notice in the scope."""
    clause, values = visible(scope)
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE n.id = :id AND ({clause})"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def look_up(connection: Connection, number_or_vin: str, plate: str, user_id: int | None) -> int | None:
    """The id of the notice that a station was told of, by plate and number or VIN; from now on it sees it."""
    found: int | None = connection.execute(
        text("SELECT look_up_notice(:number, :plate, :user)"),
        {"number": number_or_vin, "plate": plate, "user": user_id},
    ).scalar_one()
    return found


def show_to(connection: Connection, number: int, organisation_id: int, user_id: int) -> None:
    """Let the station of an organisation see a notice, as if it had looked it up; for the demonstration only."""
    connection.execute(
        text(
            "INSERT INTO notice_lookups (notice_id, station_id, by_user)"
            " SELECT :n, s.id, :u FROM stations s WHERE s.organisation_id = :o ON CONFLICT DO NOTHING"
        ),
        {"n": number, "o": organisation_id, "u": user_id},
    )


def lock(connection: Connection, number: int) -> dict[str, Any] | None:
    """A notice, locked until the transaction ends; who may see it the caller has asked.

    Its case is locked before it: a step of the case takes the two in this order.
    """
    first = text("SELECT FROM cases WHERE id = (SELECT case_id FROM repair_notices WHERE id = :id) FOR UPDATE")
    connection.execute(first, {"id": number})
    row = connection.execute(
        text("SELECT n.* FROM repair_notices n WHERE n.id = :id FOR UPDATE OF n"), {"id": number}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def open_of_case(connection: Connection, case_id: int) -> dict[str, Any] | None:
    """The notice of a case that is not closed."""
    row = connection.execute(
        text("SELECT n.* FROM repair_notices n WHERE n.case_id = :case AND n.closed_at IS NULL"), {"case": case_id}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def of_inspection(connection: Connection, inspection_id: int) -> dict[str, Any] | None:
    """The notice of an inspection that was not withdrawn: id and number."""
    row = connection.execute(
        text("SELECT id, number FROM repair_notices WHERE inspection_id = :i AND state <> 'withdrawn'"),
        {"i": inspection_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def open_of_document(connection: Connection, document_id: int) -> str | None:
    """The number of the notice, not closed, that the owner was told of by a document."""
    found: str | None = connection.execute(
        text("SELECT number FROM repair_notices WHERE document_id = :d AND closed_at IS NULL"), {"d": document_id}
    ).scalar_one_or_none()
    return found


def close_of_case(connection: Connection, case_id: int, state: str) -> dict[str, Any] | None:
    """Close the open notice of a case with it: its id and number, None where none is open."""
    row = connection.execute(
        text(
            "UPDATE repair_notices SET state = :state, closed_at = now(), version = version + 1"
            " WHERE case_id = :case AND closed_at IS NULL RETURNING id, number"
        ),
        {"case": case_id, "state": state},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


_NEW = (
    "case_id", "inspection_id", "truck_id", "machine_id", "subject_text", "plate_colour", "vin", "enterprise_id", "division",
    "organisation_id", "failed_items", "issued_on", "due_on", "rule_key", "created_by", "created_at",
)  # fmt: skip


def insert(
    connection: Connection, values: Mapping[str, Any], number: str | None = None, withdrawn: str | None = None
) -> tuple[int, str]:
    """A new notice, numbered with its day: its id and number.

    `number` is one that was reserved for a tablet and stands on a paper already; `withdrawn` says why the notice does
    not hold from the first.
    """
    places = ", ".join("cast(:failed_items AS jsonb)" if name == "failed_items" else f":{name}" for name in _NEW)
    row = connection.execute(
        text(
            f"INSERT INTO repair_notices (number, state, closed_at, withdrawn_reason, {', '.join(_NEW)}) VALUES"
            " (coalesce(:number, 'W' || :day || '-' || lpad(nextval('repair_notice_numbers')::text, 6, '0')),"
            " CASE WHEN cast(:withdrawn AS text) IS NULL THEN 'issued' ELSE 'withdrawn' END,"
            f" CASE WHEN cast(:withdrawn AS text) IS NOT NULL THEN now() END, :withdrawn, {places})"
            " RETURNING id, number"
        ),
        {
            **values,
            "failed_items": json.dumps(values["failed_items"], ensure_ascii=False),
            "day": f"{values['issued_on']:%Y%m%d}",
            "number": number,
            "withdrawn": withdrawn,
        },
    ).one()
    return row.id, row.number


def move(connection: Connection, number: int, state: str, closes: bool, reason: str | None = None) -> None:
    """The next state; `closes`: nothing is owed any more."""
    connection.execute(
        text(
            "UPDATE repair_notices SET state = :state, version = version + 1, withdrawn_reason = :reason,"
            " closed_at = CASE WHEN :closes THEN now() END WHERE id = :id"
        ),
        {"id": number, "state": state, "closes": closes, "reason": reason},
    )


def put_document(connection: Connection, number: int, document_id: int) -> None:
    """The document by which the owner was told."""
    connection.execute(
        text("UPDATE repair_notices SET document_id = :d WHERE id = :id"), {"d": document_id, "id": number}
    )


def today(connection: Connection) -> date:
    """The Beijing day of the database."""
    found: date = connection.execute(text(f"SELECT {TODAY}")).scalar_one()
    return found


def identity_of(connection: Connection, truck_id: int | None, machine_id: int | None) -> dict[str, str | None]:
    """Plate colour and VIN of a truck, or the product number of a machine in its place, as registered."""
    row = connection.execute(
        text(
            "SELECT (SELECT plate_colour FROM trucks WHERE id = :t) AS plate_colour,"
            " coalesce((SELECT vin FROM trucks WHERE id = :t),"
            " (SELECT coalesce(pin, machine_code) FROM machines WHERE id = :m)) AS vin"
        ),
        {"t": truck_id, "m": machine_id},
    ).one()
    return dict(row._mapping)
