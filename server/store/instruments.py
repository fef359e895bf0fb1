"""Instruments with their verifications and checks; whether one may carry a case is for the rules to say."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.paging import Found, MaybeNull, Query, count_capped, escape_like
from server.store.scopes import Scope

DUE_DAYS = 30  # a verification that ends within so many days is due soon

_LAST = """LEFT JOIN LATERAL (SELECT v.valid_from, v.valid_to, v.certificate FROM instrument_verifications v
    WHERE v.instrument_id = i.id ORDER BY v.valid_to DESC, v.id DESC LIMIT 1) l ON true"""
_TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
_STATE = f"""CASE WHEN i.state = 'retired' THEN 'retired' WHEN l.valid_to IS NULL THEN 'never'
    WHEN l.valid_to < {_TODAY} THEN 'expired' WHEN l.valid_to <= {_TODAY} + {DUE_DAYS} THEN 'due_soon'
    ELSE 'verified' END"""
_SOURCE = f"instruments i {_LAST}"
_COLUMNS = f"""i.*, l.valid_from, l.valid_to, l.certificate, {_STATE} AS verification,
  (SELECT o.name_zh FROM organisations o WHERE o.id = i.organisation_id) AS organisation_zh,
  (SELECT o.name_en FROM organisations o WHERE o.id = i.organisation_id) AS organisation_en,
  (SELECT max(c.at) FROM instrument_checks c WHERE c.instrument_id = i.id) AS checked_at"""

FILTERS = {
    "q": "i.serial ILIKE :q OR i.model ILIKE :q OR i.maker ILIKE :q",
    "kind": "i.kind = :kind",
    "verification": f"{_STATE} = :verification",
    "division": "i.division = :division",
}
SORTS = {"serial": "i.serial", "kind": "i.kind", "valid_to": MaybeNull("l.valid_to"), "model": "i.model"}


def find(connection: Connection, scope: Scope, query: Query) -> Found:
    """A page of instruments in the scope, each with its newest verification."""
    clauses, values = query.conditions(FILTERS, scope.condition("i.division"))
    if "q" in values:
        values["q"] = escape_like(values["q"])
    source = f"{_SOURCE} WHERE {clauses}"
    order = query.order(SORTS, "valid_to", "i.id")
    behind, place = query.behind(connection, _SOURCE, SORTS, "valid_to", "i.id")
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {source} AND ({behind}) ORDER BY {order} LIMIT :limit OFFSET :offset"),
        {**values, **place, **query.window},
    )
    total, capped = count_capped(connection, source, values)
    return Found([dict(row) for row in rows.mappings()], total, capped)


def find_one(connection: Connection, scope: Scope, number: int, hold: bool = False) -> dict[str, Any] | None:
    """One instrument, if the scope has it; `hold` locks it until the transaction ends."""
    clause, values = scope.condition("i.division")
    lock = " FOR UPDATE OF i" if hold else ""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE i.id = :id AND {clause}{lock}"), {"id": number, **values}
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def due(connection: Connection, scope: Scope, most: int = 20) -> list[dict[str, Any]]:
    """Active instruments whose verification has ended, ends soon, or was never recorded; the oldest first."""
    clause, values = scope.condition("i.division")
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE {_STATE} IN ('expired', 'due_soon', 'never') AND {clause}"
            " ORDER BY l.valid_to NULLS FIRST, i.id LIMIT :most"
        ),
        {"most": most, **values},
    )
    return [dict(row) for row in rows.mappings()]


def usable(connection: Connection, scope: Scope, retired: bool = False) -> list[dict[str, Any]]:
    """Active instruments of the scope for the form of an inspection; `retired` ones, too, for that of a correction."""
    clause, values = scope.condition("i.division")
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE (i.state = 'active' OR :retired) AND {clause} ORDER BY i.kind, i.serial"
        ),
        {"retired": retired, **values},
    )
    return [dict(row) for row in rows.mappings()]


def by_ids(connection: Connection, scope: Scope, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The instruments of the scope with these numbers, in no order."""
    clause, values = scope.condition("i.division")
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE i.id = ANY(:ids) AND {clause}"), {"ids": list(ids), **values}
    )
    return [dict(row) for row in rows.mappings()]


