"""Alerts as they were announced, and the bureau's revisions of measures."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, Listing, Query
from server.store.scopes import Scope

_SOURCE = "alerts a LEFT JOIN divisions d ON d.code = a.division"
_COLUMNS = """a.*, d.name_zh AS division_zh, d.name_en AS division_en,
  CASE WHEN a.state = 'withdrawn' THEN 'withdrawn' WHEN a.from_at > now() THEN 'announced'
       WHEN a.to_at IS NULL OR a.to_at > now() THEN 'in_force' ELSE 'lifted' END AS standing"""
_PREFIX = r"rtrim(regexp_replace(a.division, '(00)+$', ''))"
FILTERS: dict[str, str] = {
    "q": "a.document ILIKE :q OR a.authority ILIKE :q",
    "level": "a.level = :level",
    "standing": "CASE WHEN a.state = 'withdrawn' THEN 'withdrawn' WHEN a.from_at > now() THEN 'announced'"
    " WHEN a.to_at IS NULL OR a.to_at > now() THEN 'in_force' ELSE 'lifted' END = :standing",
    "division": "a.division LIKE :division || '%'",
    "from": "coalesce(a.to_at, 'infinity') >= cast(:from AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'",
    "to": "a.from_at < (cast(:to AS date) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'",
}
SORTS: dict[str, Any] = {"from_at": "a.from_at", "level": "array_position(ARRAY['yellow', 'orange', 'red'], a.level)"}
LISTING = Listing(_COLUMNS, _SOURCE, "alerts a", "a.id", SORTS, "from_at")


def in_scope(scope: Scope) -> tuple[str, dict[str, Any]]:
    """Alerts whose area lies in the scope or covers it; a city's alert is its counties' too. Enterprises read all."""
    if scope.divisions is None:
        return "true", {}
    return f"(a.division LIKE :scope_area || '%' OR :scope_area LIKE {_PREFIX} || '%')", {"scope_area": scope.divisions}


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of alerts."""
    clauses, values = query.conditions(FILTERS, in_scope(scope))
    if "q" in values:
        values["q"] = f"%{values['q']}%"
    return LISTING.find(connection, query, clauses, values)


def stream(connection: Connection, scope: Scope, query: Query) -> Iterator[dict[str, Any]]:
    """Every alert of a list, for an export."""
    clauses, values = query.conditions(FILTERS, in_scope(scope))
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE {clauses} ORDER BY a.from_at DESC, a.id DESC"), values
    )
    yield from (dict(row) for row in rows.mappings())


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One alert with who entered, lifted and withdrew it; `hold` locks it until the transaction ends."""
    clause, values = in_scope(scope)
    people = "NULL AS enterer, NULL AS lifter, NULL AS withdrawer"
    if scope.fence is None:
        people = ", ".join(
            f"(SELECT u.name FROM users u WHERE u.id = a.{column}) AS {name}"
            for column, name in (("entered_by", "enterer"), ("lifted_by", "lifter"), ("withdrawn_by", "withdrawer"))
        )
    lock = " FOR UPDATE OF a" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS}, {people} FROM {_SOURCE} WHERE a.id = :id AND {clause}{lock}"),
        {"id": number, **values},
    ).mappings()
    found = row.first()
    return None if found is None else dict(found)


def find_overlapping(connection: Connection, division: str, from_at: dt.datetime) -> dict[str, Any] | None:
    """An alert of the same area that holds at that moment or begins after it."""
    row = connection.execute(
        text(
            "SELECT id, level, from_at, to_at, version FROM alerts WHERE state = 'active' AND division = :division"
            " AND coalesce(to_at, 'infinity') > :from_at ORDER BY from_at LIMIT 1"
        ),
        {"division": division, "from_at": from_at},
    ).mappings()
    found = row.first()
    return None if found is None else dict(found)


def insert(connection: Connection, values: Mapping[str, Any]) -> int:
    """Keep an alert; its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO alerts (level, division, from_at, planned_to_at, document, authority, issued_on, note,"
            " entered_by) VALUES (:level, :division, :from_at, :planned_to_at, :document, :authority, :issued_on,"
            " :note, :entered_by) RETURNING id"
        ),
        dict(values),
    ).scalar_one()
    return number


