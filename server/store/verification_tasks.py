"""Verification tasks: what may be drawn of a ledger, what was drawn, what was found."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query
from server.store.scopes import Scope

_SOURCE = """verification_tasks v JOIN enterprises e ON e.id = v.enterprise_id LEFT JOIN divisions g ON g.code = v.division
  LEFT JOIN alerts a ON a.id = v.alert_id"""
_COLUMNS = """v.*, e.name AS enterprise, e.industry, g.name_zh AS division_zh, g.name_en AS division_en,
  a.level AS alert_level, a.document AS alert_document,
  (SELECT u.name FROM users u WHERE u.id = v.drawn_by) AS drawer,
  (SELECT u.name FROM users u WHERE u.id = v.finished_by) AS finisher,
  (SELECT count(*) FROM verification_items i WHERE i.task_id = v.id AND i.part <> 'normal_day') AS items_n,
  (SELECT count(*) FROM verification_items i WHERE i.task_id = v.id AND i.part <> 'normal_day'
   AND i.verdict IS NOT NULL) AS checked_n"""
FILTERS: dict[str, str] = {
    "q": "v.number ILIKE '%' || :q || '%'",
    "state": "v.state = :state",
    "division": "v.division = :division",
    "enterprise": "v.enterprise_id = cast(:enterprise AS int)",
    "from": "v.drawn_at >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "v.drawn_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
SORTS = {"drawn_at": "v.drawn_at"}
LISTING = Listing(_COLUMNS, _SOURCE, "verification_tasks v", "v.id", SORTS, "drawn_at")


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of tasks of the scope."""
    clauses, values = query.conditions(FILTERS, scope.condition("v.division", "v.enterprise_id"))
    return LISTING.find(connection, query, clauses, values)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One task of the scope; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("v.division", "v.enterprise_id")
    lock = " FOR UPDATE OF v" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE v.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def items_of(connection: Connection, task_id: int) -> list[dict[str, Any]]:
    """The items of a task in the order of the script."""
    rows = connection.execute(
        text(
            "SELECT i.*, (SELECT u.name FROM users u WHERE u.id = i.checked_by) AS checker FROM verification_items i"
            " WHERE i.task_id = :task ORDER BY array_position(ARRAY['complete', 'stage', 'normal_day', 'alert_day',"
            " 'video'], i.part), i.ordinal"
        ),
        {"task": task_id},
    )
    return [dict(row) for row in rows.mappings()]


_DAYS = """p.passed_at >= cast(:first AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'
  AND p.passed_at < (cast(:last AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'"""


def passages_between(connection: Connection, enterprise_id: int, first: date, last: date) -> list[int]:
    """Ids of the passages that stand, of these days."""
    rows = connection.execute(
        text(f"SELECT p.id FROM ledger_passages p WHERE p.enterprise_id = :e AND p.state = 'taken' AND {_DAYS}"),
        {"e": enterprise_id, "first": first, "last": last},
    )
    return list(rows.scalars())


