"""The work of maintenance stations on a notice, and re-tests (enforcement.md 3); notices are in `repairs`."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from server.store.repairs import visible
from server.store.scopes import Scope

_REPAIR = """r.id, r.notice_id, r.station_id, r.version, r.work_order, r.accepted_at, r.fault_codes, r.items, r.parts,
  r.readings_before, r.readings_after, r.certificate, r.finished_at, r.recorded_at, s.name AS station, s.code AS station_code"""


def repairs_of(connection: Connection, notice_id: int) -> list[dict[str, Any]]:
    """The work on a notice, in order."""
    rows = connection.execute(
        text(
            f"SELECT {_REPAIR} FROM repairs r JOIN stations s ON s.id = r.station_id WHERE r.notice_id = :n ORDER BY r.id"
        ),
        {"n": notice_id},
    )
    return [dict(row) for row in rows.mappings()]


def lock_repair(connection: Connection, number: int, station_id: int) -> dict[str, Any] | None:
    """The work of a station, locked until the transaction ends."""
    row = connection.execute(
        text(
            f"SELECT {_REPAIR} FROM repairs r JOIN stations s ON s.id = r.station_id"
            " WHERE r.id = :id AND r.station_id = :s FOR UPDATE OF r"
        ),
        {"id": number, "s": station_id},
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def work_order_taken(connection: Connection, station_id: int, work_order: str) -> bool:
    """Whether the station has a work order of this number."""
    found = text("SELECT EXISTS (SELECT FROM repairs WHERE station_id = :s AND work_order = :w)")
    return bool(connection.execute(found, {"s": station_id, "w": work_order}).scalar_one())


_WORK = ("fault_codes", "items", "parts", "readings_before", "readings_after", "certificate", "finished_at")
_JSON = frozenset({"items", "parts", "readings_before", "readings_after"})


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: json.dumps(values[name], ensure_ascii=False) if name in _JSON else values[name]
        for name in _WORK
        if name in values
    }


def begin(
    connection: Connection,
    notice_id: int,
    station_id: int,
    work_order: str,
    accepted_at: datetime,
    user_id: int | None,
) -> int:
    """A station opens a work order; its id."""
    number: int = connection.execute(
        text(
            "INSERT INTO repairs (notice_id, station_id, work_order, accepted_at, recorded_by)"
            " VALUES (:n, :s, :w, :at, :u) RETURNING id"
        ),
        {"n": notice_id, "s": station_id, "w": work_order, "at": accepted_at, "u": user_id},
    ).scalar_one()
    return number


def put_work(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """What the station did: any of fault_codes, items, parts, readings, certificate, finished_at."""
    told = _told(values)
    sets = ", ".join(f"{name} = {f'cast(:{name} AS jsonb)' if name in _JSON else f':{name}'}" for name in told)
    connection.execute(
        text(f"UPDATE repairs SET {sets}, version = version + 1 WHERE id = :id AND finished_at IS NULL"),
        {**told, "id": number},
    )


# --- re-tests ---


def retests_of(connection: Connection, notice_id: int) -> list[dict[str, Any]]:
    """Re-tests of a notice, in order, with the number and time of the inspection."""
    rows = connection.execute(
        text(
            "SELECT r.*, i.number, i.inspected_at FROM retests r JOIN inspections i ON i.id = r.inspection_id"
            " WHERE r.notice_id = :n ORDER BY i.inspected_at"
        ),
        {"n": notice_id},
    )
    return [dict(row) for row in rows.mappings()]


def candidates(connection: Connection, notice: Mapping[str, Any], organisation_id: int | None) -> list[dict[str, Any]]:
    """Inspections of the same subject since the notice that are no re-test yet; of one organisation, or of all."""
    rows = connection.execute(
        text(
            "SELECT i.id, i.number, i.kind, i.inspected_at, i.outcome, i.standing FROM inspections i"
            " WHERE (i.truck_id = :truck OR i.machine_id = :machine OR (cast(:truck AS int) IS NULL"
            " AND cast(:machine AS int) IS NULL AND i.truck_id IS NULL AND i.machine_id IS NULL"
            " AND i.subject_text = :subject)) AND i.status = 'recorded'"
            " AND i.inspected_at >= cast(:since AS date)::timestamp AT TIME ZONE 'Asia/Shanghai'"
            " AND i.id IS DISTINCT FROM cast(:first AS bigint)"
            " AND (cast(:own AS int) IS NULL OR i.organisation_id = :own)"
            " AND NOT EXISTS (SELECT FROM retests r WHERE r.inspection_id = i.id) ORDER BY i.inspected_at DESC LIMIT 20"
        ),
        {
            "truck": notice["truck_id"],
            "machine": notice["machine_id"],
            "subject": notice["subject_text"],
            "since": notice["issued_on"],
            "first": notice["inspection_id"],
            "own": organisation_id,
        },
    )
    return [dict(row) for row in rows.mappings()]


def place_of(connection: Connection, notice_id: int) -> tuple[float, float] | None:
    """Where it failed, WGS-84: the point of the notice's case or inspection."""
    row = connection.execute(
        text(
            "SELECT coalesce(c.lon, i.lon) AS lon, coalesce(c.lat, i.lat) AS lat FROM repair_notices n"
            " LEFT JOIN cases c ON c.id = n.case_id LEFT JOIN inspections i ON i.id = n.inspection_id WHERE n.id = :id"
        ),
        {"id": notice_id},
    ).one()
    return None if row.lon is None else (row.lon, row.lat)


def add_retest(connection: Connection, notice_id: int, inspection_id: int, repair_id: int, outcome: str) -> None:
    """An inspection counts as the re-test of a notice."""
    connection.execute(
        text("INSERT INTO retests (notice_id, inspection_id, repair_id, outcome) VALUES (:n, :i, :r, :o)"),
        {"n": notice_id, "i": inspection_id, "r": repair_id, "o": outcome},
    )


def work_visible(connection: Connection, scope: Scope, number: int) -> dict[str, Any] | None:
    """Whether an account sees a station's work: as it sees the notice; `is_own`: it is its station's."""
    clause, values = visible(scope)
    row = connection.execute(
        text(
            "SELECT r.id, r.finished_at, n.division, n.enterprise_id, s.organisation_id = :own_organisation AS is_own"
            " FROM repairs r JOIN repair_notices n ON n.id = r.notice_id JOIN stations s ON s.id = r.station_id"
            f" WHERE r.id = :id AND ({clause})"
        ),
        {"id": number, "own_organisation": scope.organisation_id, **values},
    ).one_or_none()
    return None if row is None else dict(row._mapping)