def find_same(connection: Connection, kind: str, maker: str, serial: str) -> int | None:
    """The instrument that bears this serial number already, in whatever area."""
    return connection.execute(
        text("SELECT id FROM instruments WHERE kind = :kind AND maker = :maker AND serial = :serial"),
        {"kind": kind, "maker": maker, "serial": serial},
    ).scalar()


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Register an instrument; its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO instruments (kind, maker, model, serial, software_version, organisation_id, division, note)"
            " VALUES (:kind, :maker, :model, :serial, :software_version, :organisation_id, :division, :note)"
            " RETURNING id"
        ),
        values,
    ).scalar_one()
    return number


def update(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Change what the register says of an instrument that is locked."""
    connection.execute(
        text(
            "UPDATE instruments SET model = :model, software_version = :software_version, state = :state, note = :note,"
            " updated_at = clock_timestamp() WHERE id = :id"
        ),
        {"id": number, **values},
    )


def add_verification(connection: Connection, number: int, values: Mapping[str, Any], user_id: int | None) -> int:
    """Record a verification certificate; its number."""
    found: int = connection.execute(
        text(
            "INSERT INTO instrument_verifications"
            " (instrument_id, certificate, verified_by, valid_from, valid_to, recorded_by)"
            " VALUES (:id, :certificate, :verified_by, :valid_from, :valid_to, :user) RETURNING id"
        ),
        {"id": number, "user": user_id, **values},
    ).scalar_one()
    return found


def add_check(connection: Connection, number: int, values: Mapping[str, Any], user_id: int | None) -> int:
    """Record a zero, span, filter or leak check; its number."""
    found: int = connection.execute(
        text(
            "INSERT INTO instrument_checks"
            " (instrument_id, kind, at, expected, measured, unit, passed, rule_key, recorded_by)"
            " VALUES (:id, :kind, :at, :expected, :measured, :unit, :passed, :rule_key, :user) RETURNING id"
        ),
        {"id": number, "user": user_id, **values},
    ).scalar_one()
    return found


def verifications(connection: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Every verification of these instruments, the newest first."""
    rows = connection.execute(
        text(
            "SELECT v.*, (SELECT u.name FROM users u WHERE u.id = v.recorded_by) AS recorder"
            " FROM instrument_verifications v WHERE v.instrument_id = ANY(:ids) ORDER BY v.valid_to DESC, v.id DESC"
        ),
        {"ids": list(ids)},
    )
    return [dict(row) for row in rows.mappings()]


def checks(connection: Connection, number: int, most: int = 50) -> list[dict[str, Any]]:
    """The newest checks of an instrument."""
    rows = connection.execute(
        text(
            "SELECT c.*, (SELECT u.name FROM users u WHERE u.id = c.recorded_by) AS recorder"
            " FROM instrument_checks c WHERE c.instrument_id = :id ORDER BY c.at DESC, c.id DESC LIMIT :most"
        ),
        {"id": number, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def checks_before(connection: Connection, ids: Sequence[int], at: datetime, since: datetime) -> list[dict[str, Any]]:
    """Checks of these instruments made from `since` to `at`, the newest first."""
    rows = connection.execute(
        text(
            "SELECT * FROM instrument_checks WHERE instrument_id = ANY(:ids) AND at <= :at AND at >= :since"
            " ORDER BY at DESC, id DESC"
        ),
        {"ids": list(ids), "at": at, "since": since},
    )
    return [dict(row) for row in rows.mappings()]


def overlapping(connection: Connection, number: int, certificate: str, valid_from: date) -> bool:
    """Whether the same certificate is on file for the same first day: somebody pressed twice."""
    return bool(
        connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM instrument_verifications WHERE instrument_id = :id"
                " AND certificate = :certificate AND valid_from = :valid_from)"
            ),
            {"id": number, "certificate": certificate, "valid_from": valid_from},
        ).scalar()
    )