def snapshots(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Passages as they stand now, with what the register says of the truck."""
    rows = connection.execute(
        text(
            "SELECT p.id, to_jsonb(p) - 'content_sha256' || jsonb_build_object('registered_stage', t.stage,"
            " 'registered_fuel', t.fuel, 'registered_vin', t.vin) AS said FROM ledger_passages p"
            " LEFT JOIN trucks t ON t.id = p.truck_id WHERE p.id = ANY (:ids)"
        ),
        {"ids": list(ids)},
    )
    return {row.id: row.said for row in rows}


def trips(connection: Connection, enterprise_id: int, first: date, last: date) -> dict[date, int]:
    """Vehicles that came in, by day; days without one are missing."""
    rows = connection.execute(
        text(
            "SELECT day, passages FROM ledger_days WHERE enterprise_id = :e AND direction = 'in'"
            " AND day BETWEEN :first AND :last"
        ),
        {"e": enterprise_id, "first": first, "last": last},
    )
    return {row.day: row.passages for row in rows}


def alert_days(
    connection: Connection, division: str, first: date, last: date, alert_id: int | None = None
) -> list[dict[str, Any]]:
    """Days on which an alert of the area was in force at any time, with its level; or of one alert alone."""
    rows = connection.execute(
        text(
            "SELECT d.day::date AS day, max(a.level) AS level, min(a.id) AS alert_id FROM alerts a"
            " JOIN generate_series(cast(:first AS date), cast(:last AS date), interval '1 day') d (day)"
            "  ON d.day < coalesce(a.to_at, now()) AT TIME ZONE 'Asia/Shanghai'"
            "  AND d.day + interval '1 day' > a.from_at AT TIME ZONE 'Asia/Shanghai'"
            r" WHERE a.state = 'active' AND :division LIKE regexp_replace(a.division, '(00)+$', '') || '%'"
            " AND (cast(:alert AS int) IS NULL OR a.id = cast(:alert AS int)) GROUP BY 1 ORDER BY 1"
        ),
        {"first": first, "last": last, "division": division, "alert": alert_id},
    )
    return [dict(row) for row in rows.mappings()]


def passages_at(connection: Connection, enterprise_id: int, from_at: datetime, to_at: datetime) -> list[dict[str, Any]]:
    """Passages of some minutes, for a look at the video of them."""
    rows = connection.execute(
        text(
            "SELECT id, passed_at, plate, plate_colour, direction, stage, entrance_no, barrier_no FROM ledger_passages"
            " WHERE enterprise_id = :e AND state = 'taken' AND passed_at >= :from AND passed_at < :to ORDER BY 2, 1"
        ),
        {"e": enterprise_id, "from": from_at, "to": to_at},
    )
    return [dict(row) for row in rows.mappings()]


def add(connection: Connection, values: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> int:
    """Keep a task with its items; its id."""
    number: int = connection.execute(
        text(
            "INSERT INTO verification_tasks (number, enterprise_id, division, alert_id, from_on, to_on, seed, method,"
            " drawn_at, drawn_by, rule_keys) VALUES ('H' || :day || '-' || lpad(nextval('verification_numbers')::text,"
            " 6, '0'), :enterprise_id, :division, :alert_id, :from_on, :to_on, :seed, cast(:method AS jsonb), :drawn_at,"
            " :drawn_by, :rule_keys) RETURNING id"
        ),
        {**values, "method": _json(values["method"])},
    ).scalar_one()
    rows = [{"task": number, **item, "drawn": _json(item["drawn"])} for item in items]
    if rows:
        connection.execute(
            text(
                "INSERT INTO verification_items (task_id, part, ordinal, passage_id, day, drawn)"
                " VALUES (:task, :part, :ordinal, :passage_id, :day, cast(:drawn AS jsonb))"
            ),
            rows,
        )
    return number


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def judge(connection: Connection, item_id: int, values: Mapping[str, Any]) -> None:
    """Write what was found of an item, of a task that is locked."""
    connection.execute(
        text(
            "UPDATE verification_items SET verdict = :verdict, note = :note, found = cast(:found AS jsonb),"
            " checked_at = :at, checked_by = :by WHERE id = :id"
        ),
        {"id": item_id, **values, "found": _json(values["found"])},
    )


def touch(connection: Connection, number: int) -> None:
    """A locked task has changed."""
    connection.execute(text("UPDATE verification_tasks SET version = version + 1 WHERE id = :id"), {"id": number})


def finish(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Close a locked task with its score."""
    connection.execute(
        text(
            "UPDATE verification_tasks SET state = 'finished', score = :score, conclusion = :conclusion,"
            " finished_at = :at, finished_by = :by, version = version + 1 WHERE id = :id"
        ),
        {"id": number, **values},
    )


def void(connection: Connection, number: int, reason: str) -> None:
    """Drop a locked task, with why."""
    connection.execute(
        text(
            "UPDATE verification_tasks SET state = 'void', void_reason = :reason, version = version + 1 WHERE id = :id"
        ),
        {"id": number, "reason": reason},
    )


def enterprise_named(connection: Connection, scope: Scope, wording: str) -> dict[str, Any] | None:
    """An enterprise of the scope by its number, credit code or name."""
    clause, values = scope.condition("e.division", "e.id")
    row = connection.execute(
        text(
            "SELECT e.id, e.name, coalesce(e.division, (SELECT o.division FROM organisations o"
            " WHERE o.id = e.organisation_id)) AS division FROM enterprises e"
            f" WHERE (cast(e.id AS text) = :wording OR e.credit_code = :wording OR e.name = :wording) AND {clause}"
            " ORDER BY (cast(e.id AS text) = :wording) DESC, e.id LIMIT 1"
        ),
        {"wording": wording, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)