def lift(connection: Connection, number: int, version: int, to_at: dt.datetime, document: str, by: int | None) -> bool:
    """Set the end, once; False where the version is another or the alert has an end."""
    done = connection.execute(
        text(
            "UPDATE alerts SET to_at = :to_at, lift_document = :document, lifted_at = now(), lifted_by = :by,"
            " version = version + 1 WHERE id = :id AND version = :version AND state = 'active' AND to_at IS NULL"
        ),
        {"id": number, "version": version, "to_at": to_at, "document": document, "by": by},
    )
    return bool(done.rowcount)


def withdraw(connection: Connection, number: int, version: int, reason: str, by: int | None) -> bool:
    """It counts for nothing from now on."""
    done = connection.execute(
        text(
            "UPDATE alerts SET state = 'withdrawn', withdrawn_at = now(), withdrawn_by = :by,"
            " withdrawn_reason = :reason, version = version + 1 WHERE id = :id AND version = :version"
            " AND state = 'active'"
        ),
        {"id": number, "version": version, "reason": reason, "by": by},
    )
    return bool(done.rowcount)


def active(connection: Connection) -> list[dict[str, Any]]:
    """Every alert that was not withdrawn, old ones too: what passed then is judged by them."""
    rows = connection.execute(
        text(
            "SELECT a.id, a.level, a.division, a.from_at, a.to_at, a.document, d.name_zh, d.name_en FROM alerts a"
            " LEFT JOIN divisions d ON d.code = a.division WHERE a.state = 'active' ORDER BY a.id"
        )
    )
    return [dict(row) for row in rows.mappings()]


def revision(connection: Connection) -> str:
    """Changes with every alert and measure: whoever remembers them asks whether it moved."""
    row = connection.execute(
        text(
            "SELECT coalesce(max(id), 0), coalesce(sum(version), 0),"
            " (SELECT coalesce(max(id), 0) FROM alert_measures) FROM alerts"
        )
    ).one()
    return ".".join(str(part) for part in row)


MEASURE_COLUMNS = (
    "key", "revision", "area", "levels", "subject", "place", "terms", "effect", "exemptions", "valid_from", "valid_to",
    "legal_basis", "certainty", "source", "zh", "en", "withdrawn",
)  # fmt: skip


def measure_rows(connection: Connection, key: str | None = None) -> list[dict[str, Any]]:
    """Every revision that the bureau keeps, newest first, with who recorded it and why."""
    rows = connection.execute(
        text("SELECT m.* FROM alert_measures m WHERE cast(:key AS text) IS NULL OR m.key = :key ORDER BY m.id DESC"),
        {"key": key},
    )
    return [dict(row) for row in rows.mappings()]


def hold_measures(connection: Connection) -> None:
    """Two people change the table one after the other."""
    connection.execute(text("LOCK TABLE alert_measures IN SHARE ROW EXCLUSIVE MODE"))


def add_measure(connection: Connection, values: Mapping[str, Any], reason: str, by: int | None) -> int:
    """Add a revision; its number."""
    row = {name: values[name] for name in MEASURE_COLUMNS}
    row |= {name: json.dumps(values[name], ensure_ascii=False) for name in ("place", "terms")}
    names = ", ".join(MEASURE_COLUMNS)
    places = ", ".join(f"cast(:{n} AS jsonb)" if n in ("place", "terms") else f":{n}" for n in MEASURE_COLUMNS)
    number: int = connection.execute(
        text(f"INSERT INTO alert_measures ({names}, reason, recorded_by) VALUES ({places}, :reason, :by) RETURNING id"),
        {**row, "reason": reason, "by": by},
    ).scalar_one()
    return number
